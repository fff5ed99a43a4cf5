package postgis

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/testenv"
	"github.com/cabstand/cabstand/internal/trip"
)

// rush is a store in which new trips with a key are held up until release.
type rush struct {
	*Store
	tb      testing.TB
	release func()
	group   sync.WaitGroup
}

func newRush(t *testing.T, o Options) *rush {
	t.Helper()
	url := testenv.Postgres(t)
	o.URL, o.Patience, o.Bound = url+"&lock_timeout=0&statement_timeout=0", time.Minute, time.Minute // however slow the machine is
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &rush{Store: s, tb: t, release: lockKeys(t, url)}
}

// lockKeys keeps everybody else from writing keys until unlock is called.
func lockKeys(t *testing.T, url string) (unlock func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `BEGIN; LOCK TABLE idempotency_keys IN EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	unlock = sync.OnceFunc(func() { _ = conn.Close(context.Background()) })
	t.Cleanup(unlock)
	return unlock
}

func newTrip(riderID string) (*trip.Trip, []trip.Event) {
	return trip.New(trip.Request{ID: uuid.NewString(), RiderID: riderID, Class: "standard", Seats: 1, Search: time.Minute}, time.Unix(1_700_000_000, 0).UTC())
}

// request asks for a trip in the background, and hands over what comes of it.
func (r *rush) request(ctx context.Context, riderID string) <-chan error {
	result := make(chan error, 1)
	t, events := newTrip(riderID)
	once := &trip.Once{Actor: "rider:" + t.ID, Key: "k", Digest: "d", Status: 201, Answer: []byte("{}")}
	r.group.Go(func() {
		_, err := r.Create(ctx, t, events, once)
		result <- err
	})
	return result
}

// busy asks for trips until every transaction for them is held up, and n more
// wait behind.
func (r *rush) busy(n int) (results []<-chan error) {
	for i := range creatingAtOnce {
		results = append(results, r.request(r.tb.Context(), "r1"))
		r.await(func() bool { return len(r.creations.places) == i+1 && r.waiters() == 0 })
	}
	return append(results, r.queue(n)...)
}

func (r *rush) queue(n int) (results []<-chan error) {
	before := r.waiters()
	for range n {
		results = append(results, r.request(r.tb.Context(), "r1"))
	}
	r.await(func() bool { return r.waiters() == before+n })
	return results
}

func (r *rush) waiters() int {
	r.creations.mu.Lock()
	defer r.creations.mu.Unlock()
	return len(r.creations.waiting)
}

func (r *rush) await(condition func() bool) {
	r.tb.Helper()
	for !condition() {
		if r.tb.Context().Err() != nil {
			r.tb.Fatal("the test ends")
		}
		runtime.Gosched()
	}
}

// count is the one number that the query yields.
func (r *rush) count(query string) (n int) {
	r.tb.Helper()
	found, err := collect(r.tb.Context(), r.Store, pgx.RowTo[int], query)
	if err != nil {
		r.tb.Fatal(err)
	}
	return found[0]
}

// Trips that come while others are being committed share transactions: the rush
// costs the disk a handful of them, and every trip has its event and its key.
func TestCreate_Together(t *testing.T) {
	r := newRush(t, Options{})
	results := r.busy(2 * mostTogether)
	r.release()
	for _, result := range results {
		if err := <-result; err != nil {
			t.Fatal(err)
		}
	}
	all := creatingAtOnce + 2*mostTogether
	for _, table := range []string{"trips", "trip_events", "outbox", "idempotency_keys"} {
		if n := r.count(`SELECT count(*) FROM ` + table); n != all {
			t.Errorf("%s has %d rows for %d trips", table, n, all)
		}
	}
	if n := r.count(`SELECT count(DISTINCT xmin::text) FROM trips`); n != creatingAtOnce+2 {
		t.Errorf("%d transactions stored the trips, want %d", n, creatingAtOnce+2)
	}
}

// What cannot be stored is refused alone: those who came with it are served.
func TestCreate_OneAtFault(t *testing.T) {
	r := newRush(t, Options{})
	good := r.busy(1)
	bad := r.request(t.Context(), "zero\x00byte")
	r.await(func() bool { return r.waiters() == 2 })
	good = append(good, r.queue(1)...)
	r.release()
	if err := <-bad; !fault.Is(err, fault.Invalid) {
		t.Errorf("the one at fault: %v", err)
	}
	for _, result := range good {
		if err := <-result; err != nil {
			t.Errorf("beside the one at fault: %v", err)
		}
	}
	if n := r.count(`SELECT count(*) FROM trips`); n != len(good) {
		t.Errorf("%d trips are stored, want %d", n, len(good))
	}
}

// Who leaves while waiting has no trip, and who leaves while carrying others out
// takes nobody along.
func TestCreate_CallerLeaves(t *testing.T) {
	r := newRush(t, Options{})
	leaving, leave := context.WithCancel(t.Context())
	carrier := r.request(leaving, "r1")
	r.await(func() bool { return len(r.creations.places) == 1 && r.waiters() == 0 })
	other := r.request(t.Context(), "r1")
	r.await(func() bool { return len(r.creations.places) == 2 && r.waiters() == 0 })
	waiting := r.request(leaving, "r1")
	r.await(func() bool { return r.waiters() == 1 })
	leave()
	if err := <-waiting; err == nil {
		t.Error("who left while waiting was told of a trip")
	}
	r.release()
	for _, result := range []<-chan error{other, carrier} {
		if err := <-result; err != nil {
			t.Error(err)
		}
	}
	if n := r.count(`SELECT count(*) FROM trips`); n != 2 {
		t.Errorf("%d trips are stored, want 2", n)
	}
}

// However many want in, a connection is left for those who ride.
func TestStore_RunningTripsKeepAConnection(t *testing.T) {
	r := newRush(t, Options{MaxConns: 2})
	made, events := newTrip("r1")
	if _, err := r.Create(t.Context(), made, events, nil); err != nil {
		t.Fatal(err)
	}
	var results []<-chan error
	for range 40 {
		results = append(results, r.request(t.Context(), "r1"))
	}
	r.await(func() bool { return len(r.creations.places) == creatingAtOnce && len(r.newcomers) == cap(r.newcomers) })
	for i := range 20 {
		_, err := r.Update(t.Context(), made.ID, func(t *trip.Trip) ([]trip.Event, error) { t.Reason = fmt.Sprint(i); return nil, nil })
		if err != nil {
			t.Fatalf("a running trip is held up by new ones: %v", err)
		}
	}
	r.release()
	for _, result := range results {
		if err := <-result; err != nil {
			t.Error(err)
		}
	}
}

func TestReserved(t *testing.T) {
	for conns, want := range map[int32]int32{2: 1, 4: 1, 16: 4, 40: 10} {
		if got := reserved(conns); got != want {
			t.Errorf("of %d connections %d are reserved, want %d", conns, got, want)
		}
	}
}
