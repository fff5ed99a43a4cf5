package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"
)

// result is what one contender took for one matrix.
type result struct {
	name   string
	places int
	took   []time.Duration // of the processor, in rising order
	wall   []time.Duration // in rising order
}

func median(times []time.Duration) time.Duration { return times[len(times)/2] }

// rate is cells a second of the processor, in millions.
func (r result) rate() float64 {
	return float64(r.places*r.places) / median(r.took).Seconds() / 1e6
}

// race lets the contenders take turns. The rare ones have theirs spread evenly
// among the rounds, the only one in the middle.
func race(q question, contenders []contender, rounds, rareRounds int) ([]result, error) {
	results := make([]result, len(contenders))
	for i, c := range contenders {
		results[i] = result{name: c.name, places: len(q.from)}
	}
	for round := range rounds {
		for i, c := range contenders {
			if c.rare && !hasTurn(round, rounds, rareRounds) {
				continue
			}
			runtime.GC() // nobody pays for the one before
			took, err := c.solve(q)
			if err != nil {
				return nil, fmt.Errorf("%s, %d places: %w", c.name, len(q.from), err)
			}
			results[i].took = append(results[i].took, took.processor)
			results[i].wall = append(results[i].wall, took.wall)
		}
	}
	for i := range results {
		slices.Sort(results[i].took)
		slices.Sort(results[i].wall)
	}
	return results, nil
}

// hasTurn spreads so many turns over the rounds.
func hasTurn(round, rounds, turns int) bool {
	for turn := range turns {
		if round == (2*turn+1)*rounds/(2*turns) {
			return true
		}
	}
	return false
}

func writeTable(w io.Writer, results []result) {
	fmt.Fprintln(w, "| matrix | by | turns | ms, median (least to most) | ms on the wall | million cells a second |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|")
	for _, r := range results {
		fmt.Fprintf(w, "| %d x %d | %s | %d | %s (%s to %s) | %s | %.3f |\n", r.places, r.places, r.name, len(r.took),
			millis(median(r.took)), millis(r.took[0]), millis(r.took[len(r.took)-1]), millis(median(r.wall)), r.rate())
	}
	fmt.Fprintln(w)
}

func millis(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()*1000) }

// writeGoals says of each goal of the issue whether it was met, at 1000 x 1000.
func writeGoals(w io.Writer, results []result) {
	at := func(name string) result {
		return results[slices.IndexFunc(results, func(r result) bool { return r.name == name && r.places == 1000 })]
	}
	ours, peer := at(oursMatrix), at(peerMatrix)
	writeGoal(w, "eta_cells_vs_lddl_1000", ours.rate()/peer.rate(), 100)
	writeGoal(w, "eta_mcells_per_s_core", ours.rate(), 5)
}

func writeGoal(w io.Writer, name string, measured, target float64) {
	verdict := "missed"
	if measured >= target {
		verdict = "met"
	}
	fmt.Fprintf(w, "goal %s measured %.1f target >=%g %s\n", name, measured, target, verdict)
}
