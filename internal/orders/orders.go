// Package orders reads recorded trips: who wanted to go where, and when. The
// simulated city asks for them again in real time, a replay in virtual time.
//
// The package is pure: tables come in through readers.
package orders

import (
	"errors"
	"io"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

// Order is one recorded request for a ride.
type Order struct {
	At      time.Time
	Pickup  geo.Point
	Dropoff geo.Point
}

// Read reads recorded trips, the earliest first. A row that cannot be used, or
// that fit (nil accepts all) gives an error for, is left out and told of.
//
// The table has the columns pickup_lat, pickup_lon, dropoff_lat, dropoff_lon and
// requested_at (RFC 3339 or unix seconds). Where requests were not recorded, a
// column pickup_unix is taken instead: the passenger got in then, and is here
// taken to have asked for the ride at that time.
func Read(r io.Reader, fit func(Order) error) ([]Order, road.Bad, error) {
	t, err := road.OpenTable("trips", r)
	if err != nil {
		return nil, road.Bad{}, err
	}
	at, err := t.Column("requested_at", "pickup_unix")
	if err != nil {
		return nil, road.Bad{}, err
	}
	c, err := t.Columns("pickup_lat", "pickup_lon", "dropoff_lat", "dropoff_lon")
	if err != nil {
		return nil, road.Bad{}, err
	}
	var all []Order
	for row := range t.Rows() {
		o, err := read(row, at, c)
		if err == nil && fit != nil {
			err = fit(o)
		}
		if err != nil {
			t.Reject(row, err)
			continue
		}
		all = append(all, o)
	}
	slices.SortStableFunc(all, func(a, b Order) int { return a.At.Compare(b.At) })
	return all, t.Bad(), t.Err()
}

var errNoRide = errors.New("the pickup and the drop-off are one place")

func read(row road.Record, at int, c []int) (o Order, err error) {
	if o.At, err = row.Time(at); err != nil {
		return o, err
	}
	if o.Pickup, err = row.Point(c[0], c[1]); err != nil {
		return o, err
	}
	if o.Dropoff, err = row.Point(c[2], c[3]); err != nil {
		return o, err
	}
	if o.Pickup == o.Dropoff {
		return o, errNoRide
	}
	return o, nil
}
