package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/node"
	"github.com/cabstand/cabstand/internal/orders"
	"github.com/cabstand/cabstand/internal/replay"
	"github.com/cabstand/cabstand/internal/road"
	"github.com/cabstand/cabstand/internal/streets"
)

// replayCmd is `simulator replay`.
type replayCmd struct {
	Trips   string    `required:"" type:"existingfile" help:"Recorded trips, CSV, may be gzipped. Columns: requested_at (RFC 3339) or pickup_unix, pickup_lat, pickup_lon, dropoff_lat, dropoff_lon."`
	Fleet   int       `default:"2000" help:"Drivers, who start where recorded riders got off; without effect beside --drivers."`
	Drivers string    `env:"CABSTAND_DRIVERS_FILE" type:"existingfile" help:"Drivers, CSV, may be gzipped. Columns: driver_id, lat, lon, available_at."`
	From    time.Time `help:"Replay requests from this time on (RFC 3339); from the first without it."`
	To      time.Time `help:"Replay requests before this time (RFC 3339); to the last without it."`

	streets.Files
	Straight bool `help:"Drive along straight lines in place of roads."`

	node.PolicyFlags
	Search time.Duration `name:"search-timeout" default:"15m" help:"How long to look for a driver before a trip expires."`

	Seed  string `default:"1" help:"Seeds: one (1), several (1,2,5) or a range (1..10)."`
	Label string `help:"Name of these settings in comparisons; made from the policy without it."`
	JSON  string `name:"json" type:"path" help:"File that gets the results as JSON."`

	Patience      time.Duration `default:"300s" help:"Mean of how long a rider waits for a driver to be found (gamma distributed)."`
	PatienceShape float64       `default:"2" help:"Shape of that distribution; 1 is exponential, larger ones make riders more alike."`
	Balk          time.Duration `default:"15m" help:"Time to the pickup at which every second rider who is told of it gives up."`
	BalkSpread    time.Duration `default:"3m" help:"How gradually: at --balk less this, 27 % do; less twice this, 12 %."`
	Accept        float64       `default:"0.98" help:"Probability that a driver takes an offer."`
	Reaction      time.Duration `default:"3s" help:"How long a driver looks at an offer."`
	Boarding      time.Duration `default:"30s" help:"From the driver's arrival to the start of the ride."`
}

// Validate checks the settings.
func (c *replayCmd) Validate() error {
	var wrong *replay.SettingError
	if err := c.behaviour().Validate(); errors.As(err, &wrong) {
		return &node.ConfigError{Setting: wrong.Setting, Value: wrong.Value, Accepted: wrong.Accepted}
	}
	if _, err := parseSeeds(c.Seed); err != nil {
		return err
	}
	if err := c.PolicyFlags.Validate(); err != nil {
		return err
	}
	if err := checkStreets(c.Files); err != nil {
		return err
	}
	switch {
	case c.Straight == c.Given():
		return &node.ConfigError{Setting: "nodes", Value: c.Nodes, Accepted: "a road graph by --nodes and --links, --osm or --road, or else --straight"}
	case c.Fleet < 1 || c.Fleet > 100_000:
		return &node.ConfigError{Setting: "fleet", Value: fmt.Sprint(c.Fleet), Accepted: "1 to 100000"}
	case c.Search <= 0:
		return &node.ConfigError{Setting: "search-timeout", Value: c.Search.String(), Accepted: "a duration above 0"}
	case !c.From.IsZero() && !c.To.IsZero() && !c.From.Before(c.To):
		return &node.ConfigError{Setting: "to", Value: c.To.Format(time.RFC3339), Accepted: "a time after --from"}
	}
	return nil
}

func (c *replayCmd) behaviour() replay.Behaviour {
	return replay.Behaviour{
		Patience: c.Patience, PatienceShape: c.PatienceShape, Balk: c.Balk, BalkSpread: c.BalkSpread,
		Accept: c.Accept, Reaction: c.Reaction, Boarding: c.Boarding,
	}
}

// Run replays and reports.
func (c *replayCmd) Run(ctx context.Context, std node.Std) error {
	s := replay.Scenario{Fleet: c.Fleet, Behaviour: c.behaviour(), Dispatch: c.dispatch(), Stopwatch: stopwatch()}
	report := replay.Report{Format: replay.Format}
	if err := c.load(ctx, &s, &report.Input, std.Err); err != nil {
		return err
	}
	seeds, err := parseSeeds(c.Seed)
	if err != nil {
		return err
	}
	bar := newProgress(std.Err, stopwatch())
	report.Runs, err = s.RunAll(ctx, seeds, bar.show)
	bar.done()
	if err != nil {
		return err
	}
	report.Summary, report.Options = replay.Summarize(report.Runs), c.options(&s)
	printRuns(std.Out, report)
	return c.save(report)
}

func (c *replayCmd) dispatch() dispatch.Config {
	config := dispatch.DefaultConfig
	config.Window, config.Policy, config.Limits.Search = c.Window, c.PolicyFlags.Dispatch(), c.Search
	return config
}

