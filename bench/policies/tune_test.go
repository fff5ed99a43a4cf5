package main

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/replay"
)

// of is an outcome with a run of these figures.
func of(served, wait, swaps float64, most int) outcome {
	return outcomeOf(trial{}, []replay.Run{{ServedShare: served, Wait: replay.Spread{Mean: wait}, SwapsPerTrip: swaps, SwapsMost: most}})
}

func TestRules(t *testing.T) {
	for name, c := range map[string]struct {
		rule rule
		pool []outcome
		want int
	}{
		"GreedyServesMost":    {greedyRule, []outcome{of(0.90, 50, 0, 0), of(0.95, 100, 0, 0)}, 1},
		"GreedyWaitsLess":     {greedyRule, []outcome{of(0.95, 100, 0, 0), of(0.9485, 90, 0, 0), of(0.9475, 80, 0, 0)}, 1},
		"GreedyFirstOfEqual":  {greedyRule, []outcome{of(0.95, 100, 0, 0), of(0.95, 100, 0, 0)}, 0},
		"OursWaitLess":        {ourRule(0.95), []outcome{of(0.97, 100, 0, 0), of(0.9495, 80, 0, 0), of(0.9485, 70, 0, 0)}, 1},
		"OursServeTooFew":     {ourRule(0.95), []outcome{of(0.93, 50, 0, 0), of(0.94, 100, 0, 0)}, 1},
		"OursSwapTooMuch":     {ourRule(0.95), []outcome{of(0.96, 50, 1.1, 3), of(0.96, 60, 0.5, 4), of(0.96, 70, 1, 3)}, 2},
		"OursAllSwapTooMuch":  {ourRule(0.95), []outcome{of(0.96, 60, 0.5, 4), of(0.96, 50, 1.1, 3)}, 1},
		"OursAtTheMarginOnly": {ourRule(0.95), []outcome{of(0.949, 80, 0, 0), of(0.95, 90, 0, 0)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, want := c.rule(c.pool), c.pool[c.want]
			if got.share() != want.share() || got.wait() != want.wait() || got.swapsMost() != want.swapsMost() || &got.runs[0] != &want.runs[0] {
				t.Errorf("picks %.4f, %.0f s; want %.4f, %.0f s", got.share(), got.wait(), want.share(), want.wait())
			}
		})
	}
}

// hills measures nothing: each kind of policy has one best setting, and the
// further a setting is from it, the longer the wait.
type hills struct{ asked []trial }

func (h *hills) measure(_ context.Context, _ string, trials []trial) (all []outcome, _ error) {
	h.asked = append(h.asked, trials...)
	for _, t := range trials {
		p := t.set.policy
		off := (t.set.window - 5*time.Second).Abs() + (p.PickupCap - time.Duration(t.fleet)*time.Minute).Abs() + (p.Unserved - 20*time.Minute).Abs()
		wait := 300 + off.Seconds()
		if p.Swap {
			wait += (p.SwapThreshold - 5*time.Second).Abs().Seconds() + (p.SwapEvery - 20*time.Second).Abs().Seconds() - 100
		}
		served := 0.95
		if p.Forward > 0 {
			served = 0.97
		}
		var runs []replay.Run
		for range t.seeds {
			runs = append(runs, replay.Run{ServedShare: served, Wait: replay.Spread{Mean: wait}, SwapsMost: max(0, p.MaxSwaps)})
		}
		all = append(all, outcomeOf(t, runs))
	}
	return all, nil
}

func mustTune(tb testing.TB, h *hills, fleets ...int) []*tuned {
	tb.Helper()
	t := tuner{measure: h.measure, seeds: []uint64{1001}, knobs: allKnobs}
	all, err := t.tune(tb.Context(), fleets)
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

func TestTuner_Tune(t *testing.T) {
	h := &hills{}
	all := mustTune(t, h, 8, 12) // the best cap is the fleet in minutes
	for _, f := range all {
		for _, s := range []*search{f.greedy, f.optimal, f.swap, f.ahead} {
			at := s.at()
			if at.window != 5*time.Second || at.policy.PickupCap != time.Duration(f.fleet)*time.Minute || at.policy.Unserved != 20*time.Minute {
				t.Errorf("%d vehicles: %s", f.fleet, at.flags())
			}
		}
		if p := f.swap.at().policy; p.SwapThreshold != 5*time.Second || p.SwapEvery != 20*time.Second || p.Forward != 0 || p.Name != dispatch.Optimal {
			t.Errorf("%d vehicles: swaps by %+v", f.fleet, p)
		}
		if o, ok := f.mostServed(); !ok || o.set.policy.Forward == 0 {
			t.Errorf("%d vehicles: most served by %s", f.fleet, o.set.flags())
		}
		if f.ahead.at().policy.Forward == 0 || f.greedyAhead.at().policy.Forward == 0 || f.greedyAhead.at().policy.Name != dispatch.Greedy {
			t.Errorf("%d vehicles: nothing is given ahead", f.fleet)
		}
	}
	if most := 2 * allKnobs.size(); len(h.asked) > most {
		t.Errorf("%d trials, at most %d were told of", len(h.asked), most)
	}
	for i, a := range h.asked {
		if slices.ContainsFunc(h.asked[:i], func(b trial) bool { return a.fleet == b.fleet && a.set == b.set }) {
			t.Fatalf("measured twice: %d vehicles, %s", a.fleet, a.set.flags())
		}
	}
}

func TestMeasureRows(t *testing.T) {
	h := &hills{}
	tunes := mustTune(t, h, 8, 12)
	tables, err := measureRows(t.Context(), h.measure, tunes, span{}, seedsAfter(0, 3))
	if err != nil {
		t.Fatal(err)
	}
	for i, table := range tables {
		if table.fleet != tunes[i].fleet || table.greedy().set != tunes[i].greedy.at() || len(table.rows) > rowsPerFleet {
			t.Errorf("%d rows of %d vehicles, the first by %s", len(table.rows), table.fleet, table.greedy().set.flags())
		}
		var limits []int
		for _, r := range table.rows {
			if r.fleet != table.fleet || !slices.Equal(r.seeds, []uint64{1, 2, 3}) || len(r.runs) != 3 {
				t.Errorf("%s has %d runs of %d vehicles, seeds %v", r.name, len(r.runs), r.fleet, r.seeds)
			}
			if p := r.set.policy; p.Swap && p.Forward == 0 && p.Fairness == 0 {
				limits = append(limits, p.MaxSwaps)
			}
		}
		if !slices.Equal(limits, []int{1, 2, 3, -1}) {
			t.Errorf("the curve is over %v swaps", limits)
		}
	}
}
