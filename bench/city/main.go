// Command city drives recorded demand through the real programs, in both sizes,
// and prints the table of docs/benchmarks.md: what the simulator measured, what
// it cost the machine, and whether the goals were met. A goal that was missed is
// said; it is no failure of the run.
//
// It builds nothing: `make bench-city` builds the programs into bin/ first.
// Where the recorded data is absent it says so and ends well: the data is no part
// of the project.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
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
	Only      []string      `help:"Runs to do, by name; all of them without it."`
	Minutes   int           `default:"10" env:"MINUTES" help:"How long requests come in."`
	Drain     time.Duration `default:"2m" help:"How long the last trips have to end."`
	Drivers   int           `default:"1500" help:"Simulated drivers, where they are not recorded."`
	KillAfter time.Duration `help:"Kill the embedded process (kill -9) after this long, and restart it on the same folder."`
	Data      string        `default:"../shared/data" env:"CABSTAND_DATA" help:"Folder of the recorded data."`
	Bin       string        `default:"bin" help:"Folder of the programs."`
	Logs      string        `default:"bench/logs" help:"Folder that gets the logs and the simulator's reports."`
}

func main() {
	var c config
	kong.Parse(&c, kong.Description("Drives recorded demand through both sizes of Cabstand."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, c, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench/city:", err)
		os.Exit(1)
	}
}

// bench does the chosen runs one after the other and reports on all of them.
func bench(ctx context.Context, c config, out io.Writer) error {
	chosen, err := c.chosen()
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(c.Data, "nyc_trips.csv.gz")); errors.Is(err, os.ErrNotExist) {
		fmt.Fprintf(out, "skipped: no recorded data in %s; CABSTAND_DATA names its folder\n", c.Data)
		return nil
	}
	if err := os.MkdirAll(c.Logs, 0o755); err != nil {
		return err
	}
	var results []result
	for _, s := range chosen {
		fmt.Fprintf(os.Stderr, "%s %s: %d minutes\n", time.Now().Format(time.TimeOnly), s.name, c.Minutes)
		r, err := s.run(ctx, c)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		results = append(results, r)
	}
	fmt.Fprintf(out, "%s, %s/%s, %d cores, %s\n\n", time.Now().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH,
		runtime.NumCPU(), strings.Join(append([]string{"bench/city"}, os.Args[1:]...), " "))
	writeTable(out, results)
	writeGoals(out, results)
	return nil
}

// chosen is the runs that Only names.
func (c config) chosen() ([]scenario, error) {
	for _, name := range c.Only {
		if !slices.ContainsFunc(scenarios, func(s scenario) bool { return s.name == name }) {
			return nil, fmt.Errorf("--only: %q is not accepted: one of %s", name, strings.Join(names(), ", "))
		}
	}
	if len(c.Only) == 0 {
		return scenarios, nil
	}
	return slices.DeleteFunc(slices.Clone(scenarios), func(s scenario) bool { return !slices.Contains(c.Only, s.name) }), nil
}
