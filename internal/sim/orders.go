package sim

import (
	"errors"
	"io"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

// ReadOrders reads recorded trips as orders, those requested from the time from
// on for the given length (0: to the end); from becomes the start of the run, and
// a zero from is the earliest request of the table.
//
// The table has the columns pickup_lat, pickup_lon, dropoff_lat, dropoff_lon and
// requested_at (RFC 3339 or unix seconds). Where requests were not recorded, a
// column pickup_unix is taken instead: the passenger got in then, and is here
// taken to have asked for the ride at that time.
func ReadOrders(r io.Reader, from time.Time, length time.Duration) ([]Order, road.Bad, error) {
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
	var all []recordedOrder
	for row := range t.Rows() {
		o, err := readOrder(row, at, c)
		if err != nil {
			t.Reject(row, err)
			continue
		}
		if from.IsZero() || !o.at.Before(from) {
			all = append(all, o)
		}
	}
	return replay(all, from, length), t.Bad(), t.Err()
}

type recordedOrder struct {
	at              time.Time
	pickup, dropoff geo.Point
}

var errNoRide = errors.New("the pickup and the drop-off are one place")

func readOrder(row road.Record, at int, c []int) (o recordedOrder, err error) {
	if o.at, err = row.Time(at); err != nil {
		return o, err
	}
	if o.pickup, err = row.Point(c[0], c[1]); err != nil {
		return o, err
	}
	if o.dropoff, err = row.Point(c[2], c[3]); err != nil {
		return o, err
	}
	if o.pickup == o.dropoff {
		return o, errNoRide
	}
	return o, nil
}

// replay sorts the orders by time and counts from the start of the run.
func replay(all []recordedOrder, from time.Time, length time.Duration) []Order {
	slices.SortStableFunc(all, func(a, b recordedOrder) int { return a.at.Compare(b.at) })
	if from.IsZero() && len(all) > 0 {
		from = all[0].at
	}
	if length <= 0 {
		length = forever
	}
	var orders []Order
	for _, o := range all {
		if after := o.at.Sub(from); after < length {
			orders = append(orders, Order{after, o.pickup, o.dropoff})
		}
	}
	return orders
}
