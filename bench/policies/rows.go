package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/cabstand/cabstand/internal/dispatch"
)

// row is a policy of the final figures.
type row struct {
	name string
	ours bool // it may win
	outcome
}

// table is the final figures of one fleet size.
type table struct {
	fleet int
	rows  []row
}

const (
	rowGreedy = "greedy"
	rowServed = "the one that serves most"
	// rowsPerFleet is the most that there are.
	rowsPerFleet = 12
)

// measureRows measures what was tuned on other seeds, for all fleet sizes.
func measureRows(ctx context.Context, find measure, all []*tuned, s span, seeds []uint64) ([]table, error) {
	var tables []table
	var trials []trial
	for _, f := range all {
		t := table{fleet: f.fleet, rows: f.rows()}
		for i := range t.rows {
			t.rows[i].trial = trial{fleet: f.fleet, set: t.rows[i].set, span: s, seeds: seeds}
			trials = append(trials, t.rows[i].trial)
		}
		tables = append(tables, t)
	}
	outcomes, err := find(ctx, "final figures", trials)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		for i := range t.rows {
			t.rows[i].outcome, outcomes = outcomes[0], outcomes[1:]
		}
	}
	return tables, nil
}

// rows is what is measured in the end. The exchanges differ only in how many of
// them a trip may go through.
func (f *tuned) rows() (rows []row) {
	add := func(name string, ours bool, s setting) {
		if !slices.ContainsFunc(rows, func(r row) bool { return r.set == s }) {
			rows = append(rows, row{name: name, ours: ours, outcome: outcome{trial: trial{set: s}}})
		}
	}
	greedy, swap, ahead := f.greedy.at(), f.swap.at(), f.ahead.at()
	fifo := greedy
	fifo.policy.Name = dispatch.Fifo
	add(rowGreedy, false, greedy)
	add("fifo", false, fifo)
	add("greedy, trips ahead", false, f.greedyAhead.at())
	add("optimal, 0 swaps", true, f.optimal.at())
	for _, most := range []int{1, 2, 3, -1} {
		s := swap
		setMost(&s, most)
		add("optimal, "+swaps(most), true, s)
	}
	add("optimal, "+swaps(ahead.policy.MaxSwaps)+", trips ahead", true, ahead)
	if o, ok := f.mostServed(); ok {
		add(rowServed, true, o.set)
	}
	for _, weight := range []float64{0.1, 0.5} {
		s := swap
		s.policy.Fairness = weight
		add(fmt.Sprintf("optimal, %s, fairness %g", swaps(swap.policy.MaxSwaps), weight), false, s)
	}
	return rows
}

func swaps(most int) string {
	switch {
	case most < 0:
		return "unlimited swaps"
	case most == 1:
		return "1 swap"
	default:
		return fmt.Sprintf("%d swaps", most)
	}
}

// greedy is the row that all others are held against.
func (t table) greedy() row { return t.rows[0] }

// verdict is how one fleet size stands to the goal.
type verdict struct {
	fleet int
	// The lowest wait of ours at an equal served share, over greedy's, and whose;
	// greedy's own if none serves as many.
	wait   float64
	waitBy row
	// How much more ours serve at most while riders wait no longer, and whose; 0
	// and greedy if none does.
	gain   float64
	gainBy row
	// Of ours, the one that serves the most.
	closest row
}

// better reports whether either half of the goal is met.
func (v verdict) better() bool { return v.wait <= wantedWait || v.gain >= wantedShare }

// winner is the row that the verdict is about: the one by which the goal is met,
// or else comes closest to it.
func (v verdict) winner() row {
	switch {
	case v.gain >= wantedShare && v.wait > wantedWait:
		return v.gainBy
	case v.wait < 1:
		return v.waitBy
	default:
		return v.closest
	}
}

func (t table) verdict() verdict {
	greedy := t.greedy()
	v := verdict{fleet: t.fleet, wait: 1, waitBy: greedy, gainBy: greedy}
	for _, r := range t.rows {
		if !r.ours || !r.modest() {
			continue
		}
		if v.closest.runs == nil || r.share() > v.closest.share() {
			v.closest = r
		}
		if wait := r.wait() / greedy.wait(); r.share() >= greedy.share()-tolerance && wait < v.wait {
			v.wait, v.waitBy = wait, r
		}
		if gain := r.share() - greedy.share(); r.wait() <= greedy.wait() && gain > v.gain {
			v.gain, v.gainBy = gain, r
		}
	}
	return v
}
