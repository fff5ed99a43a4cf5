package dispatch

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/match"
)

// The ways of pairing requests and drivers.
const (
	Fifo    = "fifo"    // the oldest request first takes its nearest free driver
	Greedy  = "greedy"  // the pair that saves most first: the closest, when all have waited as long
	Optimal = "optimal" // all at once, at the least total
)

// Policies are the ways of pairing that there are.
var Policies = []string{Fifo, Greedy, Optimal}

// Policy is how a tick weighs requests and drivers.
//
// A pair costs the time to the pickup, plus what Fairness adds. A request that is
// left unserved costs Unserved and Aging for each second that it has waited: the
// longer it waits the more others give way to it, so that none starves. Optimal
// seeks the least sum of both; Greedy takes the pair first whose cost is furthest
// below the price of leaving its request unserved; Fifo goes by age alone.
type Policy struct {
	Name      string
	PickupCap time.Duration // a longer way to the pickup is not offered
	Unserved  time.Duration // price of leaving a request unserved; 0: PickupCap
	Aging     float64       // seconds of that price gained for each second waited
	Fairness  float64       // seconds of pickup that a second of a driver's idling outweighs, up to FairnessBound of idling

	Swap          bool          // exchange the drivers of trips before pickup
	SwapThreshold time.Duration // an exchange saves more than this for each trip that it changes
	SwapEvery     time.Duration // between two looks for exchanges
	SwapLoss      time.Duration // no rider waits longer by more than this for the good of others; 0: no limit
	SwapIdle      bool          // also give an assigned trip to a free driver, and an open trip a driver on the way to another, unasked
	MaxSwaps      int           // of one trip; negative: no limit

	Forward time.Duration // a driver is offered the next trip when the ride has no more than this to go; 0: never
}

// DefaultPolicy suits a city live. Its exchanges, when they are switched on,
// concern drivers who are on the way to a rider anyway.
var DefaultPolicy = Policy{
	Name: Optimal, PickupCap: 20 * time.Minute, Aging: 1,
	SwapThreshold: 20 * time.Second, SwapEvery: 10 * time.Second, SwapLoss: 2 * time.Minute, MaxSwaps: 1,
	Forward: time.Minute,
}

// FairnessBound is the idling beyond which a driver gains nothing more: without
// it somebody far from all demand would sooner or later outweigh any distance.
const FairnessBound = 10 * time.Minute

const (
	longestPrice   = 24 * time.Hour
	longestForward = 10 * time.Minute
	highestWeight  = 1000
)

// Validate names the first field that is not accepted.
func (p Policy) Validate() error {
	switch {
	case !slices.Contains(Policies, p.Name):
		return fault.Field("policy", "%q is not accepted: fifo, greedy or optimal", p.Name)
	case p.PickupCap <= 0 || p.PickupCap > longestPrice:
		return fault.Field("pickup_cap", "%s is not accepted: above 0, at most %s", p.PickupCap, longestPrice)
	case p.Unserved < 0 || p.Unserved > longestPrice:
		return fault.Field("unserved", "%s is not accepted: 0 to %s", p.Unserved, longestPrice)
	case !weight(p.Aging):
		return fault.Field("aging", "%g is not accepted: 0 to %d", p.Aging, highestWeight)
	case !weight(p.Fairness):
		return fault.Field("fairness", "%g is not accepted: 0 to %d", p.Fairness, highestWeight)
	case p.SwapThreshold < 0 || p.SwapThreshold > longestPrice:
		return fault.Field("swap_threshold", "%s is not accepted: 0 to %s", p.SwapThreshold, longestPrice)
	case p.SwapLoss < 0 || p.SwapLoss > longestPrice:
		return fault.Field("swap_loss", "%s is not accepted: 0 to %s", p.SwapLoss, longestPrice)
	case p.Swap && p.SwapEvery <= 0:
		return fault.Field("swap_every", "%s is not accepted: above 0", p.SwapEvery)
	case p.Forward < 0 || p.Forward > longestForward:
		return fault.Field("forward", "%s is not accepted: 0 to %s", p.Forward, longestForward)
	}
	return nil
}

func weight(w float64) bool { return w >= 0 && w <= highestWeight }

// unserved is the price of leaving a request unserved that has waited so long.
// What Fairness adds to every pair is added here too, so that it weighs drivers
// against each other and not against riders. However long somebody waits, it
// stays below the price of taking a driver away from a rider who has one.
func (p *Policy) unserved(waited time.Duration) match.Cost {
	base := costOf(cmp.Or(p.Unserved, p.PickupCap))
	return min(base+weighed(p.Aging, max(waited, 0))+weighed(p.Fairness, FairnessBound), mustServe/10)
}

// unfair is what a pair costs for passing over drivers who have been idle for
// longer than this one.
func (p *Policy) unfair(idle time.Duration) match.Cost {
	if p.Fairness == 0 {
		return 0
	}
	return weighed(p.Fairness, FairnessBound-min(max(idle, 0), FairnessBound))
}

func weighed(weight float64, d time.Duration) match.Cost {
	return match.Cost(math.Round(weight * float64(d.Milliseconds())))
}

func costOf(d time.Duration) match.Cost { return match.Cost(d.Milliseconds()) }

func durationOf(c match.Cost) time.Duration { return time.Duration(c) * time.Millisecond }
