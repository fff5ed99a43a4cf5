// Command match measures the solver of internal/match against LEMON and scipy,
// and prints the table of docs/benchmarks.md. The contenders take turns on the
// same instances of a generated city, so that what else the machine does falls
// on all of them. All of them have to find the same least cost, else the run
// fails. A goal that was missed is said; it is no failure of the run.
//
// It compiles nothing: `make bench-match` gets the peers and compiles theirs.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

type config struct {
	Seed   uint64   `default:"1" help:"Seed of the city."`
	Rounds int      `default:"15" help:"How often the solvers of the goals solve every instance; the others have every third turn."`
	Only   []string `help:"Instances to solve, by name; all of them without it."`
	Fast   bool     `help:"Leave out the solvers that no goal is about."`
	Lemon  string   `default:"bin/bench-lemon" help:"The compiled LEMON peer."`
	Python string   `default:"/usr/bin/python3" env:"BENCH_PYTHON" help:"The Python that has scipy."`
	Scipy  string   `default:"bench/match/peers/scipy_peer.py" help:"The scipy peer."`
}

func main() {
	var c config
	kong.Parse(&c, kong.Description("Measures the matching solver against LEMON and scipy."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, c, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench/match:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, c config, out io.Writer) error {
	if c.Rounds < 1 {
		return fmt.Errorf("--rounds: %d is not accepted: 1 or more", c.Rounds)
	}
	chosen, err := c.chosen()
	if err != nil {
		return err
	}
	var instances []*instance
	for _, s := range chosen {
		instances = append(instances, newScene(s, c.Seed).snapshot())
	}
	results, err := c.compete(ctx, instances)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, %s/%s, %d cores, %s, %s; %s\n\n", time.Now().Format(time.DateOnly), runtime.GOOS,
		runtime.GOARCH, runtime.NumCPU(), runtime.Version(), c.versions(ctx), strings.Join(append([]string{"bench/match"}, os.Args[1:]...), " "))
	writeTable(out, results)
	warmths, err := c.warmths(ctx, chosen)
	if err != nil {
		return err
	}
	if len(warmths) > 0 {
		writeWarmths(out, warmths)
	}
	writeGoals(out, goals(results, warmths))
	return nil
}

// compete runs all contenders on the instances.
func (c config) compete(ctx context.Context, instances []*instance) (results []result, err error) {
	folder, err := os.MkdirTemp("", "cabstand-bench-match-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	files, err := writeAll(folder, instances)
	if err != nil {
		return nil, err
	}
	lemon, err := startPeer(ctx, "LEMON", []string{c.Lemon}, files)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lemon.stop()) }()
	scipy, err := startPeer(ctx, "scipy", []string{c.Python, c.Scipy}, files)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, scipy.stop()) }()
	return race(ctx, instances, c.contenders(instances, lemon, scipy), c.Rounds)
}

func (c config) contenders(instances []*instance, lemon, scipy *peer) []contender {
	var inputs []input
	for _, in := range instances {
		inputs = append(inputs, in.input())
	}
	chief := []contender{
		{name: oursAlone, solve: ours(1, inputs)},
		{name: lemonSimplex, solve: lemon.by("ns")},
		{name: oursTogether, solve: ours(runtime.NumCPU(), inputs)},
	}
	if c.Fast {
		return chief
	}
	return append(chief,
		contender{name: lemonDefault, solve: lemon.by("mixed"), rare: true},
		contender{name: lemonScaling, solve: lemon.by("cs"), rare: true},
		contender{name: scipySparse, solve: scipy.by("sparse"), rare: true},
		contender{name: scipyDense, solve: scipy.by("dense"), rare: true, cells: 8_000_000}, // 64 MB
	)
}

func writeAll(folder string, instances []*instance) (files []string, err error) {
	for k, in := range instances {
		name := filepath.Join(folder, fmt.Sprint(k))
		f, err := os.Create(name)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(in.write(f), f.Close()); err != nil {
			return nil, err
		}
		files = append(files, name)
	}
	return files, nil
}

// warmths runs the sequences of ticks.
func (c config) warmths(ctx context.Context, chosen []size) (all []warmth, err error) {
	for _, s := range chosen {
		for _, churn := range []float64{0.05, 0.10} {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if !s.ticks {
				continue
			}
			for _, drive := range []bool{false, true} {
				w, err := warming(s, churn, drive, c.Seed)
				if err != nil {
					return nil, err
				}
				all = append(all, w)
			}
		}
	}
	return all, nil
}

// chosen is the instances that Only names.
func (c config) chosen() (some []size, err error) {
	if len(c.Only) == 0 {
		return sizes, nil
	}
	var names []string
	for _, s := range sizes {
		names = append(names, s.name)
		if slices.Contains(c.Only, s.name) {
			some = append(some, s)
		}
	}
	for _, name := range c.Only {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("--only: %q is not accepted: one of %s", name, strings.Join(names, ", "))
		}
	}
	return some, nil
}

// versions is the peers' own word of what they are.
func (c config) versions(ctx context.Context) string {
	ask := func(command ...string) string {
		said, err := exec.CommandContext(ctx, command[0], command[1:]...).Output()
		if err != nil {
			return fmt.Sprintf("unknown (%v)", err)
		}
		return strings.TrimSpace(string(said))
	}
	return ask(c.Lemon, "--version") + ", scipy " + ask(c.Python, "-c", "import scipy; print(scipy.__version__)")
}
