package bustest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

func location(id string) driver.Location {
	return driver.Location{
		DriverID: id, Position: driver.Position{Point: timesSq, Seq: 7, FixedAt: noon, Speed: 8.25, Heading: 271, Accuracy: driver.Unknown},
		Class: driver.Standard, Seats: 4, Available: true, Session: "s1", SeenAt: noon,
	}
}

func testPositions(t *testing.T, s Server) {
	tracker, dispatcher := join(t, s), join(t, s)
	here, fn := into[[]driver.Location]()
	elsewhere, other := into[[]driver.Location]()
	stop := started(t, dispatcher)(dispatcher.Positions.Follow("dr5r", fn))
	started(t, dispatcher)(dispatcher.Positions.Follow("9q8z", other))

	batch := []driver.Location{location("d1"), {DriverID: "d2", SeenAt: noon, Position: driver.Position{FixedAt: noon}, Gone: true}}
	must(t, tracker.Positions.Publish(t.Context(), "dr5r", batch))
	if got := next(t, here); !reflect.DeepEqual(got, batch) {
		t.Errorf("got %+v, want %+v", got, batch)
	}

	stop()
	stop()
	must(t, tracker.Positions.Publish(t.Context(), "dr5r", batch))
	must(t, tracker.Positions.Publish(t.Context(), "9q8z", batch[:1]))
	if got := next(t, elsewhere); len(got) != 1 || len(here) != 0 {
		t.Errorf("elsewhere %v, and after the stop %d", got, len(here))
	}
}

func testBeats(t *testing.T, s Server) {
	tracker, dispatcher := join(t, s), join(t, s)
	beats, fn := into[bool]()
	stop := started(t, dispatcher)(dispatcher.Positions.OnBeat(func() { fn(true) }))
	must(t, tracker.Positions.Beat(t.Context()))
	next(t, beats)
	stop()
	must(t, tracker.Positions.Beat(t.Context()))
	must(t, tracker.Flush(t.Context()))
	must(t, dispatcher.Flush(t.Context()))
	if len(beats) != 0 {
		t.Error("a beat after the stop")
	}
}

func testPositionsLarge(t *testing.T, s Server) {
	b := join(t, s)
	batches, fn := into[[]driver.Location]()
	started(t, b)(b.Positions.Follow("dr5r", fn))
	batch := make([]driver.Location, 12_345)
	for i := range batch {
		batch[i] = location(fmt.Sprintf("driver-with-a-long-name-%d", i))
	}
	must(t, b.Positions.Publish(t.Context(), "dr5r", batch))
	for n := 0; n < len(batch); {
		for _, l := range next(t, batches) {
			if l.DriverID != batch[n].DriverID {
				t.Fatalf("place %d: %s", n, l.DriverID)
			}
			n++
		}
	}
}

func testLine(t *testing.T, s Server) {
	const pushes = 2000
	dispatcher, tracker := join(t, s), join(t, s)
	id := unique("d")
	got, fn := into[wire.Push]()
	others, other := into[wire.Push]()
	started(t, tracker)(tracker.Line.Listen(id, fn))
	started(t, tracker)(tracker.Line.Listen(unique("d"), other))
	for i := range int64(pushes) {
		must(t, dispatcher.Line.Push(t.Context(), id, wire.Push{TripID: "t", Version: i, Frame: json.RawMessage(`{"type":"trip"}`)}))
	}
	for i := range int64(pushes) {
		if p := next(t, got); p.Version != i || p.TripID != "t" || string(p.Frame) != `{"type":"trip"}` {
			t.Fatalf("push %d: %+v", i, p)
		}
	}
	if len(others) != 0 {
		t.Errorf("another driver got %d of them", len(others))
	}
}

// An id that is a pattern would listen to everybody.
func testLineBadID(t *testing.T, s Server) {
	b := join(t, s)
	for _, id := range []string{"", "*", ">", "a.b", "a b", "d1.push"} {
		if _, err := b.Line.Listen(id, func(wire.Push) {}); !fault.Is(err, fault.Invalid) {
			t.Errorf("Listen(%q): %v", id, err)
		}
		if err := b.Line.Push(t.Context(), id, wire.Push{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("Push(%q): %v", id, err)
		}
	}
}

func testSignals(t *testing.T, s Server) {
	one, other := join(t, s), join(t, s)
	n := wire.Nudge{TripID: unique("t"), Cell: "dr5r", From: "one"}
	mine, fn := into[wire.Nudge]()
	theirs, theirFn := into[wire.Nudge]()
	started(t, one)(one.Signals.OnNudge(fn))
	started(t, other)(other.Signals.OnNudge(theirFn))
	must(t, one.Signals.Nudge(t.Context(), n))
	for _, c := range []chan wire.Nudge{mine, theirs} {
		for got := next(t, c); got != n; got = next(t, c) {
		}
	}
	tripID := unique("t")
	ids, keep := only(tripID)
	started(t, one)(one.Signals.Subscribe(keep))
	publish(t, other, history(tripID, 2)...)
	wantIDs(t, ids, tripID, 1, 2)
}

// Garbage on the subjects is skipped and counted; what follows is read.
func testMalformed(t *testing.T, s Server) {
	b := join(t, s)
	stranger := raw(t, s)
	cell, id := geo.Cell("u33d"), unique("d")
	positions, follow := into[[]driver.Location]()
	pushes, listen := into[wire.Push]()
	started(t, b)(b.Positions.Follow(cell, follow))
	started(t, b)(b.Line.Listen(id, listen))
	for _, garbage := range []string{"", "\x00\xff", "[", `{"a":1}`, `[{"id":"d","lat":91,"lon":0}]`} {
		must(t, stranger.Publish("positions."+string(cell), []byte(garbage)))
		must(t, stranger.Publish("drivers."+id+".push", []byte(garbage+"!")))
	}
	must(t, stranger.Flush())
	must(t, b.Positions.Publish(t.Context(), cell, []driver.Location{location("d1")}))
	must(t, b.Line.Push(t.Context(), id, wire.Push{Version: 3}))
	if got := next(t, positions); len(got) != 1 || got[0].DriverID != "d1" {
		t.Errorf("got %v", got)
	}
	if got := next(t, pushes); got.Version != 3 {
		t.Errorf("got %+v", got)
	}
	if n := b.Stats().Malformed; n != 10 {
		t.Errorf("%d messages counted as malformed, want 10", n)
	}
}

// raw is a client that knows nothing of Cabstand.
func raw(t testing.TB, s Server) *nats.Conn {
	t.Helper()
	o := s.Options()
	var options []nats.Option
	if o.Embedded != nil {
		options = append(options, nats.InProcessServer(o.Embedded))
	}
	c, err := nats.Connect(o.URL, options...)
	must(t, err)
	t.Cleanup(c.Close)
	return c
}
