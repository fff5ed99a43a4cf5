package match_test

import "github.com/cabstand/cabstand/internal/match"

// flow is the least total by successive shortest paths of a minimum-cost flow,
// found by Bellman and Ford's algorithm: it has no duals, no heap and no lazy
// rows, and so none of the solver's mistakes.
func flow(in instance) match.Cost {
	requests := len(in.unserved)
	driverOf := make([]int, requests)
	total := match.Cost(0)
	for i := range driverOf {
		driverOf[i] = match.None
		total += cut(in.unserved[i])
	}
	for {
		saved := improve(in, driverOf)
		if saved == 0 {
			return total
		}
		total -= saved
	}
}

// improve finds the driver whose taking into service saves most, over all
// alternating paths, and does it. It returns what that saves, 0 for nothing.
//
// Nodes are drivers; at a driver's node stands the least total that the path up
// to there adds, the driver being free again at its end.
func improve(in instance, driverOf []int) match.Cost {
	const far = match.Infinite
	gain := make([]match.Cost, in.drivers) // cost of giving driver j another request
	via := make([]int, in.drivers)
	next := make([]int, in.drivers) // the driver that the request had; None: it was unserved
	paired := pairCosts(in, driverOf)
	for j := range gain {
		gain[j], via[j], next[j] = 0, -1, match.None
		if requestOf(driverOf, j) >= 0 {
			gain[j] = far // it has a request, and may only take another when that one is taken over
		}
	}
	// gain[j] is the least cost of a chain by which j ends up free, having been
	// idle at first or been relieved: extend it by a request that j takes over.
	for changed := true; changed; {
		changed = false
		for _, a := range in.arcs {
			if gain[a.Driver] == far || driverOf[a.Request] == a.Driver || driverOf[a.Request] == match.None {
				continue
			}
			relieved := driverOf[a.Request]
			cost := gain[a.Driver] + counted(a.Cost) - paired[a.Request]
			if cost < gain[relieved] {
				gain[relieved], via[relieved], next[relieved] = cost, a.Request, a.Driver
				changed = true
			}
		}
	}
	best, bestRequest, bestDriver := match.Cost(0), -1, -1
	for _, a := range in.arcs {
		if driverOf[a.Request] != match.None || gain[a.Driver] == far {
			continue
		}
		if cost := gain[a.Driver] + counted(a.Cost) - cut(in.unserved[a.Request]); cost < best {
			best, bestRequest, bestDriver = cost, a.Request, a.Driver
		}
	}
	if bestRequest < 0 {
		return 0
	}
	for r, j := bestRequest, bestDriver; ; r, j = via[j], next[j] {
		driverOf[r] = j
		if via[j] < 0 {
			return -best
		}
	}
}

func requestOf(driverOf []int, j int) int {
	for i, d := range driverOf {
		if d == j {
			return i
		}
	}
	return -1
}

// pairCosts is what each served request costs now, by its cheapest arc.
func pairCosts(in instance, driverOf []int) []match.Cost {
	costs := make([]match.Cost, len(driverOf))
	for i := range costs {
		costs[i] = match.Infinite
	}
	for _, a := range in.arcs {
		if driverOf[a.Request] == a.Driver {
			costs[a.Request] = min(costs[a.Request], counted(a.Cost))
		}
	}
	return costs
}
