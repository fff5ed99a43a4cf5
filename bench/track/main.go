// Command track measures the way of a position: from ten thousand sockets through
// the real tracker to Redis and to who follows the feed, against what Redis takes
// when somebody does nothing but write positions into it. It prints the tables of
// docs/benchmarks.md and whether the goals were met. A goal that was missed is
// said; it is no failure of the run.
//
// It builds nothing: `make bench-track` builds the programs into bin/ first.
// Processor times are read from /proc: it runs on Linux.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

type config struct {
	Quick           bool          `help:"A rehearsal of a minute or two."`
	Only            []string      `enum:"idle,path,nearby" help:"Parts to measure: idle, path, nearby; all of them without it."`
	Sockets         int           `default:"10000" help:"Drivers' sockets."`
	Start           float64       `default:"6000" help:"Positions a second to begin the search for saturation with."`
	Warm            time.Duration `default:"1s" help:"Before each measurement at a rate."`
	Lasts           time.Duration `default:"3s" help:"Each measurement at a rate."`
	Ages            time.Duration `default:"10s" help:"The measurement of ages."`
	Rounds          int           `default:"3" help:"Turns that the contenders take."`
	Precision       float64       `default:"1.1" help:"Of saturation: 1.1 is a tenth."`
	Flush           time.Duration `default:"50ms" help:"The tracker's flush interval."`
	Seed            uint64        `default:"1" help:"Of the city."`
	TrackerFlags    []string      `help:"Further arguments of the tracker."`
	DispatcherFlags []string      `help:"Further arguments of the dispatcher."`
	Profiles        string        `help:"Folder that gets profiles of the tracker at 80 % of saturation, in a measurement more; none without it."`
	Bin             string        `default:"bin" help:"Folder of the programs."`
	Logs            string        `default:"bin/logs" help:"Folder that gets the programs' logs."`
}

// validate checks what would make the figures mean something else.
func (c config) validate() error {
	switch {
	case c.Sockets < 100 || c.Sockets > 100_000:
		return fmt.Errorf("--sockets: %d is not accepted: 100 to 100000", c.Sockets)
	case c.Rounds < 1:
		return fmt.Errorf("--rounds: %d is not accepted: 1 or more", c.Rounds)
	case !(c.Precision > 1):
		return fmt.Errorf("--precision: %v is not accepted: above 1", c.Precision)
	case !(c.Start > 0):
		return fmt.Errorf("--start: %v is not accepted: above 0", c.Start)
	}
	return nil
}

func (c config) wants(part string) bool { return len(c.Only) == 0 || slices.Contains(c.Only, part) }

// quick shortens everything.
func (c config) quick() config {
	c.Warm, c.Lasts, c.Ages, c.Rounds, c.Precision = 500*time.Millisecond, 1500*time.Millisecond, 3*time.Second, 1, 1.3
	return c
}

// modes are what this program can be: the bench, and its own helpers.
type modes struct {
	Bench benchMode `cmd:"" default:"withargs" help:"Measure (the default)."`
	Load  loadMode  `cmd:"" hidden:""`
	Bare  bareMode  `cmd:"" hidden:""`
	NATS  natsMode  `cmd:"" hidden:"" name:"nats"`
}

type benchMode struct{ config }

// Run measures.
func (m *benchMode) Run(ctx context.Context, std streams) error {
	if err := m.validate(); err != nil {
		return err
	}
	c := m.config
	if c.Quick {
		c = c.quick()
	}
	return bench(ctx, c, std.out)
}

func main() {
	var m modes
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	mode := kong.Parse(&m, kong.Name("bench/track"), kong.Description("Measures the way of a position through the tracker."))
	mode.BindTo(ctx, (*context.Context)(nil))
	mode.Bind(streams{os.Stdin, os.Stdout})
	if err := mode.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench/track:", err)
		os.Exit(1)
	}
}

// bench measures everything and reports.
func bench(ctx context.Context, c config, out io.Writer) error {
	began := time.Now()
	results, err := measure(ctx, c)
	if err != nil {
		return err
	}
	writeHead(out, began, c)
	results.write(out)
	return nil
}

// say tells how far the measurement is.
func say(format string, args ...any) {
	fmt.Fprintln(os.Stderr, time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}
