package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// The fight: so many dispatchers, riders and phones at once over so few drivers
// and trips.
const (
	fighters   = 64
	rounds     = 18
	fewDrivers = 6
	fewTrips   = 8
)

// testContention lets everybody fight, watches that no driver is ever held
// twice, and then reads the record.
func testContention(t *testing.T, p Place) {
	stores := []Store{mustOpen(t, p)}
	if p.Shared {
		stores = append(stores, mustOpen(t, p)) // two dispatchers on one database
	}
	f := &fight{told: map[string]string{}}
	for i := range fewDrivers {
		f.drivers = append(f.drivers, fmt.Sprint("d", i))
	}
	for range fewTrips {
		f.add(mustRequest(t, stores[0]).ID)
	}
	watching, stop := context.WithCancel(t.Context())
	watched := make(chan int)
	go func() { watched <- f.watch(watching, t, stores[0]) }()

	var group sync.WaitGroup
	for i := range fighters {
		group.Go(func() { f.fight(t, stores[i%len(stores)], rand.New(rand.NewPCG(1, uint64(i)))) })
	}
	group.Wait()
	stop()
	t.Logf("%d trips, %d changes of state, %d exchanges, looked %d times", len(f.trips), len(f.told), f.exchanged, <-watched)
	if f.exchanged == 0 {
		t.Error("nobody exchanged a trip: this was no fight over exchanges")
	}
	f.checkRecord(t, stores[0])
}

// fight is what the fighters share.
type fight struct {
	drivers []string

	mu        sync.Mutex
	open      []string          // the trips that are fought over
	trips     []string          // all that ever were
	told      map[string]string // event by id: those that a caller was told of; "" for one whose words are not known
	exchanged int
}

// add puts a new trip into the fight.
func (f *fight) add(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open, f.trips = append(f.open, id), append(f.trips, id)
	f.told[id+":1"] = ""
}

// remove takes a trip that is over out of the fight. It reports whether nobody
// did before.
func (f *fight) remove(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.open)
	f.open = slices.DeleteFunc(f.open, func(other string) bool { return other == id })
	return len(f.open) < n
}

func (f *fight) any(r *rand.Rand) (id string, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.open) == 0 {
		return "", false
	}
	return f.open[r.IntN(len(f.open))], true
}

func (f *fight) fight(t *testing.T, s Store, r *rand.Rand) {
	for range rounds {
		switch r.IntN(3) {
		case 0:
			f.propose(t, s, r)
			continue
		case 1:
			f.exchange(t, s, r)
			continue
		}
		id, ok := f.any(r)
		if !ok {
			continue
		}
		seen, err := s.Trip(t.Context(), id)
		if err != nil {
			t.Error(err)
			return
		}
		if !seen.State.Final() {
			f.update(t, s, id, f.blow(r, seen))
		} else if f.remove(id) {
			f.add(mustRequest(t, s).ID)
		}
	}
}

// propose offers a few trips to a few drivers.
func (f *fight) propose(t *testing.T, s Store, r *rand.Rand) {
	var batch []trip.Proposal
	for range 1 + r.IntN(4) {
		id, ok := f.any(r)
		if !ok {
			continue
		}
		seen, err := s.Trip(t.Context(), id)
		if err != nil {
			t.Error(err)
			return
		}
		p := proposal(seen.ID, f.drivers[r.IntN(len(f.drivers))])
		p.Epoch, p.Slot = seen.Epoch, r.IntN(8)/7
		batch = append(batch, p)
	}
	outcomes, err := s.Offer(t.Context(), batch)
	if err != nil {
		t.Errorf("Offer: %v", err)
	}
	for i, o := range outcomes {
		if o.Err == nil && o.Trip.Offer.ID != batch[i].OfferID {
			t.Errorf("the outcome has offer %s, proposed was %s", o.Trip.Offer.ID, batch[i].OfferID)
		}
		if !fitFault(o.Err) {
			t.Errorf("Offer: %v", o.Err)
		}
	}
}

