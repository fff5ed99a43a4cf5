package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/cabstand/cabstand/internal/sim"
)

// scenario is one run: a size of Cabstand under one recorded demand.
type scenario struct {
	name   string
	open   func(ctx context.Context, l launcher) (city, error)
	demand func(c config) []string // arguments of the simulator
}

var scenarios = []scenario{
	{"embedded-nyc", openEmbedded, newYork},
	{"services-nyc", openServices, newYork},
	{"embedded-sf", openEmbedded, sanFrancisco},
	{"services-sf", openServices, sanFrancisco},
}

func names() (all []string) {
	for _, s := range scenarios {
		all = append(all, s.name)
	}
	return all
}

// city is a running Cabstand.
type city interface {
	// access is the simulator's arguments that lead to the city.
	access() []string
	// crash kills a part of it without warning and starts it again.
	crash(ctx context.Context) error
	// close ends it and says what it cost.
	close() (usage, error)
}

// newYork is a Sunday evening in Manhattan, on its own road graph.
func newYork(c config) []string {
	return []string{
		"--trips", filepath.Join(c.Data, "nyc_trips.csv.gz"), "--from", "2013-09-01T20:00:00Z",
		"--nodes", filepath.Join(c.Data, "nyc_nodes.csv.gz"), "--links", filepath.Join(c.Data, "nyc_links.csv.gz"),
		"--drivers", strconv.Itoa(c.Drivers),
	}
}

// sanFrancisco is the busiest hour of the recorded day, by the cabs as they
// drove.
func sanFrancisco(c config) []string {
	return []string{
		"--trips", filepath.Join(c.Data, "sf_trips.csv.gz"), "--from", "2008-05-22T02:00:00Z",
		"--positions", filepath.Join(c.Data, "sf_gps.csv.gz"), "--positions-from", "2008-05-22T02:00:00Z",
		"--drivers", "0",
	}
}

// result is what a run brought about.
type result struct {
	name    string
	report  sim.Report
	usage   usage
	took    time.Duration
	crashes int
}

// run opens the city, sends the simulator through it and closes it.
func (s scenario) run(ctx context.Context, c config) (r result, err error) {
	l := launcher{bin: c.Bin, logs: filepath.Join(c.Logs, s.name)}
	target, err := s.open(ctx, l)
	if err != nil {
		return result{}, err
	}
	began := time.Now()
	r = result{name: s.name}
	defer func() {
		var closing error
		r.usage, closing = target.close()
		r.took = time.Since(began)
		err = errors.Join(err, closing)
	}()
	crashed := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { crashed <- crashAfter(ctx, target, c.KillAfter) }()
	r.report, err = simulate(ctx, l, c, append(target.access(), s.demand(c)...))
	cancel()
	if c.KillAfter > 0 {
		r.crashes = 1
	}
	return r, errors.Join(err, <-crashed)
}

// crashAfter crashes the city once, when there is still something to crash.
func crashAfter(ctx context.Context, target city, after time.Duration) error {
	if after <= 0 {
		return nil
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf("the run ended before the crash at %s", after)
	case <-time.After(after):
		return target.crash(ctx)
	}
}

// simulate runs the simulator to its end. Its exit status 1 means violations,
// which its report counts.
func simulate(ctx context.Context, l launcher, c config, args []string) (sim.Report, error) {
	file := l.logs + ".json"
	args = append([]string{"drive", "--json", file, "--duration", fmt.Sprintf("%dm", c.Minutes), "--drain", c.Drain.String()}, args...)
	p, err := l.start(ctx, "simulator", args...)
	if err != nil {
		return sim.Report{}, err
	}
	err = p.wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 {
		err = nil
	}
	if err != nil {
		return sim.Report{}, fmt.Errorf("simulator: %w; see %s", err, p.log)
	}
	return readReport(file)
}
