package dispatch

import (
	"math"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// Regime is what a dispatcher goes by: the policy of its ticks, and the time
// between two of them.
type Regime struct {
	Policy
	Window time.Duration
}

// LongestWindow is how long riders may be let wait before anybody looks for a
// driver.
const LongestWindow = 30 * time.Second

const shortestWindow = time.Millisecond

// Validate names the first field that is not accepted.
func (r Regime) Validate() error {
	if r.Window < shortestWindow || r.Window > LongestWindow {
		return fault.Field("window", "%s is not accepted: %s to %s", r.Window, shortestWindow, LongestWindow)
	}
	return r.Policy.Validate()
}

// Public is the public form of the regime.
func (r Regime) Public() wire.Policy {
	return wire.Policy{
		Policy: r.Name, WindowS: r.Window.Seconds(), PickupCapS: r.PickupCap.Seconds(), UnservedS: r.Unserved.Seconds(),
		Aging: r.Aging, Fairness: r.Fairness,
		Swap: r.Swap, SwapThresholdS: r.SwapThreshold.Seconds(), SwapEveryS: r.SwapEvery.Seconds(),
		SwapLossS: r.SwapLoss.Seconds(), SwapIdle: r.SwapIdle, MaxSwaps: r.MaxSwaps, ForwardS: r.Forward.Seconds(),
	}
}

// RegimeOf reads the public form, to the millisecond. What is not accepted is
// for Validate to find.
func RegimeOf(p wire.Policy) Regime {
	return Regime{Window: span(p.WindowS), Policy: Policy{
		Name: p.Policy, PickupCap: span(p.PickupCapS), Unserved: span(p.UnservedS), Aging: p.Aging, Fairness: p.Fairness,
		Swap: p.Swap, SwapThreshold: span(p.SwapThresholdS), SwapEvery: span(p.SwapEveryS), SwapLoss: span(p.SwapLossS),
		SwapIdle: p.SwapIdle, MaxSwaps: p.MaxSwaps, Forward: span(p.ForwardS),
	}}
}

// longestSpan is beyond everything that Validate accepts: seconds that a
// Duration cannot hold must not come out as ones that it can.
const longestSpan = 1e9

func span(seconds float64) time.Duration {
	seconds = min(max(seconds, -longestSpan), longestSpan)
	return time.Duration(math.Round(seconds*1000)) * time.Millisecond
}

// Regime is what is in force.
func (d *Dispatcher) Regime() Regime { return Regime{d.Policy(), time.Duration(d.window.Load())} }

// SetRegime has every tick from the next on go by r, and come at its window. What
// is not accepted changes nothing; the error, fault.Invalid, names the field. It
// may be called at any time by anybody.
func (d *Dispatcher) SetRegime(r Regime) error {
	if err := r.Validate(); err != nil {
		return err
	}
	d.policy.Store(&r.Policy)
	d.window.Store(int64(r.Window))
	return nil
}