// exchange passes trips on: mostly in a circle of their drivers, now and then to
// anybody.
func (f *fight) exchange(t *testing.T, s Store, r *rand.Rand) {
	var moves []trip.Move
	for range 2 * fewTrips {
		id, ok := f.any(r)
		if !ok || len(moves) == 3 || slices.ContainsFunc(moves, func(m trip.Move) bool { return m.TripID == id }) {
			continue
		}
		seen, err := s.Trip(t.Context(), id)
		if err != nil {
			t.Error(err)
			return
		}
		if seen.State == trip.Assigned {
			moves = append(moves, move(seen, ""))
		}
	}
	for i := range moves {
		next := moves[(i+1)%len(moves)].From
		if next == moves[i].From || r.IntN(8) == 0 {
			next = f.drivers[r.IntN(len(f.drivers))]
		}
		moves[i].To, moves[i].Slot = next, r.IntN(8)/7
	}
	moved, err := s.Exchange(t.Context(), moves)
	if !fitFault(err) {
		t.Errorf("Exchange: %v", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, tr := range moved {
		f.note(t, fmt.Sprintf("%s:%d", tr.ID, tr.Version), "")
	}
	f.exchanged += min(1, len(moved))
}

// note takes in an event that a caller was told of.
func (f *fight) note(t *testing.T, id, words string) {
	if _, twice := f.told[id]; twice {
		t.Errorf("two callers were told that theirs is %s", id)
	}
	f.told[id] = words
}

// update runs a command, and notes the events that its caller was told of.
func (f *fight) update(t *testing.T, s Store, id string, change command) {
	var events []trip.Event
	_, err := s.Update(t.Context(), id, func(t *trip.Trip) (made []trip.Event, err error) {
		events, err = change(t)
		return events, err
	})
	if !fitFault(err) {
		t.Errorf("Update: %v", err)
	}
	if err != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, ev := range events {
		f.note(t, ev.ID(), string(wire.EncodeEvent(ev)))
	}
}

// blow is something that somebody does about a trip that was seen like this a
// moment ago.
func (f *fight) blow(r *rand.Rand, seen *trip.Trip) command {
	now := after(time.Minute)
	driverID := seen.DriverID
	if r.IntN(20) == 0 {
		return func(t *trip.Trip) ([]trip.Event, error) {
			return t.Cancel(trip.Actor{Role: trip.Operator, ID: "o1"}, "", now)
		}
	}
	switch seen.State {
	case trip.Searching:
		return f.answer(r, seen)
	case trip.Assigned:
		if seen.Slot != 0 && r.IntN(2) == 0 {
			return func(t *trip.Trip) ([]trip.Event, error) { t.Promote(); return nil, nil }
		}
		if r.IntN(3) == 0 {
			return func(t *trip.Trip) ([]trip.Event, error) {
				return t.Redispatch(driverID, trip.Actor{Role: trip.Driver, ID: driverID}, "", search, now)
			}
		}
		return func(t *trip.Trip) ([]trip.Event, error) { return t.Arrive(driverID, now) }
	case trip.Arrived:
		return func(t *trip.Trip) ([]trip.Event, error) { return t.Start(driverID, now) }
	}
	return func(t *trip.Trip) ([]trip.Event, error) { return t.Complete(driverID, now) }
}

func (f *fight) answer(r *rand.Rand, seen *trip.Trip) command {
	return ofOffer(seen, func(t *trip.Trip, o trip.Offer) ([]trip.Event, error) {
		switch r.IntN(5) {
		case 0:
			return nil, t.Decline(o.ID, o.DriverID, "", after(time.Minute))
		case 1:
			t.ExpireOffer(o.ID, after(time.Hour))
			return nil, nil
		}
		return t.Accept(o.ID, o.DriverID, after(time.Minute))
	})
}

// fitFault reports whether err may come of losing a race.
func fitFault(err error) bool {
	return err == nil || slices.Contains([]fault.Code{
		fault.WrongState, fault.OfferClosed, fault.NotFound, fault.DriverClaimed,
	}, fault.CodeOf(err))
}

// watch looks at all unfinished trips, as they are at one moment, again and
// again, and returns how often: no two hold the same driver (I1).
func (f *fight) watch(ctx context.Context, t *testing.T, s Store) int {
	pause := time.NewTicker(5 * time.Millisecond) // leaves the machine to the fight
	defer pause.Stop()
	for n := 0; ; n++ {
		<-pause.C
		trips, err := s.Unfinished(ctx, "", 1_000_000)
		if ctx.Err() != nil {
			return n
		}
		if err != nil {
			t.Errorf("Unfinished: %v", err)
			return n
		}
		claimed(t, trips)
	}
}

// claimed is the trips by the claim that each of them has.
func claimed(t *testing.T, trips []*trip.Trip) map[string]string {
	holds := map[string]string{}
	for _, tr := range trips {
		claim, ok := tr.Claim()
		if !ok {
			continue
		}
		key := hold(claim.DriverID, claim.Slot)
		if other, twice := holds[key]; twice {
			t.Errorf("driver %s has two trips in slot %d: %s and %s", claim.DriverID, claim.Slot, other, tr.ID)
		}
		holds[key] = tr.ID
	}
	return holds
}

// checkRecord reads everything once the fight is over.
func (f *fight) checkRecord(t *testing.T, s Store) {
	f.checkClaims(t, s)
	events := 0
	for _, id := range f.trips {
		record := mustEvents(t, s, id)
		events += len(record)
		f.checkEvents(t, id, record)
		checkOffers(t, s, id, record)
		last := record[len(record)-1]
		if now := mustTrip(t, s, id); last.Trip.State != now.State || last.Version != now.Version || last.Trip.DriverID != now.DriverID {
			t.Errorf("trip %s is %s at %d, its last event tells of %s at %d", id, now.State, now.Version, last.Trip.State, last.Version)
		}
	}
	if events != len(f.told) {
		t.Errorf("%d events are stored, callers were told of %d", events, len(f.told))
	}
	checkOutbox(t, s, events)
}

// checkClaims holds the claims against the trips they come from.
func (f *fight) checkClaims(t *testing.T, s Store) {
	trips, err := allUnfinished(t.Context(), s, 7)
	if err != nil {
		t.Fatal(err)
	}
	holds := claimed(t, trips)
	for _, driverID := range f.drivers {
		var want []string
		for slot := range 2 {
			if id, ok := holds[hold(driverID, slot)]; ok {
				want = append(want, id)
			}
		}
		if got := claimants(t, s, driverID); !slices.Equal(got, want) {
			t.Errorf("%s is claimed by %v, the trips say %v", driverID, got, want)
		}
	}
}

// checkEvents checks that a trip's events are those that callers were told of,
// with no hole (I5), that a driver who came later came with a later epoch (I2),
// that who was taken off for another was the driver until then, and that nothing
// follows a final state (I3).
func (f *fight) checkEvents(t *testing.T, id string, record []trip.Event) {
	driverOf := map[int64]string{}
	swaps := 0
	for i, ev := range record {
		if ev.FormerDriverID != "" {
			swaps++
			if before := record[i-1].Trip; ev.FormerDriverID != before.DriverID || ev.Trip.Epoch != before.Epoch+1 || before.State != trip.Assigned {
				t.Errorf("%s took the trip from %s; it was %s, %s's", ev.ID(), ev.FormerDriverID, before.State, before.DriverID)
			}
		}
		if ev.Trip.Swaps != swaps {
			t.Errorf("%s tells of %d swaps, there were %d", ev.ID(), ev.Trip.Swaps, swaps)
		}
		if ev.Version != int64(i)+1 {
			t.Errorf("event %d of trip %s has version %d", i, id, ev.Version)
		}
		told, ok := f.told[ev.ID()]
		if !ok || told != "" && told != string(wire.EncodeEvent(ev)) {
			t.Errorf("event %s is not what a caller was told:\n%s\n%s", ev.ID(), wire.EncodeEvent(ev), told)
		}
		if ev.Trip.State.Final() && i != len(record)-1 {
			t.Errorf("event %s follows the final state %s", record[i+1].ID(), ev.Trip.State)
		}
		if d := ev.Trip.DriverID; d != "" {
			if other, ok := driverOf[ev.Trip.Epoch]; ok && other != d {
				t.Errorf("trip %s has drivers %s and %s in epoch %d", id, other, d, ev.Trip.Epoch)
			}
			driverOf[ev.Trip.Epoch] = d
		}
	}
}

// checkOffers checks that at most one offer of an epoch was accepted, and that
// nobody who declined or gave up was asked again (I8): who was taken off for a
// nearer driver may be.
func checkOffers(t *testing.T, s Store, id string, record []trip.Event) {
	gaveUp := map[int64]bool{} // epochs that ended so
	for _, ev := range record {
		if ev.Trip.State == trip.Searching && ev.DriverID != "" {
			gaveUp[ev.Trip.Epoch-1] = true
		}
	}
	offers, err := s.Offers(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	accepted, gone := map[int64]string{}, map[string]bool{}
	for i, o := range offers {
		if gone[o.DriverID] {
			t.Errorf("trip %s was offered to %s again", id, o.DriverID)
		}
		if o.State == trip.OfferPending && i != len(offers)-1 {
			t.Errorf("offer %s of trip %s was left pending", o.ID, id)
		}
		if o.State == trip.OfferAccepted {
			if other, twice := accepted[o.Epoch]; twice {
				t.Errorf("trip %s was accepted by %s and %s in epoch %d", id, other, o.DriverID, o.Epoch)
			}
			accepted[o.Epoch] = o.DriverID
		}
		gone[o.DriverID] = gone[o.DriverID] || o.State == trip.OfferDeclined || o.State == trip.OfferAccepted && gaveUp[o.Epoch]
	}
}

// checkOutbox checks that every event waits in it, each trip's in order.
func checkOutbox(t *testing.T, s Store, events int) {
	queued := mustPending(t, s)
	if len(queued) != events {
		t.Errorf("%d events are in the outbox, %d were stored", len(queued), events)
	}
	last := map[string]int64{}
	for _, q := range queued {
		if q.Event.Version != last[q.Event.TripID]+1 {
			t.Errorf("in the outbox %s follows version %d", q.Event.ID(), last[q.Event.TripID])
		}
		last[q.Event.TripID] = q.Event.Version
	}
}
