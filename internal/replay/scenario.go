package replay

import (
	"context"
	"time"

	"github.com/cabstand/cabstand/internal/dispatch"
)

// Scenario is what happens, whatever the policy and the seed. It is only read
// while it runs, so that several runs may go on side by side.
type Scenario struct {
	From, To  time.Time // requests are made from From on, before To
	Orders    []Order   // in that time, the earliest first, see Prepare
	Fleet     int       // drivers who start where recorded riders got off, where Starters is empty
	Starters  []Starter
	Network   Network
	Dispatch  dispatch.Config // ID and the limits of freshness are set by the run
	Behaviour Behaviour

	// Stopwatch tells real time, to measure ticks by; nil measures none. It
	// decides nothing.
	Stopwatch func() time.Duration
	// Progress is told how much of the time has passed, 0 to 1; it may be nil.
	Progress func(share float64)

	everyTick bool // also those that cannot change anything; for tests
}

// Run replays the scenario with one seed. An error is a fault of the program, or
// ctx's.
func (s *Scenario) Run(ctx context.Context, seed uint64) (Run, error) {
	w := newWorld(s, seed)
	defer w.travel.Close()
	if err := w.run(ctx); err != nil {
		return Run{}, err
	}
	return w.tally.run(w), nil
}

// starters is who drives.
func (s *Scenario) starters(d dice) []Starter {
	if len(s.Starters) > 0 || len(s.Orders) == 0 {
		return s.Starters
	}
	return sampled(s.Fleet, s.Orders, s.From, d)
}
