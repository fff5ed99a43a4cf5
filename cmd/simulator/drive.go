package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/node"
	"github.com/cabstand/cabstand/internal/sim"
	"github.com/cabstand/cabstand/internal/trip"
)

// drive is `simulator drive`.
type drive struct {
	node.Log

	Target  string `default:"http://127.0.0.1:8080" help:"Address of the dispatcher."`
	Tracker string `help:"Address of the tracker, where it is another than --target."`
	Data    string `env:"CABSTAND_DATA_DIR" type:"path" help:"Data folder of the embedded instance at --target, whose key signs everybody's token."`
	AuthKey string `help:"Secret that signs the tokens (HS256), in place of --data."`

	Drivers      int           `default:"200" help:"Drivers who cruise the streets; without effect beside --positions."`
	RidersPerMin float64       `default:"12" help:"Requests a minute, at random; without effect beside --trips."`
	Duration     time.Duration `default:"10m" help:"How long requests are made; 0 goes on until interrupted."`
	Drain        time.Duration `default:"60s" help:"How long the last trips have to end after that."`
	Seed         uint64        `default:"1" help:"Seed of the synthetic city, of random requests and of everybody's temper."`

	Trips            string        `type:"path" help:"Recorded trips to request instead, CSV, may be gzipped. Columns: requested_at (RFC 3339) or pickup_unix, pickup_lat, pickup_lon, dropoff_lat, dropoff_lon."`
	From             time.Time     `help:"Recorded time (RFC 3339) that is now for --trips; the first of the file without it."`
	Positions        string        `type:"path" help:"Recorded drivers to run instead, CSV, may be gzipped. Columns: unix, cab, lat, lon."`
	PositionsFrom    time.Time     `help:"Recorded time (RFC 3339) that is now for --positions; the first of the file without it."`
	PositionInterval time.Duration `default:"4s" help:"Time between the positions of a driver."`

	Nodes       string `type:"path" help:"Road graph to drive on, CSV, may be gzipped. Columns: node, lat, lon. Without it drivers go straight, or on the streets of the synthetic city where nothing is recorded."`
	Links       string `type:"path" help:"Links of the road graph. Columns: from, to, seconds…, and street if known."`
	LinksColumn string `help:"Column of --links with the driving times; the first that starts with seconds without it."`

	JSON string `name:"json" type:"path" help:"File that gets the report as JSON."`
}

// Validate checks the settings.
func (d *drive) Validate() error {
	switch {
	case (d.Data == "") == (d.AuthKey == ""):
		return &node.ConfigError{Setting: "data", Value: d.Data, Accepted: "a data folder or else --auth-key: one of the two"}
	case (d.Nodes == "") != (d.Links == ""):
		return &node.ConfigError{Setting: "links", Value: d.Links, Accepted: "--nodes and --links together"}
	case d.Drivers < 0 || d.Drivers > 100_000:
		return &node.ConfigError{Setting: "drivers", Value: fmt.Sprint(d.Drivers), Accepted: "0 to 100000"}
	case !(d.RidersPerMin >= 0 && d.RidersPerMin <= 100_000):
		return &node.ConfigError{Setting: "riders-per-min", Value: fmt.Sprint(d.RidersPerMin), Accepted: "0 to 100000"}
	case d.Duration < 0:
		return &node.ConfigError{Setting: "duration", Value: d.Duration.String(), Accepted: "0 or a time such as 10m"}
	case d.Drain < 0:
		return &node.ConfigError{Setting: "drain", Value: d.Drain.String(), Accepted: "0 or a time such as 60s"}
	case d.PositionInterval < 100*time.Millisecond:
		return &node.ConfigError{Setting: "position-interval", Value: d.PositionInterval.String(), Accepted: "100ms or longer"}
	}
	return nil
}

// Run drives and reports.
func (d *drive) Run(ctx context.Context, std node.Std) error {
	issuer, err := d.issuer()
	if err != nil {
		return err
	}
	cfg := sim.Config{
		Target: d.Target, Tracker: d.Tracker,
		Token:   func(role, sub string) (string, error) { return issuer.Issue(trip.Role(role), sub, 24*time.Hour) },
		Drivers: d.Drivers, PositionEvery: d.PositionInterval,
		Duration: d.Duration, Drain: d.Drain, Seed: d.Seed, Log: d.Logger(std.Err),
		Progress: func(r sim.Report) { fmt.Fprintln(std.Err, r.Line()) },
	}
	if err := d.populate(&cfg, std.Err); err != nil {
		return err
	}
	report, err := sim.Drive(ctx, cfg)
	if err != nil {
		return err
	}
	report.Print(std.Out)
	if err := d.save(report); err != nil {
		return err
	}
	if n := len(report.Violations); n > 0 {
		return fmt.Errorf("%d violations", n)
	}
	return nil
}

func (d *drive) issuer() (*auth.Issuer, error) {
	key := []byte(d.AuthKey)
	if d.Data != "" {
		var err error
		if key, err = auth.LoadOrCreateKey(d.Data); err != nil {
			return nil, fmt.Errorf("--data %s: %w", d.Data, err)
		}
	}
	return auth.NewIssuer(key, time.Now)
}

func (d *drive) save(report sim.Report) error {
	if d.JSON == "" {
		return nil
	}
	data, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(d.JSON, append(data, '\n'), 0o644)
}
