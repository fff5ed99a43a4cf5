package match

// Source delivers the arcs of a problem request by request, as far as the
// solver needs them.
type Source interface {
	// More appends further arcs of the request to dst, in any order, and returns
	// a lower bound of the cost of each arc of it that is not delivered yet:
	// Infinite when there are none. Each arc is delivered once. A call may
	// deliver none, but enough calls must deliver all.
	More(request int, dst []Arc) (arcs []Arc, bound Cost)
}

// Problem asks which driver serves which request, each driver at most one, so
// that the costs of the pairs and the prices of the requests left over have the
// least sum.
type Problem struct {
	// Unserved is the price of leaving each request unserved. Arcs that cost as
	// much or more never matter.
	Unserved []Cost
	// Drivers is their number; those of the arcs are 0 to Drivers-1.
	Drivers int
	Arcs    Source

	// RequestKeys and DriverKeys say who the numbers are, so that a Solver
	// starts from what the same ones were worth the last time. Without them, or
	// where they are too few, it starts cold. They change how long a solve takes,
	// and which one of several equally good solutions it finds.
	RequestKeys, DriverKeys []uint64
}

// Solution is an assignment of least total cost, and the proof of it: duals
// with
//
//	RequestDual[i] + DriverDual[j] <= cost of each arc (i, j), equal on pairs
//	RequestDual[i] <= Unserved[i], equal where i is unserved
//	DriverDual[j]  <= 0, equal where j is idle
//
// By the first column no assignment can cost less than the sum of all duals, by
// the second this one costs just that. Without request i the total would fall by
// RequestDual[i] at most, without driver j rise by -DriverDual[j] at least.
type Solution struct {
	DriverOf                []int // of each request; None where it is unserved
	Total                   Cost
	RequestDual, DriverDual []Cost
}

// matters says whether an arc of this cost can be part of a solution where
// leaving its request unserved has the given price.
func matters(cost, price Cost) bool { return cost < price && cost <= Longest }

// counted is what an arc of this cost counts as, if it matters.
func counted(cost Cost) Cost { return max(cost, -Longest) }

// price is what leaving request i unserved counts as.
func (p *Problem) price(i int) Cost {
	return min(max(p.Unserved[i], -Dearest), Dearest)
}
