package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/cabstand/cabstand/internal/match"
)

// warmth is what warm starts are worth on one sequence of ticks.
type warmth struct {
	name       string
	churn      float64
	drive      bool            // all drivers have moved since the tick before, so that each cost is another
	warm, cold []time.Duration // of the processor
}

// ticks is how many ticks of a sequence are measured, after the first.
const ticks = 15

// warming runs a sequence of ticks through two solvers on one thread. Both keep
// their memory; only one is told who is who, and so can start warm.
func warming(s size, churn float64, drive bool, seed uint64) (warmth, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	w := warmth{name: s.name, churn: churn, drive: drive}
	town := newScene(s, seed)
	var warm, cold match.Solver
	for i := range ticks + 1 {
		in := town.snapshot().input()
		town.step(churn, drive)
		if err := w.tick(i, in, &warm, &cold); err != nil {
			return warmth{}, fmt.Errorf("%s, churn %v, tick %d: %w", s.name, churn, i, err)
		}
	}
	return w, nil
}

// tick has both solvers solve the same problem; who begins alternates.
func (w *warmth) tick(i int, in input, warm, cold *match.Solver) (err error) {
	var a, b answer
	runtime.GC()
	if i%2 == 0 {
		a, err = timed(warm, in.tick)
	}
	if err == nil {
		b, err = timed(cold, in.problem)
	}
	if err == nil && i%2 == 1 {
		a, err = timed(warm, in.tick)
	}
	switch {
	case err != nil:
		return err
	case a.cost != b.cost:
		return fmt.Errorf("warm finds the least cost %d, cold %d", a.cost, b.cost)
	case i > 0: // the first has nothing to start from
		w.warm, w.cold = append(w.warm, a.cpu), append(w.cold, b.cpu)
	}
	return nil
}

// ratio is a warm tick over a cold one, by their medians.
func (w warmth) ratio() float64 { return spreadOf(w.warm).over(spreadOf(w.cold)) }
