package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/cabstand/cabstand/internal/node"
	"github.com/cabstand/cabstand/internal/sim"
)

// drive is `simulator drive`.
type drive struct {
	node.Log
	sim.Inputs

	Target  string `default:"http://127.0.0.1:8080" help:"Address of the dispatcher."`
	Tracker string `help:"Address of the tracker, where it is another than --target."`
	Data    string `env:"CABSTAND_DATA_DIR" type:"path" help:"Data folder of the embedded instance at --target, whose key signs everybody's token."`
	AuthKey string `help:"Secret that signs the tokens (HS256), in place of --data."`

	Duration         time.Duration `default:"10m" help:"How long requests are made; 0 goes on until interrupted."`
	Drain            time.Duration `default:"60s" help:"How long the last trips have to end after that."`
	PositionInterval time.Duration `default:"4s" help:"Time between the positions of a driver."`
	Binary           bool          `help:"Drivers send their positions in binary, where the tracker takes that."`
	Seed             uint64        `default:"1" help:"Seed of the synthetic city, of random requests and of everybody's temper."`
	JSON             string        `name:"json" type:"path" help:"File that gets the report as JSON."`
}

// Validate checks the settings.
func (d *drive) Validate() error {
	if err := checkStreets(d.Files); err != nil {
		return err
	}
	switch {
	case d.Data == "" && d.AuthKey == "":
		return &node.ConfigError{Setting: "data", Accepted: "a data folder, or --auth-key"}
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

// tokenTTL is how long everybody's token is valid; each connection gets a new
// one.
const tokenTTL = 24 * time.Hour

// Run drives and reports.
func (d *drive) Run(ctx context.Context, std node.Std) error {
	token, err := node.Tokens(d.Data, d.AuthKey, tokenTTL)
	if err != nil {
		return err
	}
	cfg := sim.Config{
		Target: d.Target, Tracker: d.Tracker, Token: token,
		PositionEvery: d.PositionInterval, Binary: d.Binary, Duration: d.Duration, Drain: d.Drain, Seed: d.Seed,
		Progress: func(r sim.Report) { fmt.Fprintln(std.Err, r.Line()) }, Log: d.Logger(std.Err),
	}
	if err := d.Load(ctx, &cfg, std.Err); err != nil {
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
