package dispatch

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/internal/wire"
)

// What is told of a driver is held against a list of all decisions, for which
// there is no room: the latest ones are told, and partial where others are not.
func TestPasses_Property(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ps := passes{most: rapid.IntRange(1, 12).Draw(t, "room")}
		now := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
		begun := now
		drivers := []string{"a", "b", "c"}
		var all []Decision
		for i := range rapid.IntRange(0, 30).Draw(t, "decisions") {
			now = now.Add(time.Duration(rapid.IntRange(0, 1200).Draw(t, "pause")) * time.Second)
			d := Decision{TripID: fmt.Sprint("t", i), At: now, Ticks: 1, Policy: Optimal, Rung: "road"}
			for j, id := range rapid.Permutation(drivers).Draw(t, "drivers") {
				switch rapid.IntRange(0, 2).Draw(t, "part") {
				case 0:
					d.Candidates = append(d.Candidates, Candidate{DriverID: id, Cost: time.Duration(j+1) * time.Minute, Metres: float64(j)})
				case 1:
					d.Excluded = append(d.Excluded, Exclusion{DriverID: id, Reason: Claimed, Metres: float64(j)})
				}
			}
			if len(d.Candidates) > 0 && rapid.Bool().Draw(t, "chosen") {
				d.Chosen = d.Candidates[0].DriverID
			}
			ps.add(&d, nil)
			all = append(all, d)
		}
		since := begun.Add(time.Duration(rapid.IntRange(0, 8000).Draw(t, "since")) * time.Second)
		kept := all[max(0, len(all)-ps.most):]
		// What is older than an hour at the newest decision is gone, and nobody asks.
		kept = slices.DeleteFunc(slices.Clone(kept), func(d Decision) bool { return now.Sub(d.At) > passesFor })
		for _, id := range drivers {
			var want []string
			for _, d := range slices.Backward(kept) {
				if i := involved(d, id); i && !d.At.Before(since) {
					want = append(want, d.TripID)
				}
			}
			told, whole := ps.since(id, since)
			var got []string
			for _, p := range told {
				got = append(got, p.TripID)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s is told %v, want %v", id, got, want)
			}
			dropped := len(all) > ps.most && slices.ContainsFunc(all[:len(all)-ps.most], func(d Decision) bool {
				return !d.At.Before(since) && now.Sub(d.At) <= passesFor
			})
			if dropped && whole {
				t.Fatal("whole, though some that were made since are forgotten")
			}
			if !whole && len(all) <= ps.most {
				t.Fatal("partial, though there was room for all")
			}
		}
		if total := len(ps.all); total > ps.most {
			t.Fatalf("%d are kept, there is room for %d", total, ps.most)
		}
		for id, numbers := range ps.of {
			if len(numbers) == 0 {
				t.Fatalf("%s is remembered for nothing", id)
			}
		}
	})
}

// involved reports whether the decision passed the driver over.
func involved(d Decision, id string) bool {
	return id != d.Chosen &&
		(slices.ContainsFunc(d.Candidates, func(c Candidate) bool { return c.DriverID == id }) ||
			slices.ContainsFunc(d.Excluded, func(e Exclusion) bool { return e.DriverID == id }))
}

func TestPasses_Reasons(t *testing.T) {
	at := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	base := Decision{
		TripID: "t1", At: at, Ticks: 3, Policy: Greedy, Rung: "road",
		Candidates: []Candidate{{DriverID: "near", Cost: time.Minute, Metres: 100}, {DriverID: "far", Cost: 2 * time.Minute, Metres: 900}},
		Excluded:   []Exclusion{{DriverID: "busy", Reason: Claimed, Metres: 50}},
	}
	one, two := 60.0, 120.0
	told := func(chosen, refused string, given map[string]bool, id string) []wire.PassedOver {
		d := base
		d.Chosen, d.Refused = chosen, refused
		ps := passes{}
		ps.add(&d, given)
		got, whole := ps.since(id, at)
		if !whole {
			t.Error("not whole")
		}
		return got
	}
	common := wire.PassedOver{At: at, Ticks: 3, TripID: "t1", Rung: "road", Policy: Greedy}
	with := func(change func(*wire.PassedOver)) []wire.PassedOver {
		p := common
		change(&p)
		return []wire.PassedOver{p}
	}
	for name, c := range map[string]struct{ got, want []wire.PassedOver }{
		"Chosen": {told("near", "", nil, "near"), nil},
		"Nobody": {told("near", "", nil, "other"), nil},
		"Dearer": {told("near", "", nil, "far"), with(func(p *wire.PassedOver) {
			p.Reason, p.Chosen, p.CostS, p.ChosenCostS, p.Metres = "not_cheapest", "near", &two, &one, 900
		})},
		"TooDear": {told("", "", nil, "near"), with(func(p *wire.PassedOver) { p.Reason, p.CostS, p.Metres = "too_dear", &one, 100 })},
		"Refused": {told("", "driver_claimed", nil, "far"), with(func(p *wire.PassedOver) { p.Reason, p.CostS, p.Metres = "not_cheapest", &two, 900 })},
		"Another": {told("far", "", map[string]bool{"near": true, "far": true}, "near"), with(func(p *wire.PassedOver) {
			p.Reason, p.Chosen, p.CostS, p.ChosenCostS, p.Metres = "given_another_trip", "far", &one, &two, 100
		})},
		"Busy": {told("near", "", nil, "busy"), with(func(p *wire.PassedOver) { p.Reason, p.Chosen, p.ChosenCostS, p.Metres = "claimed", "near", &one, 50 })},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, c.got, c.want)
		}
	}
}
