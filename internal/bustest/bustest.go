// Package bustest is the contract of the bus: one suite that the embedded
// server and a server on the network both pass.
package bustest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/natsbus"
	"github.com/cabstand/cabstand/internal/outbox"
	"github.com/cabstand/cabstand/internal/track"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/watch"
)

// The parts of the bus serve every part of the application.
var (
	_ track.Feed       = (*natsbus.Positions)(nil)
	_ dispatch.Feed    = (*natsbus.Positions)(nil)
	_ dispatch.Beats   = (*natsbus.Positions)(nil)
	_ track.Pulse      = (*natsbus.Positions)(nil)
	_ watch.Positions  = (*natsbus.Positions)(nil)
	_ track.Line       = (*natsbus.Line)(nil)
	_ dispatch.Pusher  = (*natsbus.Line)(nil)
	_ track.Commands   = (*natsbus.Commands)(nil)
	_ dispatch.Signals = (*natsbus.Signals)(nil)
	_ dispatch.Peers   = (*natsbus.Members)(nil)
	_ outbox.Publisher = (*natsbus.Trips)(nil)
	_ watch.Events     = (*natsbus.Trips)(nil)

	_ dispatch.Settings = (*natsbus.Settings)(nil)
)

// Server is a running server of the bus.
type Server interface {
	// Options say how to join.
	Options() natsbus.Options
}

// Restarter is a server that a test may restart.
type Restarter interface {
	Server
	// Restart stops the server, calls away, and starts it again on the same data.
	// Clients of an embedded server do not outlive it: survives is false.
	Restart(t testing.TB, away func()) (survives bool)
}

// Run holds a bus to the contract. start starts a server, or uses one that
// other tests use too, and stops it at the end of the test.
func Run(t *testing.T, start func(testing.TB) Server) {
	for name, test := range map[string]func(*testing.T, Server){
		"Positions":         testPositions,
		"PositionsLarge":    testPositionsLarge,
		"Beats":             testBeats,
		"Line":              testLine,
		"LineBadID":         testLineBadID,
		"Signals":           testSignals,
		"TripsOrder":        testTripsOrder,
		"TripsOnce":         testTripsOnce,
		"TripsFromNowOn":    testTripsFromNowOn,
		"TripsWhole":        testTripsWhole,
		"Commands":          testCommands,
		"CommandsRefused":   testCommandsRefused,
		"CommandsUnserved":  testCommandsUnserved,
		"CommandsSlow":      testCommandsSlow,
		"CommandsBounded":   testCommandsBounded,
		"CommandsStop":      testCommandsStop,
		"Members":           testMembers,
		"MembersDeath":      testMembersDeath,
		"MembersJoin":       testMembersJoin,
		"Decisions":         testDecisions,
		"Settings":          testSettings,
		"SettingsLate":      testSettingsLate,
		"Ended":             testEnded,
		"Malformed":         testMalformed,
		"Closed":            testClosed,
		"CancelledContexts": testCancelled,
	} {
		t.Run(name, func(t *testing.T) { test(t, start(t)) })
	}
}

// RunRestart holds a bus to what it promises when its server goes away and comes
// back.
func RunRestart(t *testing.T, s Restarter) { testRestart(t, s) }

// RunLoss holds a bus to what it promises when its server comes back without
// its files: Restart starts it on none.
func RunLoss(t *testing.T, s Restarter) { testLoss(t, s) }

// RunLate holds a bus to what it promises when its server, which is not there
// yet, is started after its clients.
func RunLate(t *testing.T, s Server, start func()) { testLate(t, s, start) }

// join joins the bus until the end of the test.
func join(t testing.TB, s Server, change ...func(*natsbus.Options)) *natsbus.Bus {
	t.Helper()
	o := s.Options()
	o.Name = t.Name()
	for _, c := range change {
		c(&o)
	}
	b, err := natsbus.Connect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// started keeps a subscription until the end of the test, and returns when the
// server knows of it.
func started(t testing.TB, b *natsbus.Bus) func(stop func(), err error) (stopped func()) {
	return func(stop func(), err error) func() {
		t.Helper()
		must(t, err)
		t.Cleanup(stop)
		must(t, b.Flush(t.Context()))
		return stop
	}
}

const patience = 20 * time.Second

// next is the next value that comes.
func next[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// eventually waits until the condition holds.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline, ticker := time.After(patience), time.NewTicker(5*time.Millisecond)
	defer ticker.Stop()
	for !condition() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("still not: %s", what)
		}
	}
}

// into is a callback that keeps what comes. The channel is large enough for a
// test: callbacks must not block.
func into[T any]() (chan T, func(T)) {
	c := make(chan T, 20_000)
	return c, func(v T) { c <- v }
}

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 123e6, time.UTC)
	timesSq = geo.Point{Lat: 40.7580, Lon: -73.9855}
)

// unique makes a name that no other test on the same server uses.
func unique(prefix string) string { return prefix + "-" + uuid.NewString() }

func event(tripID string, version int64) trip.Event {
	return trip.Event{
		TripID: tripID, Version: version, At: noon, Actor: trip.Actor{Role: trip.System},
		Trip: trip.Trip{ID: tripID, Version: version, State: trip.Searching, Pickup: timesSq, RequestedAt: noon},
	}
}

// history is the first events of a trip.
func history(tripID string, versions int) []trip.Event {
	events := make([]trip.Event, versions)
	for i := range events {
		events[i] = event(tripID, int64(i+1))
	}
	return events
}

func publish(t testing.TB, b *natsbus.Bus, events ...trip.Event) {
	t.Helper()
	if acked, err := b.Trips.Publish(t.Context(), events); err != nil || acked != len(events) {
		t.Fatalf("%d of %d stored: %v", acked, len(events), err)
	}
}

// only is a callback that keeps the ids of one trip's events.
func only(tripID string) (chan string, func(trip.Event)) {
	c, keep := into[string]()
	return c, func(ev trip.Event) {
		if ev.TripID == tripID {
			keep(ev.ID())
		}
	}
}

func wantIDs(t testing.TB, c <-chan string, tripID string, from, to int) {
	t.Helper()
	for v := from; v <= to; v++ {
		if got, want := next(t, c), fmt.Sprintf("%s:%d", tripID, v); got != want {
			t.Fatalf("got event %s, want %s", got, want)
		}
	}
}
