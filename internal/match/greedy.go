package match

import (
	"cmp"
	"slices"
)

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
