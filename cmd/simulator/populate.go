package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
	"github.com/cabstand/cabstand/internal/sim"
)

// populate gives the run its streets, drivers and demand, from files where they
// are named, and tells of rows that could not be used.
func (d *drive) populate(cfg *sim.Config, log io.Writer) error {
	var orders []sim.Order
	if d.Trips != "" {
		err := d.table(d.Trips, log, func(r io.Reader) (bad road.Bad, err error) {
			orders, bad, err = sim.ReadOrders(r, d.From, d.Duration)
			return bad, err
		})
		if err != nil {
			return err
		}
		cfg.Orders = slices.Values(orders)
	}
	if d.Positions != "" {
		err := d.table(d.Positions, log, func(r io.Reader) (bad road.Bad, err error) {
			cfg.Recordings, bad, err = sim.ReadRecordings(r, d.PositionsFrom, d.Duration+d.Drain)
			return bad, err
		})
		if err != nil {
			return err
		}
	}
	if err := d.world(cfg, orders, log); err != nil {
		return err
	}
	fmt.Fprintf(log, "%d recorded trips, %d recorded drivers\n", len(orders), len(cfg.Recordings))
	return nil
}

// world chooses the streets, and the demand where none is recorded.
func (d *drive) world(cfg *sim.Config, orders []sim.Order, log io.Writer) error {
	places := make([]geo.Point, 0, len(orders)+len(cfg.Recordings))
	for _, o := range orders {
		places = append(places, o.Pickup)
	}
	for _, r := range cfg.Recordings {
		places = append(places, r.Points[0])
	}
	switch {
	case d.Nodes != "":
		g, err := d.graph(log)
		if err != nil {
			return err
		}
		cfg.World = sim.Network{Graph: g, Places: places}
	case len(places) > 0:
		cfg.World = sim.OpenField{Places: places}
	default:
		city := sim.NewCity(d.Seed)
		cfg.World, cfg.Orders = city, city.Orders(d.RidersPerMin, d.Seed)
	}
	if cfg.Orders == nil {
		cfg.Orders = sim.RandomOrders(cfg.World, d.RidersPerMin, d.Seed)
	}
	return nil
}

func (d *drive) graph(log io.Writer) (*road.Graph, error) {
	nodes, err := open(d.Nodes)
	if err != nil {
		return nil, err
	}
	defer nodes.Close()
	links, err := open(d.Links)
	if err != nil {
		return nil, err
	}
	defer links.Close()
	whole, told, err := road.Import(road.Source{Nodes: nodes, Links: links, Column: d.LinksColumn})
	if err != nil {
		return nil, err
	}
	g := whole.Connected()
	fmt.Fprintf(log, "road graph: %d nodes and %d links by %s, %v; %d nodes are connected\n",
		told.Nodes, told.Links, told.Column, told.Bad, g.Len())
	return g, nil
}

// table opens a file for read and tells of its bad rows.
func (d *drive) table(path string, log io.Writer, read func(io.Reader) (road.Bad, error)) error {
	f, err := open(path)
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

// open opens a file, gzipped or not: its first bytes tell.
func open(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	buffered := bufio.NewReaderSize(f, 1<<16)
	magic, err := buffered.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	if len(magic) < 2 || magic[0] != 0x1f || magic[1] != 0x8b {
		return opened{buffered, f}, nil
	}
	z, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return opened{z, f}, nil
}

// opened reads through decoders and closes the file below them.
type opened struct {
	io.Reader
	io.Closer
}
