// Command index measures geo.Index against github.com/tidwall/rtree and prints
// the table of docs/benchmarks.md: the 20 nearest of 10 thousand, 100 thousand
// and a million cars in a city with hot spots, and a car's move. The contenders
// take turns on the same questions, so that what else the machine does falls on
// all of them. Before and after, thousands of answers are compared; one that
// differs fails the run. A goal that was missed is said; it is no failure.
//
// The command is a module of its own, so that the peer is in nobody's way who
// only uses Cabstand.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

type config struct {
	sizes  []int
	seed   uint64
	rounds int
	turn   int // questions in a turn, and moves
	checks int // answers compared, before and after
}

func main() {
	c := config{turn: 20_000, checks: 2000}
	sizes := flag.String("sizes", "10000,100000,1000000", "numbers of cars, separated by commas")
	flag.Uint64Var(&c.seed, "seed", 1, "seed of the city")
	flag.IntVar(&c.rounds, "rounds", 15, "turns of each contender")
	flag.Parse()
	if err := run(c, *sizes, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench/index:", err)
		os.Exit(1)
	}
}

func run(c config, sizes string, out io.Writer) error {
	for s := range strings.SplitSeq(sizes, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < nearest {
			return fmt.Errorf("--sizes %q: numbers from %d are accepted", s, nearest)
		}
		c.sizes = append(c.sizes, n)
	}
	if c.rounds < 1 {
		return fmt.Errorf("--rounds %d: 1 or more are accepted", c.rounds)
	}
	fmt.Fprintf(out, "%s, %s/%s, one of %d cores, %s; bench/index %s\n\n", time.Now().Format(time.DateOnly), runtime.GOOS,
		runtime.GOARCH, runtime.NumCPU(), runtime.Version(), strings.Join(os.Args[1:], " "))
	runtime.GOMAXPROCS(1)
	var results []result
	for _, n := range c.sizes {
		r, err := race(c, newCity(n, c.seed))
		if err != nil {
			return fmt.Errorf("%d cars: %w", n, err)
		}
		results = append(results, r...)
	}
	writeTable(out, results)
	writeGoals(out, results)
	return nil
}
