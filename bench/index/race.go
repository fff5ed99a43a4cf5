package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// result is what one contender took at one size.
type result struct {
	name           string
	cars           int
	asked, moved   []float64 // nanoseconds of the processor each, a turn; in rising order
	askAllocations float64
	movAllocations float64
}

func median(sorted []float64) float64 { return sorted[len(sorted)/2] }

// race lets the contenders take turns, with answers compared before and after.
func race(c config, city *city) ([]result, error) {
	all := contenders()
	results := make([]result, len(all))
	for i, k := range all {
		k.fill(city.cars)
		results[i] = result{name: k.name(), cars: len(city.cars)}
	}
	if err := compare(all, city, c.checks); err != nil {
		return nil, err
	}
	for round := range c.rounds {
		riders, moves := city.riders(c.turn), city.drive(c.turn)
		for turn := range all {
			i := (turn + round) % len(all)
			results[i].turn(func() (asked, moved cost) {
				asked = measure(c.turn, func() {
					for _, p := range riders {
						all[i].ask(p, nil)
					}
				})
				moved = measure(c.turn, func() { all[i].move(city.cars, moves) })
				return asked, moved
			})
		}
	}
	for i := range results {
		slices.Sort(results[i].asked)
		slices.Sort(results[i].moved)
	}
	return results, compare(all, city, c.checks)
}

// turn takes down what a turn cost; of allocations the least, since the runtime
// makes some of its own.
func (r *result) turn(take func() (asked, moved cost)) {
	runtime.GC() // nobody pays for the one before
	asked, moved := take()
	if len(r.asked) == 0 {
		r.askAllocations, r.movAllocations = math.Inf(1), math.Inf(1)
	}
	r.asked, r.moved = append(r.asked, asked.nanos), append(r.moved, moved.nanos)
	r.askAllocations = min(r.askAllocations, asked.allocations)
	r.movAllocations = min(r.movAllocations, moved.allocations)
}

// compare holds the distances of the nearest cars against each other.
func compare(all []contender, city *city, checks int) error {
	for _, from := range city.riders(checks) {
		want := all[0].ask(from, []float64{})
		for _, k := range all[1:] {
			if got := k.ask(from, []float64{}); k.exact() && !alike(got, want) {
				return fmt.Errorf("near %v %s finds %v, %s finds %v", from, k.name(), got, all[0].name(), want)
			}
		}
	}
	return nil
}

// alike lets a micrometre pass, for rounding.
func alike(a, b []float64) bool {
	return len(a) == nearest && slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) < 1e-6 })
}

// cost is of one operation: processor time, which says the same on a busy machine
// as on an idle one, and allocations.
type cost struct{ nanos, allocations float64 }

func measure(operations int, do func()) cost {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := processor()
	do()
	took := processor() - start
	runtime.ReadMemStats(&after)
	n := float64(operations)
	return cost{float64(took.Nanoseconds()) / n, float64(after.Mallocs-before.Mallocs) / n}
}

// processor is the processor time that this program has used.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(fmt.Sprintf("getrusage of this process: %v", err)) // it cannot fail
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func writeTable(w io.Writer, results []result) {
	fmt.Fprintln(w, "| cars | index | 20 nearest, µs | over rtree | allocations | a move, ns | over rtree | allocations |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|")
	for _, r := range results {
		peer := peerOf(results, r.cars)
		fmt.Fprintf(w, "| %d | %s | %s | %.3f | %.2f | %s | %.3f | %.2f |\n", r.cars, r.name,
			spread(r.asked, 1000, 2), median(r.asked)/median(peer.asked), r.askAllocations,
			spread(r.moved, 1, 0), median(r.moved)/median(peer.moved), r.movAllocations)
	}
	fmt.Fprintln(w)
}

// spread is the middle and the ends of what was measured.
func spread(sorted []float64, unit float64, digits int) string {
	return fmt.Sprintf("%.*f (%.*f–%.*f)", digits, median(sorted)/unit, digits, sorted[0]/unit, digits, sorted[len(sorted)-1]/unit)
}

func peerOf(results []result, cars int) result {
	return results[slices.IndexFunc(results, func(r result) bool { return r.cars == cars && r.name == peerName })]
}

// writeGoals says of each goal whether it was met.
func writeGoals(w io.Writer, results []result) {
	for _, r := range results {
		if r.name != oursName {
			continue
		}
		peer := peerOf(results, r.cars)
		writeGoal(w, fmt.Sprintf("index_nearest20_vs_rtree_%d", r.cars), median(r.asked)/median(peer.asked), 0.15)
		writeGoal(w, fmt.Sprintf("index_update_vs_rtree_%d", r.cars), median(r.moved)/median(peer.moved), 0.25)
		writeGoal(w, fmt.Sprintf("index_allocations_per_query_%d", r.cars), r.askAllocations, 0)
	}
}

func writeGoal(w io.Writer, name string, measured, target float64) {
	verdict := "missed"
	if measured <= target {
		verdict = "met"
	}
	fmt.Fprintf(w, "goal %s measured %.3f target <=%g %s\n", name, measured, target, verdict)
}
