package postgis_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/postgis"
	"github.com/cabstand/cabstand/internal/testenv"
	"github.com/cabstand/cabstand/internal/trip"
)

var now = time.Date(2026, 3, 1, 18, 30, 0, 0, time.UTC)

func create(ctx context.Context, s *postgis.Store) (*trip.Trip, error) {
	t, events := trip.New(trip.Request{ID: uuid.NewString(), RiderID: "r1", Class: "standard", Seats: 1, Search: time.Minute}, now)
	_, err := s.Create(ctx, t, events, nil)
	return t, err
}

func mustCreate(tb testing.TB, s *postgis.Store) *trip.Trip {
	tb.Helper()
	t, err := create(tb.Context(), s)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func proposal(tripID, driverID string) trip.Proposal {
	return trip.Proposal{OfferID: uuid.NewString(), TripID: tripID, DriverID: driverID, Epoch: 1, Now: now, Deliver: time.Second}
}

func mustMigrated(tb testing.TB, o postgis.Options) *postgis.Store {
	tb.Helper()
	s, err := postgis.Open(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	if err := s.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return s
}

// TestStore_ServerCrash crashes the server under load: callers are told
// fault.Unavailable and nothing else, what was acknowledged is there when it is
// back, and the store needs no help to find it.
func TestStore_ServerCrash(t *testing.T) {
	server, err := testenv.StartPostgres()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	s := mustMigrated(t, postgis.Options{URL: server.URL})
	lost, release, ok, err := s.Lead(t.Context())
	if err != nil || !ok {
		t.Fatalf("Lead = %v, %v", ok, err)
	}
	defer release()

	acknowledged := createUntil(t, s, 200, func() {
		if err := server.Kill(); err != nil {
			t.Error(err)
		}
	})
	await(t, lost, "the lead was not lost with the server")
	if err := s.Ping(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Ping: %v", err)
	}
	for len(s.Committed()) > 0 {
		<-s.Committed()
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, s.Committed(), "the listener did not come back")
	for _, id := range acknowledged {
		if _, err := s.Trip(t.Context(), id); err != nil {
			t.Errorf("acknowledged, and not there: %v", err)
		}
	}
	mustCreate(t, s)
	if _, release, ok, err := s.Lead(t.Context()); err != nil || !ok {
		t.Errorf("the lead cannot be taken again: %v, %v", ok, err)
	} else {
		release()
	}
}

// createUntil creates trips from many sides, runs crash when n are stored, and
// goes on until each side has failed. It returns the trips that were stored.
func createUntil(t *testing.T, s *postgis.Store, n int, crash func()) (acknowledged []string) {
	var mu sync.Mutex
	var group sync.WaitGroup
	note := func(id string) (enough bool) {
		mu.Lock()
		defer mu.Unlock()
		acknowledged = append(acknowledged, id)
		return len(acknowledged) == n
	}
	for range 8 {
		group.Go(func() {
			for {
				made, err := create(t.Context(), s)
				if err != nil {
					if !fault.Is(err, fault.Unavailable) {
						t.Errorf("while the server crashes: %v", err)
					}
					return
				}
				if note(made.ID) {
					crash()
				}
			}
		})
	}
	group.Wait()
	return acknowledged
}

func await[T any](tb testing.TB, signal <-chan T, otherwise string) {
	tb.Helper()
	select {
	case <-signal:
	case <-time.After(20 * time.Second):
		tb.Fatal(otherwise)
	}
}

func TestStore_NoServer(t *testing.T) {
	s, err := postgis.Open(t.Context(), postgis.Options{URL: "postgres://nobody@127.0.0.1:1/none"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, do := range map[string]func() error{
		"Ping":    func() error { return s.Ping(t.Context()) },
		"Migrate": func() error { return s.Migrate(t.Context()) },
		"Trip":    func() error { _, err := s.Trip(t.Context(), "t1"); return err },
		"Lead":    func() error { _, _, _, err := s.Lead(t.Context()); return err },
	} {
		if err := do(); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestStore_ServerFrozen asks a server that is there and does not answer, on
// connections that stood before.
func TestStore_ServerFrozen(t *testing.T) {
	server, err := testenv.StartPostgres()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	s := mustMigrated(t, postgis.Options{URL: server.URL, Bound: time.Second})
	made := mustCreate(t, s)
	if err := server.Pause(); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for name, do := range callsOf(s, made.ID) {
		group.Go(func() {
			if err := do(t.Context()); !fault.Is(err, fault.Unavailable) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	group.Go(func() { // the caller's time is up before the store's
		hurried, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := s.Trip(hurried, made.ID); !fault.Is(err, fault.Unavailable) {
			t.Errorf("Trip of a hurried caller: %v", err)
		}
	})
	group.Go(func() {
		gone, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		if _, err := s.Trip(gone, made.ID); !errors.Is(err, context.Canceled) || fault.Is(err, fault.Unavailable) {
			t.Errorf("Trip of a caller who went away: %v", err)
		}
	})
	all := make(chan struct{})
	go func() { group.Wait(); close(all) }()
	select {
	case <-all:
	case <-time.After(20 * time.Second):
		t.Error("calls hang with the server")
	}
	if err := server.Resume(); err != nil {
		t.Fatal(err)
	}
	<-all
	again, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, err = s.Trip(again, made.ID); err != nil && again.Err() == nil; {
		_, err = s.Trip(again, made.ID)
	}
	if err != nil {
		t.Errorf("the server goes on, and Trip: %v", err)
	}
}

// callsOf is calls of each kind: reads, transactions, a connection of its own.
func callsOf(s *postgis.Store, id string) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Ping":   s.Ping,
		"Trip":   func(ctx context.Context) error { _, err := s.Trip(ctx, id); return err },
		"Create": func(ctx context.Context) error { _, err := create(ctx, s); return err },
		"Offer": func(ctx context.Context) error {
			_, err := s.Offer(ctx, []trip.Proposal{proposal(id, "d1")})
			return err
		},
		"Delete": func(ctx context.Context) error { return s.Delete(ctx, []int64{1}) },
		"Lead":   func(ctx context.Context) error { _, _, _, err := s.Lead(ctx); return err },
	}
}

// An index of a large table takes longer than a call may.
func TestStore_MigrateIsNotBounded(t *testing.T) {
	s := mustMigrated(t, postgis.Options{URL: testenv.Postgres(t), Bound: time.Nanosecond})
	if err := s.Ping(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Ping, which is: %v", err)
	}
}

func TestOpen_ErrURL(t *testing.T) {
	if s, err := postgis.Open(t.Context(), postgis.Options{URL: "postgres://x:y@host:port/db"}); err == nil {
		s.Close()
		t.Error("a URL without sense was accepted")
	}
}

// TestStore_PoolExhausted holds the only connection. The patience is enough for
// what has the connection, on a busy machine too.
func TestStore_PoolExhausted(t *testing.T) {
	s := mustMigrated(t, postgis.Options{URL: testenv.Postgres(t), MaxConns: 1, Patience: time.Second})
	made := mustCreate(t, s)
	held, free := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		_, err := s.Update(t.Context(), made.ID, func(*trip.Trip) ([]trip.Event, error) { close(held); <-free; return nil, nil })
		if err != nil {
			t.Error(err)
		}
	})
	<-held
	if _, err := s.Trip(t.Context(), made.ID); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Trip: %v", err)
	}
	close(free)
	group.Wait()
}

// TestStore_Deadlock takes claims in the opposite order of a batch: whoever the
// database gives up, the batch gets its answer.
func TestStore_Deadlock(t *testing.T) {
	url := testenv.Postgres(t)
	s := mustMigrated(t, postgis.Options{URL: url})
	other, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(context.Background())
	a, b, c, d := mustCreate(t, s), mustCreate(t, s), mustCreate(t, s), mustCreate(t, s)
	exec := func(statement string, args ...any) error {
		_, err := other.Exec(t.Context(), statement, args...)
		return err
	}
	const claim = `INSERT INTO claims (driver_id, slot, trip_id) VALUES ($1, 0, $2)`
	if err := exec(`BEGIN`); err != nil {
		t.Fatal(err)
	}
	if err := exec(claim, "d2", c.ID); err != nil {
		t.Fatal(err)
	}
	var outcomes []trip.Outcome
	var group sync.WaitGroup
	group.Go(func() {
		if outcomes, err = s.Offer(t.Context(), []trip.Proposal{proposal(a.ID, "d1"), proposal(b.ID, "d2")}); err != nil {
			t.Errorf("Offer: %v", err)
		}
	})
	awaitWaiting(t, url)
	end := `COMMIT`
	if err := exec(claim, "d1", d.ID); err != nil {
		end = `ROLLBACK` // it was this one that the database gave up
	}
	if err := exec(end); err != nil {
		t.Fatal(err)
	}
	group.Wait()
	for i, o := range outcomes {
		if refused := fault.Is(o.Err, fault.DriverClaimed); refused != (end == `COMMIT`) {
			t.Errorf("after %s outcome %d is %+v", end, i, o)
		}
	}
}

// TestStore_OfferDoesNotWaitForALockedTrip holds a trip as a client that hangs
// would: the others of the batch are offered, at once.
func TestStore_OfferDoesNotWaitForALockedTrip(t *testing.T) {
	s := mustMigrated(t, postgis.Options{URL: testenv.Postgres(t)})
	free, locked, other := mustCreate(t, s), mustCreate(t, s), mustCreate(t, s)
	held, release := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		_, err := s.Update(t.Context(), locked.ID, func(*trip.Trip) ([]trip.Event, error) { close(held); <-release; return nil, nil })
		if err != nil {
			t.Error(err)
		}
	})
	<-held
	batch := []trip.Proposal{
		proposal(free.ID, "d1"), proposal(locked.ID, "d2"), proposal(uuid.NewString(), "d2"), proposal(other.ID, "d2"),
	}
	outcomes, err := s.Offer(t.Context(), batch)
	close(release)
	group.Wait()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []fault.Code{"", fault.WrongState, fault.NotFound, ""} {
		if got := outcomes[i]; fault.CodeOf(got.Err) != want || (got.Trip == nil) != (want != "") {
			t.Errorf("outcome %d is %+v, want %q", i, got, want)
		}
	}
	if again, err := s.Offer(t.Context(), []trip.Proposal{proposal(locked.ID, "d3")}); err != nil || again[0].Err != nil {
		t.Errorf("once it is free: %+v, %v", again, err)
	}
}

// TestStore_CallersWhoLeaveCostNoConnection: what a caller asked for who then lost
// patience comes to its end, on a connection that others use afterwards.
func TestStore_CallersWhoLeaveCostNoConnection(t *testing.T) {
	url := testenv.Postgres(t)
	s := mustMigrated(t, postgis.Options{URL: url + "&lock_timeout=0&statement_timeout=0", MaxConns: 1, Bound: time.Minute})
	made := mustCreate(t, s)
	backends := backendsOf(t, url)

	release := lockTrip(t, url, made.ID)
	ctx, leave := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		_, err := s.Update(ctx, made.ID, func(tr *trip.Trip) ([]trip.Event, error) {
			return tr.Cancel(trip.Actor{Role: trip.Rider, ID: "r1"}, "", now)
		})
		if err != nil {
			t.Errorf("Update: %v", err)
		}
	})
	awaitWaiting(t, url)
	leave()
	release()
	group.Wait()

	if got, err := s.Trip(t.Context(), made.ID); err != nil || got.State != trip.Cancelled {
		t.Errorf("the trip is %+v, %v", got, err)
	}
	if now := backendsOf(t, url); now != backends {
		t.Errorf("the store's one connection was to backend %s, and is to %s", backends, now)
	}
}

