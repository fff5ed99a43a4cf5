package bustest

import (
	"context"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/natsbus"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// publishAgain publishes as the outbox does: until all is stored.
func publishAgain(t testing.TB, b *natsbus.Bus, events ...trip.Event) {
	t.Helper()
	eventually(t, "stored", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		acked, err := b.Trips.Publish(ctx, events)
		return err == nil && acked == len(events)
	})
}

// wantUnavailable checks that nothing can be sent, and that it is said soon.
func wantUnavailable(t testing.TB, b *natsbus.Bus) {
	t.Helper()
	begin := time.Now()
	acked, err := b.Trips.Publish(t.Context(), history(unique("t"), 3))
	if acked != 0 || !fault.Is(err, fault.Unavailable) {
		t.Errorf("while away: %d stored, %v", acked, err)
	}
	if err := b.Signals.Nudge(t.Context(), wire.Nudge{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("while away a nudge: %v", err)
	}
	if _, err := b.Commands.Do(t.Context(), wire.Command{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("while away a command: %v", err)
	}
	if _, _, err := b.Decisions.Recall(t.Context(), "t1"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("while away a question: %v", err)
	}
	if _, err := b.Settings.Policy(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("while away the policy: %v", err)
	}
	if err := b.Settings.SetPolicy(t.Context(), setting("fifo")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("while away a policy was set: %v", err)
	}
	if err := b.Settings.ResetPolicy(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("while away the policy was reset: %v", err)
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("it took %v to say that the bus is away", took)
	}
}

// seesMembers waits until the members are known to the bus.
func seesMembers(t testing.TB, b *natsbus.Bus, ids ...string) {
	t.Helper()
	eventually(t, "members are seen", func() bool { return len(intersect(b.Members.Live(), ids...)) == len(ids) })
}

// A server that lost its files counts from 1: long before it comes to where it
// was, readers have what is stored there, and members know each other.
func testLoss(t *testing.T, s Restarter) {
	b, reader := join(t, s), join(t, s)
	before, after := unique("before"), unique("after")
	c, keep := only(before)
	started(t, reader)(reader.Trips.Subscribe(keep))
	publish(t, b, history(before, 20)...)
	wantIDs(t, c, before, 1, 20)
	kept := setting("fifo")
	must(t, b.Settings.SetPolicy(t.Context(), kept))
	policies, hear := into[*wire.PolicySetting]()
	started(t, reader)(reader.Settings.Follow(hear))
	heard(t, policies, &kept)
	read, keepRead := only(after)
	started(t, reader)(reader.Trips.Subscribe(keepRead)) // has nothing to read before
	must(t, b.Members.Join(t.Context(), "one"))
	must(t, reader.Members.Join(t.Context(), "two"))
	seesMembers(t, b, "one", "two")

	s.Restart(t, func() {
		eventually(t, "disconnected", func() bool { return !b.Connected() && !reader.Connected() })
	})
	publishAgain(t, b, history(after, 5)...)
	publishAgain(t, b, history(before, 23)...)
	wantIDs(t, read, after, 1, 5)
	wantIDs(t, c, before, 1, 23) // all of the new stream: 1 to 20 come twice
	set := setting("greedy")
	eventually(t, "a policy is set", func() bool { return b.Settings.SetPolicy(t.Context(), set) == nil })
	heard(t, policies, &set)
	newcomer := join(t, s)
	must(t, newcomer.Members.Join(t.Context(), "three"))
	for _, bus := range []*natsbus.Bus{b, reader, newcomer} {
		seesMembers(t, bus, "one", "two", "three")
	}
}

// Who is there before the server says that it is away, and what was set up
// meanwhile works when it comes.
func testLate(t *testing.T, s Server, start func()) {
	b := join(t, s)
	if b.Connected() {
		t.Error("connected to nobody")
	}
	wantUnavailable(t, b)
	id := unique("t")
	ids, keep := only(id)
	nudges, nudged := into[wire.Nudge]()
	batches, follow := into[[]driver.Location]()
	policies, hear := into[*wire.PolicySetting]()
	for what, subscribe := range map[string]func() (func(), error){
		"trips":     func() (func(), error) { return b.Trips.Subscribe(keep) },
		"nudges":    func() (func(), error) { return b.Signals.OnNudge(nudged) },
		"positions": func() (func(), error) { return b.Positions.Follow("dr5r", follow) },
		"commands": func() (func(), error) {
			return b.Commands.Serve(func(context.Context, wire.Command) wire.Reply { return wire.Reply{} })
		},
		"settings":  func() (func(), error) { return b.Settings.Follow(hear) },
		"decisions": func() (func(), error) { return b.Decisions.Serve(func(string) []wire.Decision { return nil }) },
	} {
		stop, err := subscribe()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		t.Cleanup(stop)
	}
	must(t, b.Members.Join(t.Context(), "early"))

	start()
	publishAgain(t, b, history(id, 3)...)
	wantIDs(t, ids, id, 1, 3)
	want := setting("greedy")
	must(t, b.Settings.SetPolicy(t.Context(), want))
	heard(t, policies, &want)
	must(t, b.Signals.Nudge(t.Context(), wire.Nudge{TripID: id}))
	must(t, b.Positions.Publish(t.Context(), "dr5r", []driver.Location{location("d1")}))
	next(t, nudges)
	next(t, batches)
	if _, err := b.Commands.Do(t.Context(), wire.Command{Kind: wire.CommandArrive}); err != nil {
		t.Error(err)
	}
	late := join(t, s)
	must(t, late.Members.Join(t.Context(), "late"))
	seesMembers(t, b, "early", "late")
	seesMembers(t, late, "early", "late")
}
