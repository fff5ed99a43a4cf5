package replay

import (
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/dispatch"
)

// TestScenario_Policies lets each policy loose on a crowded city, with all that
// it can do, and looks whether it did it.
func TestScenario_Policies(t *testing.T) {
	quiet := mustRun(t, crowded(200, 30), 1)
	for name, c := range map[string]struct {
		change func(*dispatch.Policy)
		check  func(t *testing.T, r Run)
	}{
		"Fifo":   {func(p *dispatch.Policy) { p.Name = dispatch.Fifo }, func(*testing.T, Run) {}},
		"Greedy": {func(p *dispatch.Policy) { p.Name = dispatch.Greedy }, func(*testing.T, Run) {}},
		"Swap": {func(p *dispatch.Policy) { p.Swap, p.MaxSwaps, p.SwapThreshold = true, 2, time.Second }, func(t *testing.T, r Run) {
			if r.SwapsPerTrip == 0 || r.SwapsMost > 2 {
				t.Errorf("%v swaps a trip, %d at most", r.SwapsPerTrip, r.SwapsMost)
			}
		}},
		"SwapIdle": {func(p *dispatch.Policy) { p.Swap, p.SwapIdle, p.MaxSwaps = true, true, -1 }, func(t *testing.T, r Run) {
			if r.SwapsPerTrip == 0 {
				t.Error("no swaps")
			}
		}},
		"Forward": {func(p *dispatch.Policy) { p.Forward = 2 * time.Minute }, func(t *testing.T, r Run) {
			if r.Forwards == 0 || quiet.Forwards != 0 {
				t.Errorf("%d offers to drivers with a rider, %d when it is off", r.Forwards, quiet.Forwards)
			}
		}},
		"ForwardAndSwap": {func(p *dispatch.Policy) { p.Forward, p.Swap, p.MaxSwaps = 2*time.Minute, true, 3 }, func(*testing.T, Run) {}},
	} {
		t.Run(name, func(t *testing.T) {
			s := crowded(200, 30)
			c.change(&s.Dispatch.Policy)
			r := mustRun(t, s, 1)
			for range 3 { // what goes by the order of a map shows now and then
				wantSame(t, r, mustRun(t, s, 1))
			}
			if r.DecisionHash == quiet.DecisionHash {
				t.Error("it decides like the plain policy")
			}
			if r.Served+r.Cancelled+r.Expired != r.Requests {
				t.Errorf("requests are missing: %+v", r)
			}
			if r.Replaced > 0 { // in here nobody is held up
				t.Errorf("%d drivers were late for a trip that they were given ahead", r.Replaced)
			}
			c.check(t, r)
		})
	}
}
