// Package match decides which driver serves which request: costs in, pairs out.
//
// Costs are integers, milliseconds of pickup time plus what a policy adds, so
// that sums are exact and equal inputs give equal answers on every machine.
//
// The package is pure: no I/O, no clock, no log.
package match

import (
	"cmp"
	"slices"
)

// Cost is a price in milliseconds of pickup time.
type Cost int64

// Rung names the source of travel times that a cost stands on; the better
// sources stand higher on the ladder.
type Rung string

// Straight is the lowest rung: the straight line times a circuity, at one speed.
const Straight Rung = "straight"

// Arc says that a request can be served by a driver at a cost. Requests and
// drivers are numbered from 0.
type Arc struct {
	Request int
	Driver  int
	Cost    Cost
}

// None is the driver of a request that stays unserved.
const None = -1

// Greedy takes the cheapest arc first, then the cheapest of those whose request
// and driver are both still free, and so on. Ties go to the lower request, then
// to the lower driver: hand in requests oldest first. It returns the driver of
// each request, or None. arcs is sorted in place.
func Greedy(requests, drivers int, arcs []Arc) []int {
	slices.SortFunc(arcs, func(a, b Arc) int {
		return cmp.Or(cmp.Compare(a.Cost, b.Cost), cmp.Compare(a.Request, b.Request), cmp.Compare(a.Driver, b.Driver))
	})
	driverOf := make([]int, requests)
	for i := range driverOf {
		driverOf[i] = None
	}
	taken := make([]bool, drivers)
	for _, a := range arcs {
		if driverOf[a.Request] == None && !taken[a.Driver] {
			driverOf[a.Request], taken[a.Driver] = a.Driver, true
		}
	}
	return driverOf
}
