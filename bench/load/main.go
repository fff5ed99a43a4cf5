// Command load measures the way of a request: from a rider's POST to the offer at
// a driver's socket, through the real tracker and dispatcher, on real PostgreSQL,
// NATS and Redis; how many trips become durable in a second against the same SQL
// by itself; and how fast the outbox empties against raw publishing. Then it
// floods the city, and sees what becomes of those who ride. It prints the tables
// of docs/benchmarks.md and whether the goals were met. A goal that was missed is
// said; it is no failure of the run.
//
// It builds nothing: `make bench-load` builds the programs into bin/ first.
// Memory is read from /proc: it runs on Linux.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

type config struct {
	Only    []string      `enum:"trips,relay,offers,flood" help:"Parts to measure: trips, relay, offers, flood; all of them without it."`
	Drivers int           `default:"300" help:"Drivers' sockets."`
	Window  time.Duration `default:"20ms" help:"The dispatcher's window: how long requests are gathered."`
	Start   float64       `default:"10" help:"Requests a second to begin the search for saturation with."`
	Step    float64       `default:"1.3" help:"From one rate of the search to the next."`
	Lasts   time.Duration `default:"5s" help:"Each measurement at a rate, and each turn."`
	Ages    time.Duration `default:"20s" help:"The measurement at 80 % of saturation."`
	Rounds  int           `default:"3" help:"Turns that the contenders take."`
	Events  int           `default:"10000" help:"Events in the outbox at each turn of the relay."`
	Flood   time.Duration `default:"30s" help:"How long the flood of three times the saturation lasts."`
	Soak    time.Duration `help:"Load at half of saturation for so long instead, telling memory and goroutines every minute."`
	Rate    float64       `help:"Saturation in requests a second; it is searched for without it."`
	Pprof   string        `help:"Address that the dispatcher serves Go's profiles on, such as 127.0.0.1:6060."`
	Profile string        `help:"File that gets a profile of this program's own processor time, NATS within it."`
	Bin     string        `default:"bin" help:"Folder of the programs."`
	Logs    string        `default:"bin/logs" help:"Folder that gets the programs' logs."`
}

func (c config) validate() error {
	switch {
	case c.Drivers < 1 || c.Drivers > 10_000:
		return fmt.Errorf("--drivers: %d is not accepted: 1 to 10000", c.Drivers)
	case c.Rounds < 1:
		return fmt.Errorf("--rounds: %d is not accepted: 1 or more", c.Rounds)
	case !(c.Step > 1):
		return fmt.Errorf("--step: %v is not accepted: above 1", c.Step)
	case !(c.Start > 0):
		return fmt.Errorf("--start: %v is not accepted: above 0", c.Start)
	}
	return nil
}

func (c config) wants(part string) bool { return len(c.Only) == 0 || slices.Contains(c.Only, part) }

func main() {
	var c config
	kong.Parse(&c, kong.Name("bench/load"), kong.Description("Measures the way of a request, and what a flood does to it."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := c.validate()
	if err == nil {
		err = profiled(c.Profile, func() error { return bench(ctx, c, os.Stdout) })
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/load:", err)
		os.Exit(1)
	}
}

// profiled runs do, and writes where its processor time went into the file, if
// there is one.
func profiled(file string, do func() error) error {
	if file == "" {
		return do()
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return do()
}

// bench measures the wanted parts, each on servers of its own.
func bench(ctx context.Context, c config, out io.Writer) error {
	fmt.Fprintf(out, "%s, %s/%s, %d cores, load %s: %s\n\n", time.Now().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH,
		runtime.NumCPU(), loadAverage(), strings.Join(append([]string{"bench/load"}, os.Args[1:]...), " "))
	if c.Soak > 0 {
		return onRig(ctx, c, func(r *rig) error { return r.soak(ctx, out) })
	}
	if c.wants("trips") {
		if err := onRig(ctx, c, func(r *rig) error { return r.trips(ctx, out) }); err != nil {
			return err
		}
	}
	if c.wants("relay") {
		if err := onRig(ctx, c, func(r *rig) error { return r.relay(ctx, out) }); err != nil {
			return err
		}
	}
	if c.wants("offers") || c.wants("flood") {
		return onRig(ctx, c, func(r *rig) error { return r.offers(ctx, out) })
	}
	return nil
}

func loadAverage() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(data), " ")
	return first
}

// say tells how far the measurement is.
func say(format string, args ...any) {
	fmt.Fprintln(os.Stderr, time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// goal tells of a figure whether it is what was wanted.
func goal(out io.Writer, name string, measured float64, sign string, target float64) {
	verdict := "missed"
	if sign == "<=" && measured <= target || sign == ">=" && measured >= target {
		verdict = "met"
	}
	fmt.Fprintf(out, "goal %s measured %.2f target %s%v %s\n", name, measured, sign, target, verdict)
}