// backendsOf are the processes of the server that changed trips.
func backendsOf(t *testing.T, url string) (pids string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	const used = `SELECT coalesce(string_agg(pid::text, ' ' ORDER BY pid), '') FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = 'cabstand' AND query NOT LIKE 'LISTEN%' AND query NOT LIKE '%advisory%'`
	if err := conn.QueryRow(t.Context(), used).Scan(&pids); err != nil {
		t.Fatal(err)
	}
	return pids
}

// lockTrip keeps others from changing the trip until release is called.
func lockTrip(t *testing.T, url, id string) (release func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `BEGIN; SELECT FROM trips WHERE id = '`+id+`' FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() { _ = conn.Close(context.Background()) })
	t.Cleanup(release)
	return release
}

// awaitWaiting polls until a transaction of the database waits for another.
func awaitWaiting(tb testing.TB, url string) {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close(context.Background())
	ctx, cancel := context.WithTimeout(tb.Context(), 20*time.Second)
	defer cancel()
	for waiting := false; !waiting; {
		err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)`).Scan(&waiting)
		if err != nil {
			tb.Fatal(err)
		}
	}
}

func TestStore_LeadLostWithItsConnection(t *testing.T) {
	url := testenv.Postgres(t)
	s := mustMigrated(t, postgis.Options{URL: url})
	lost, release, ok, err := s.Lead(t.Context())
	if err != nil || !ok {
		t.Fatalf("Lead = %v, %v", ok, err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	const cut = `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted`
	if _, err := conn.Exec(t.Context(), cut); err != nil {
		t.Fatal(err)
	}
	await(t, lost, "the lead was not lost with its connection")
	release()
}

// Who waits for the lead asks twice a second: that has to be cheap for the
// server, which forks for each connection.
func TestStore_WaitingForTheLeadTakesOneConnection(t *testing.T) {
	url := testenv.Postgres(t)
	leader, rival := mustMigrated(t, postgis.Options{URL: url}), mustMigrated(t, postgis.Options{URL: url})
	_, release, ok, err := leader.Lead(t.Context())
	if err != nil || !ok {
		t.Fatalf("Lead = %v, %v", ok, err)
	}
	defer release()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	const waiting = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_try_advisory_lock%'
		AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)`
	var first int
	for try := range 5 {
		if _, _, ok, err := rival.Lead(t.Context()); ok || err != nil {
			t.Fatalf("a second relay leads: %v, %v", ok, err)
		}
		rows, err := conn.Query(t.Context(), waiting)
		if err != nil {
			t.Fatal(err)
		}
		pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
		if err != nil || len(pids) != 1 || try > 0 && pids[0] != first {
			t.Fatalf("try %d is on connections %v, the first was on %d; %v", try, pids, first, err)
		}
		first = pids[0]
	}
}

// A zero byte is text for JSON, and none for PostgreSQL.
func TestStore_ZeroByte(t *testing.T) {
	s := mustMigrated(t, postgis.Options{URL: testenv.Postgres(t)})
	made := mustCreate(t, s)
	_, err := s.Update(t.Context(), made.ID, func(t *trip.Trip) ([]trip.Event, error) {
		return t.Cancel(trip.Actor{Role: trip.Rider, ID: "r1"}, "\x00", now)
	})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("Update: %v", err)
	}
}