// load reads what the run is about, and tells of rows that cannot be used.
func (c *replayCmd) load(ctx context.Context, s *replay.Scenario, in *replay.Input, log io.Writer) (err error) {
	if s.Network, err = c.network(ctx, in, log); err != nil {
		return err
	}
	all, span, err := c.orders(s.Network, in, log)
	if err != nil {
		return err
	}
	if err := c.starters(s, in, log); err != nil {
		return err
	}
	var noWay replay.Unreachable
	if s.Orders, noWay, err = replay.Prepare(ctx, s.Network, all); err != nil {
		return err
	}
	in.NoWay = replay.BadRows{Rows: noWay.Orders, First: noWay.First}
	tell(log, "trips without a way", in.NoWay)
	if len(s.Orders) == 0 {
		return fmt.Errorf("%s: no usable trip is requested in that time%s", c.Trips, span)
	}
	in.Requests = len(s.Orders)
	s.From, s.To = c.From, c.To
	if s.From.IsZero() {
		s.From = s.Orders[0].At.Truncate(time.Second)
	}
	if s.To.IsZero() {
		s.To = s.Orders[len(s.Orders)-1].At.Truncate(time.Second).Add(time.Second)
	}
	if s.To.Sub(s.From) > longest {
		return fmt.Errorf("%s: from %s to %s is longer than %d days, the most that is replayed: narrow it by --from and --to",
			c.Trips, s.From.Format(time.RFC3339), s.To.Format(time.RFC3339), longest/(24*time.Hour))
	}
	return nil
}

// longest is the longest time that is replayed. More is a request with a wrong
// date, for whose sake the vehicles would stand about for years.
const longest = 366 * 24 * time.Hour

func (c *replayCmd) network(ctx context.Context, in *replay.Input, log io.Writer) (replay.Network, error) {
	if c.Straight {
		return replay.Crow{Straight: eta.DefaultStraight}, nil
	}
	loaded, err := c.Load(ctx)
	if err != nil {
		return nil, err
	}
	in.BadRoads = badRows(loaded.Bad)
	in.Notes = append(in.Notes, "road graph: "+loaded.Told)
	tell(log, "bad rows or tags of the road graph", in.BadRoads)
	return replay.NewRoads(loaded.Graph, max(eta.DefaultHorizon, c.PickupCap)), nil
}

func (c *replayCmd) orders(n replay.Network, in *replay.Input, log io.Writer) (wanted []orders.Order, span string, err error) {
	f, err := os.Open(c.Trips)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	fits := func(o orders.Order) error {
		if !c.wants(o.At) {
			return nil // whatever it is
		}
		return errors.Join(n.Fits(o.Pickup), n.Fits(o.Dropoff))
	}
	all, bad, err := orders.Read(f, fits)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", c.Trips, err)
	}
	in.BadTrips = badRows(bad)
	tell(log, "bad rows of the trips", in.BadTrips)
	if len(all) > 0 {
		span = fmt.Sprintf(": those in it are from %s to %s", all[0].At.UTC().Format(time.RFC3339), all[len(all)-1].At.UTC().Format(time.RFC3339))
	}
	wanted = all[:0]
	for _, o := range all {
		if c.wants(o.At) {
			wanted = append(wanted, o)
		}
	}
	return wanted, span, nil
}

// wants reports whether a request of the time is replayed.
func (c *replayCmd) wants(at time.Time) bool {
	return !at.Before(c.From) && (c.To.IsZero() || at.Before(c.To))
}

func (c *replayCmd) starters(s *replay.Scenario, in *replay.Input, log io.Writer) error {
	if c.Drivers == "" {
		return nil
	}
	f, err := os.Open(c.Drivers)
	if err != nil {
		return err
	}
	defer f.Close()
	fleet, bad, err := replay.ReadFleet(f, func(p geo.Point) error { return s.Network.Fits(p) })
	if err != nil {
		return fmt.Errorf("%s: %w", c.Drivers, err)
	}
	in.BadDrivers = badRows(bad)
	tell(log, "bad rows of the drivers", in.BadDrivers)
	if len(fleet) == 0 {
		return fmt.Errorf("%s: not one usable driver", c.Drivers)
	}
	s.Starters, s.Fleet = fleet, len(fleet)
	return nil
}

func badRows(b road.Bad) replay.BadRows { return replay.BadRows{Rows: b.Rows, First: b.First} }

func tell(log io.Writer, what string, bad replay.BadRows) {
	if bad.Rows == 0 {
		return
	}
	fmt.Fprintf(log, "%d %s\n", bad.Rows, what)
	for _, row := range bad.First {
		fmt.Fprintf(log, "  %s\n", row)
	}
	if bad.Rows > len(bad.First) {
		fmt.Fprintf(log, "  …\n")
	}
}

func (c *replayCmd) save(r replay.Report) error {
	if c.JSON == "" {
		return nil
	}
	f, err := os.Create(c.JSON)
	if err != nil {
		return err
	}
	return errors.Join(r.Write(f), f.Close())
}

// stopwatch tells the time since it was made.
func stopwatch() func() time.Duration {
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}
