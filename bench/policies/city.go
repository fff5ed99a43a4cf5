package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"time"

	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/orders"
	"github.com/cabstand/cabstand/internal/replay"
	"github.com/cabstand/cabstand/internal/road"
)

// city is the demand and the roads, only read once it is loaded.
type city struct {
	name    string // of where it comes from
	network replay.Network
	orders  []replay.Order // the earliest first
}

// span is a part of the day, from on and before to.
type span struct{ from, to time.Time }

func (s span) String() string {
	return s.from.Format("2006-01-02 15:04") + " to " + s.to.Format("15:04")
}

func (s span) has(at time.Time) bool { return !at.Before(s.from) && at.Before(s.to) }

// with is the shortest span that has both.
func (s span) with(o span) span {
	if o.from.Before(s.from) {
		s.from = o.from
	}
	if o.to.After(s.to) {
		s.to = o.to
	}
	return s
}

// within is the orders of the span.
func (c *city) within(s span) []replay.Order {
	place := func(at time.Time) int {
		return sort.Search(len(c.orders), func(i int) bool { return !c.orders[i].At.Before(at) })
	}
	return c.orders[place(s.from):place(s.to)]
}

func (c *city) requests(s span) int { return len(c.within(s)) }

// linksColumn is the driving times of the evening.
const linksColumn = "seconds_20h"

// loadCity reads New York, and tells of rows that could not be used.
func loadCity(ctx context.Context, folder string, s span, log io.Writer) (*city, error) {
	roads, err := loadRoads(folder, log)
	if err != nil {
		return nil, err
	}
	all, err := loadOrders(folder, roads, s, log)
	if err != nil {
		return nil, err
	}
	ready, lost, err := replay.Prepare(ctx, roads, all)
	if err != nil {
		return nil, err
	}
	tell(log, "trips without a way", lost.Orders, lost.First)
	if len(ready) == 0 {
		return nil, fmt.Errorf("no usable trip is requested from %s", s)
	}
	return &city{name: "nyc_trips, nyc_links " + linksColumn, network: roads, orders: ready}, nil
}

func loadRoads(folder string, log io.Writer) (_ *replay.Roads, err error) {
	nodes, err := os.Open(filepath.Join(folder, "nyc_nodes.csv.gz"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, nodes.Close()) }()
	links, err := os.Open(filepath.Join(folder, "nyc_links.csv.gz"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, links.Close()) }()
	whole, told, err := road.Import(road.Source{Nodes: nodes, Links: links, Column: linksColumn})
	if err != nil {
		return nil, fmt.Errorf("roads in %s: %w", folder, err)
	}
	tell(log, "bad rows of the roads", told.Bad.Rows, told.Bad.First)
	return replay.NewRoads(whole.Connected(), max(eta.DefaultHorizon, slices.Max(allKnobs.caps))), nil
}

func loadOrders(folder string, n replay.Network, s span, log io.Writer) (wanted []orders.Order, err error) {
	f, err := os.Open(filepath.Join(folder, "nyc_trips.csv.gz"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	fits := func(o orders.Order) error {
		if !s.has(o.At) {
			return nil // whatever it is
		}
		return errors.Join(n.Fits(o.Pickup), n.Fits(o.Dropoff))
	}
	all, bad, err := orders.Read(f, fits)
	if err != nil {
		return nil, fmt.Errorf("trips in %s: %w", folder, err)
	}
	tell(log, "bad rows of the trips", bad.Rows, bad.First)
	for _, o := range all {
		if s.has(o.At) {
			wanted = append(wanted, o)
		}
	}
	return wanted, nil
}

// tell tells of rows that cannot be used, and names the first.
func tell(log io.Writer, what string, rows int, first []string) {
	if rows > 0 {
		fmt.Fprintf(log, "%d %s, left out; the first: %s\n", rows, what, first[0])
	}
}
