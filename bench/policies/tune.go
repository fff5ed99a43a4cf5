package main

import (
	"context"
	"slices"

	"github.com/cabstand/cabstand/internal/dispatch"
)

// What the goal says.
const (
	tolerance    = 0.002 // served shares within this are equal
	wantedWait   = 0.80  // of greedy's mean wait, at an equal served share
	wantedShare  = 0.015 // more served, at an equal wait
	leastShare   = 0.995 // of greedy's served share, whatever else
	meanSwaps    = 1.0   // a trip
	mostSwaps    = 3     // of any one trip
	tuningMargin = 0.001 // what is tuned keeps so close, to be within the tolerance on other seeds, too
)

// rule picks the best of what was tried, of which there is at least one.
type rule func(pool []outcome) outcome

// greedyRule is how greedy is at its best: the lowest mean wait among those that
// serve as many, within the tolerance, as the one that serves the most.
func greedyRule(pool []outcome) outcome {
	return lowestWait(pool, mostServed(pool).share()-tolerance)
}

// ourRule is the lowest mean wait among those that serve as many as greedy does.
// If none does, it is the one that serves the most.
func ourRule(greedy float64) rule {
	return func(pool []outcome) outcome {
		pool = allowed(pool)
		if most := mostServed(pool); most.share() < greedy-tuningMargin {
			return most
		}
		return lowestWait(pool, greedy-tuningMargin)
	}
}

// allowed is those that keep to the goal's number of exchanges; all, if none
// does.
func allowed(pool []outcome) []outcome {
	some := slices.DeleteFunc(slices.Clone(pool), func(o outcome) bool { return !o.modest() })
	if len(some) == 0 {
		return pool
	}
	return some
}

// modest reports whether the exchanges are no more than the goal allows.
func (o outcome) modest() bool {
	return o.sum.SwapsPerTrip.Mean <= meanSwaps && o.swapsMost() <= mostSwaps
}

func mostServed(pool []outcome) outcome {
	best := pool[0]
	for _, o := range pool[1:] {
		if o.share() > best.share() {
			best = o
		}
	}
	return best
}

// lowestWait is the lowest among those that serve the share, of which there has
// to be one.
func lowestWait(pool []outcome, share float64) (best outcome) {
	for _, o := range pool {
		if o.share() >= share && (best.runs == nil || o.wait() < best.wait()) {
			best = o
		}
	}
	return best
}

// search is the tuning of one kind of policy for one fleet size.
type search struct {
	fleet int
	rule  rule
	from  setting // where it begins
	pool  []outcome
}

// best is the best so far.
func (s *search) best() outcome { return s.rule(s.pool) }

// at is where the next step goes from.
func (s *search) at() setting {
	if len(s.pool) == 0 {
		return s.from
	}
	return s.best().set
}

func (s *search) tried(set setting) bool {
	return slices.ContainsFunc(s.pool, func(o outcome) bool { return o.set == set })
}

// tuned is what the tuning found for one fleet size.
type tuned struct {
	fleet                                     int
	greedy, greedyAhead, optimal, swap, ahead *search
}

// tuner tunes both sides, for all fleet sizes at once.
type tuner struct {
	measure measure
	span    span
	seeds   []uint64
	knobs   knobs
}

// tune goes the same way with both sides: first greedy, then ours against it.
func (t tuner) tune(ctx context.Context, fleets []int) ([]*tuned, error) {
	all := make([]*tuned, len(fleets))
	for i, fleet := range fleets {
		all[i] = &tuned{fleet: fleet, greedy: &search{fleet: fleet, rule: greedyRule, from: plain(dispatch.Greedy)}}
	}
	for _, stage := range []struct {
		name string
		next func(*tuned) *search
		with func(ctx context.Context, what string, all []*search) error
	}{
		{"greedy", func(f *tuned) *search { return f.greedy }, t.fully},
		{"greedy with trips ahead", (*tuned).beginGreedyAhead, t.further},
		{"optimal", (*tuned).beginOptimal, t.fully},
		{"swaps", (*tuned).beginSwap, t.exchanging},
		{"swaps with trips ahead", (*tuned).beginAhead, t.further},
	} {
		var searches []*search
		for _, f := range all {
			searches = append(searches, stage.next(f))
		}
		if err := stage.with(ctx, stage.name, searches); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (f *tuned) ours() rule { return ourRule(f.greedy.best().share()) }

func (f *tuned) beginGreedyAhead() *search {
	f.greedyAhead = &search{fleet: f.fleet, rule: greedyRule, from: f.greedy.at()}
	return f.greedyAhead
}

func (f *tuned) beginOptimal() *search {
	f.optimal = &search{fleet: f.fleet, rule: f.ours(), from: plain(dispatch.Optimal)}
	return f.optimal
}

func (f *tuned) beginSwap() *search {
	f.swap = &search{fleet: f.fleet, rule: f.ours(), from: swapping(f.optimal.at())}
	return f.swap
}

func (f *tuned) beginAhead() *search {
	f.ahead = &search{fleet: f.fleet, rule: f.ours(), from: f.swap.at()}
	return f.ahead
}

// mostServed is, of all of ours, the one that serves the most while its riders
// wait no longer than greedy's; false if there is none.
func (f *tuned) mostServed() (outcome, bool) {
	var pool []outcome
	for _, o := range allowed(slices.Concat(f.optimal.pool, f.swap.pool, f.ahead.pool)) {
		if o.wait() <= f.greedy.best().wait() {
			pool = append(pool, o)
		}
	}
	if len(pool) == 0 {
		return outcome{}, false
	}
	return mostServed(pool), true
}

// fully tries every window with every cap, and then the other knobs.
func (t tuner) fully(ctx context.Context, what string, all []*search) error {
	if err := t.step(ctx, what+": window and cap", all, func(s *search) []setting { return t.knobs.grid(s.from) }); err != nil {
		return err
	}
	return t.turn(ctx, what, all, t.knobs.common)
}

func (t tuner) exchanging(ctx context.Context, what string, all []*search) error {
	return t.turn(ctx, what, all, t.knobs.swap)
}

// further tries to give trips ahead.
func (t tuner) further(ctx context.Context, what string, all []*search) error {
	return t.turn(ctx, what, all, []knob{trying("forward", setForward, t.knobs.forward...)})
}

// turn turns one knob after the other, each from the best that there is.
func (t tuner) turn(ctx context.Context, what string, all []*search, by []knob) error {
	for _, k := range by {
		err := t.step(ctx, what+": "+k.name, all, func(s *search) (next []setting) {
			for _, set := range k.try {
				at := s.at()
				set(&at)
				next = append(next, at)
			}
			return next
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// step measures what the searches propose and have not tried yet.
func (t tuner) step(ctx context.Context, what string, all []*search, propose func(*search) []setting) error {
	var trials []trial
	var whose []*search
	for _, s := range all {
		for _, set := range propose(s) {
			if !s.tried(set) {
				trials = append(trials, trial{fleet: s.fleet, set: set, span: t.span, seeds: t.seeds})
				whose = append(whose, s)
			}
		}
	}
	outcomes, err := t.measure(ctx, "tuning "+what, trials)
	for i, o := range outcomes {
		whose[i].pool = append(whose[i].pool, o)
	}
	return err
}
