// Command faults breaks a city while people live in it, and judges whether the
// guarantees of docs/guarantees.md held. It runs the real programs: two trackers
// and two dispatchers, PostgreSQL with PostGIS, Redis and NATS. What is done to
// them follows from the seed alone.
//
// It is a module of its own, so that the proxy through which it cuts connections
// is in nobody's way who only uses Cabstand.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/cabstand/cabstand/internal/faults"
)

type config struct {
	Seeds   int           `default:"20" env:"SEEDS" help:"How many runs, each under the faults of a seed of its own."`
	From    uint64        `default:"1" help:"The first seed."`
	Drivers int           `default:"300" env:"DRIVERS" help:"Simulated drivers."`
	Rate    float64       `default:"480" env:"RATE" help:"Requests a minute."`
	Length  time.Duration `default:"10m" env:"LENGTH" help:"How long each run is under faults."`
	Plan    bool          `help:"Print the faults of the first seed, and do nothing."`
	Kills   int           `default:"50" help:"How often the embedded size is killed."`
	Recover bool          `help:"Measure instead how long it takes to recover from the loss of each part, five minutes."`
	Bin     string        `default:"bin" help:"Folder of the programs."`
	Logs    string        `default:"bench/logs/faults" help:"Folder that gets the logs."`
}

// usual is how dense the faults are: SIGSTOP has to outlast the 5 s after which a
// dispatcher counts as gone.
var usual = faults.Pace{Shortest: 6 * time.Second, Longest: 12 * time.Second, Calm: 10 * time.Second}

func main() {
	if folder := os.Getenv(asNATS); folder != "" {
		fail(serveNATS(folder, os.Args))
		return
	}
	var c config
	kong.Parse(&c, kong.Description("Breaks a city while people live in it, and judges it."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fail(c.run(ctx))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/faults:", err)
		os.Exit(1)
	}
}

func (c config) run(ctx context.Context) error {
	if c.Plan {
		parts := (&town{links: every()}).parts()
		faults.Plan(c.From, parts, c.Length, usual).Print(os.Stdout)
		return nil
	}
	bin, err := filepath.Abs(c.Bin)
	if err != nil {
		return err
	}
	if c.Recover {
		return c.recover(ctx, bin)
	}
	var all []result
	for i := range c.Seeds {
		p := plan{
			seed: c.From + uint64(i), drivers: c.Drivers, rate: c.Rate, length: c.Length, pace: usual, bin: bin, logs: c.Logs,
			tell: func(s string) { fmt.Fprintln(os.Stderr, s) },
		}
		fmt.Fprintf(os.Stderr, "%s seed %d\n", time.Now().Format(time.TimeOnly), p.seed)
		r, err := p.run(ctx)
		if err != nil {
			report(os.Stdout, all)
			return fmt.Errorf("seed %d: %w", p.seed, err)
		}
		all = append(all, r)
		r.print(os.Stderr)
	}
	report(os.Stdout, all)
	if c.Kills > 0 {
		r, err := killings{seed: c.From, kills: c.Kills, drivers: min(c.Drivers, 100), bin: bin, logs: c.Logs}.run(ctx)
		if err != nil {
			return fmt.Errorf("kill the one process: %w", err)
		}
		r.print(os.Stderr)
		reportKills(os.Stdout, r)
		all = append(all, r)
	}
	return broken(all)
}

// recover measures the ways back.
func (c config) recover(ctx context.Context, bin string) error {
	goals, r, err := recovery{
		drivers: min(c.Drivers, 100), rate: min(c.Rate, 240), away: 30 * time.Second, rest: 20 * time.Second, bin: bin,
		logs: filepath.Join(c.Logs, "recovery"), tell: func(s string) { fmt.Fprintln(os.Stderr, s) },
	}.run(ctx)
	if err != nil {
		return err
	}
	r.print(os.Stderr)
	return errors.Join(reportRecovery(os.Stdout, goals), broken([]result{r}))
}

var errBroken = errors.New("guarantees were broken")

func broken(all []result) error {
	for _, r := range all {
		if len(r.violations) > 0 {
			return errBroken
		}
	}
	return nil
}

// every is the names of the links, without a town.
func every() map[string]*link {
	all := map[string]*link{toDispatchers: nil, toTrackers: nil}
	for _, d := range dispatchers {
		for _, s := range []string{"postgres", "redis", "nats"} {
			all[d+" to "+s] = nil
		}
	}
	for _, t := range trackers {
		for _, s := range []string{"redis", "nats"} {
			all[t+" to "+s] = nil
		}
	}
	return all
}
