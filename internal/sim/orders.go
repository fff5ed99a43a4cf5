package sim

import (
	"io"
	"time"

	"github.com/cabstand/cabstand/internal/orders"
	"github.com/cabstand/cabstand/internal/road"
)

// ReadOrders reads recorded trips as orders, those requested from the time from
// on for the given length (0: to the end); from becomes the start of the run, and
// a zero from is the earliest request of the table.
//
// Of the table see [orders.Read].
func ReadOrders(r io.Reader, from time.Time, length time.Duration) ([]Order, road.Bad, error) {
	all, bad, err := orders.Read(r, nil)
	if from.IsZero() && len(all) > 0 {
		from = all[0].At
	}
	if length <= 0 {
		length = forever
	}
	var some []Order
	for _, o := range all {
		if after := o.At.Sub(from); after >= 0 && after < length {
			some = append(some, Order{After: after, Pickup: o.Pickup, Dropoff: o.Dropoff})
		}
	}
	return some, bad, err
}
