package sim

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
	"github.com/cabstand/cabstand/internal/streets"
)

// Inputs are where a run takes its streets, drivers and demand from. The tags
// make flags of it.
type Inputs struct {
	Drivers      int     `default:"200" help:"Drivers who cruise the streets; without effect beside --positions."`
	RidersPerMin float64 `default:"12" help:"Requests a minute, at random; without effect beside --trips."`

	Trips         string    `type:"path" help:"Recorded trips to request instead, CSV, may be gzipped. Columns: requested_at (RFC 3339) or pickup_unix, pickup_lat, pickup_lon, dropoff_lat, dropoff_lon."`
	From          time.Time `help:"Recorded time (RFC 3339) that is now for --trips; the first of the file without it."`
	Positions     string    `type:"path" help:"Recorded drivers to run instead, CSV, may be gzipped. Columns: unix, cab, lat, lon."`
	PositionsFrom time.Time `help:"Recorded time (RFC 3339) that is now for --positions; the first of the file without it."`

	// What to drive on. Without it drivers go straight, or on the streets of the
	// synthetic city where nothing is recorded.
	streets.Files
}

// Load reads the inputs into the configuration of a run, whose duration and seed
// are set, and tells log of what was read and of rows that could not be used.
func (in Inputs) Load(ctx context.Context, cfg *Config, log io.Writer) error {
	cfg.Drivers = in.Drivers
	orders, err := in.orders(cfg.Duration, log)
	if err != nil {
		return err
	}
	if in.Trips != "" {
		cfg.Orders = slices.Values(orders)
		fmt.Fprintf(log, "%d recorded trips\n", len(orders))
	}
	if in.Positions != "" {
		if cfg.Recordings, err = in.recordings(cfg, log); err != nil {
			return err
		}
		fmt.Fprintf(log, "%d recorded drivers\n", len(cfg.Recordings))
	}
	return in.world(ctx, cfg, orders, log)
}

func (in Inputs) orders(length time.Duration, log io.Writer) (orders []Order, err error) {
	if in.Trips == "" {
		return nil, nil
	}
	err = readTable(in.Trips, log, func(r io.Reader) (bad road.Bad, err error) {
		orders, bad, err = ReadOrders(r, in.From, length)
		return bad, err
	})
	return orders, err
}

func (in Inputs) recordings(cfg *Config, log io.Writer) (all []Recording, err error) {
	length := cfg.Duration
	if length > 0 {
		length += cfg.Drain
	}
	err = readTable(in.Positions, log, func(r io.Reader) (bad road.Bad, err error) {
		all, bad, err = ReadRecordings(r, in.PositionsFrom, length)
		return bad, err
	})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%s: no cab is at work in that time", in.Positions)
	}
	return all, err
}

// world chooses the streets, and the demand where none is recorded.
func (in Inputs) world(ctx context.Context, cfg *Config, orders []Order, log io.Writer) error {
	var places []geo.Point
	for _, o := range orders {
		places = append(places, o.Pickup)
	}
	for _, r := range cfg.Recordings {
		places = append(places, r.home())
	}
	switch {
	case in.Given():
		g, err := in.graph(ctx, log)
		if err != nil {
			return err
		}
		cfg.World = Network{Graph: g, Places: places}
	case len(places) > 0:
		cfg.World = OpenField{Places: places}
	default:
		city := NewCity(cfg.Seed)
		cfg.World, cfg.Orders = city, city.Orders(in.RidersPerMin, cfg.Seed)
	}
	if cfg.Orders == nil {
		cfg.Orders = RandomOrders(cfg.World, in.RidersPerMin, cfg.Seed)
	}
	return nil
}

func (in Inputs) graph(ctx context.Context, log io.Writer) (*road.Graph, error) {
	loaded, err := in.Files.Load(ctx)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(log, "road graph: %s\n", loaded.Told)
	if loaded.Bad.Rows > 0 {
		fmt.Fprintf(log, "road graph: %v\n", loaded.Bad)
	}
	return loaded.Graph, nil
}

// readTable opens a file for read and tells of its bad rows.
func readTable(path string, log io.Writer, read func(io.Reader) (road.Bad, error)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	bad, err := read(f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if bad.Rows > 0 {
		fmt.Fprintf(log, "%s: %v\n", path, bad)
	}
	return nil
}
