// Command eta measures travel times by internal/road against the many-to-many
// search of github.com/LdDl/ch, on Manhattan's road graph and one core, and
// prints the table of docs/benchmarks.md. The contenders take turns on the same
// questions, so that what else the machine does falls on all of them. Every cell
// of every turn is held against plain Dijkstra; one that differs fails the run. A
// goal that was missed is said; it is no failure of the run.
//
// Where the recorded data is absent it says so and ends well: the data is no part
// of the project. The command is a module of its own, so that the peer is in
// nobody's way who only uses Cabstand.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"time"
)

type config struct {
	data       string // folder of the recorded data
	column     string // of the links: driving times
	seed       uint64
	rounds     int // turns of ours
	peerRounds int // turns of the peer at 1000 x 1000, where it takes a minute or two
}

func main() {
	var c config
	flag.StringVar(&c.data, "data", cmp.Or(os.Getenv("CABSTAND_DATA"), "../shared/data"), "folder of the recorded data")
	flag.StringVar(&c.column, "links-column", "seconds_20h", "column of driving times")
	flag.Uint64Var(&c.seed, "seed", 1, "seed of the places")
	flag.IntVar(&c.rounds, "rounds", 15, "turns of each contender")
	flag.IntVar(&c.peerRounds, "peer-rounds", 1, "turns of the peer at 1000 x 1000, a minute or two each")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	if err := bench(c, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench/eta:", err)
		os.Exit(1)
	}
}

func bench(c config, out io.Writer) error {
	if c.rounds < 1 || c.peerRounds < 1 || c.peerRounds > c.rounds {
		return fmt.Errorf("--rounds %d, --peer-rounds %d: 1 or more are accepted, and no more for the peer", c.rounds, c.peerRounds)
	}
	g, err := openGraph(c.data, c.column)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(out, "skipped: no recorded data in %s; CABSTAND_DATA names its folder\n", c.data)
		return nil
	}
	if err != nil {
		return err
	}
	hierarchy, prepared := newOurs(g)
	peer, peerPrepared, err := newPeer(g)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, %s/%s, one of %d cores, %s; %s\n", time.Now().Format(time.DateOnly), runtime.GOOS,
		runtime.GOARCH, runtime.NumCPU(), runtime.Version(), strings.Join(append([]string{"bench/eta"}, os.Args[1:]...), " "))
	fmt.Fprintf(out, "%d nodes, %d edges; prepared in %v of the processor with %d shortcuts, LdDl/ch in %v with %d\n\n", g.Len(), g.Edges(),
		prepared.Round(time.Millisecond), hierarchy.Shortcuts(), peerPrepared.Round(time.Millisecond), peer.graph.GetShortcutsNum())
	var results []result
	for _, s := range []size{{100, c.rounds}, {1000, c.peerRounds}} {
		r, err := race(newQuestion(g, s.places, c.seed), contenders(hierarchy, peer), c.rounds, s.peerRounds)
		if err != nil {
			return err
		}
		results = append(results, r...)
	}
	writeTable(out, results)
	writeGoals(out, results)
	return nil
}

// size is a matrix of so many places each way, and how often the peer computes it.
type size struct{ places, peerRounds int }
