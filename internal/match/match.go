// Package match decides which driver serves which request: costs in, pairs out.
//
// Costs are integers, milliseconds of pickup time plus what a policy adds, so
// that sums are exact and equal inputs give equal answers on every machine.
//
// Solver finds the assignment of least total cost. Every request and every driver
// has a dual, what it is worth, and a pair may only be made where its cost is the
// sum of the two (see Solution, which proves itself by them). First each request
// bids for the driver that is best for it, as in auction algorithms and in the
// initialisation of Jonker and Volgenant. Then those without a driver grow
// alternating trees until each of them ends at a free driver, or where some
// request is better left unserved (see forest). Rows come lazily: a request asks
// its Source for further arcs only when its dual has risen to the bound of what
// it has not seen. The next problem may start from the duals of this one.
//
// The package is pure: no I/O, no clock, no log.
package match

// Cost is a price in milliseconds of pickup time.
type Cost int64

const (
	// Infinite is the cost of what cannot be. A sum of a few does not overflow.
	Infinite Cost = 1 << 60

	// Dearest is the highest price that a Solver tells from a higher one, 34
	// years: prices beyond ±Dearest count as ±Dearest.
	Dearest Cost = 1 << 40

	// Longest is the highest cost of an arc for a Solver, 24 days. Dearer arcs
	// count as none, and cheaper ones than -Longest cost -Longest.
	Longest Cost = 1<<31 - 1
)

// Rung names the source of travel times that a cost stands on; the better
// sources stand higher on the ladder.
type Rung string

const (
	// Straight is the lowest rung: the straight line times a circuity, at one speed.
	Straight Rung = "straight"
	// Road is the road graph in the process.
	Road Rung = "road"
	// OSRM is a server that answers OSRM's /table.
	OSRM Rung = "osrm"
	// Valhalla is a server that answers Valhalla's /sources_to_targets.
	Valhalla Rung = "valhalla"
)

// Arc says that a request can be served by a driver at a cost. Requests and
// drivers are numbered from 0.
type Arc struct {
	Request int
	Driver  int
	Cost    Cost
}

// None is the driver of a request that stays unserved.
const None = -1
