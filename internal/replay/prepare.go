package replay

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cabstand/cabstand/internal/orders"
)

// Order is a recorded request with the driving time of its ride.
type Order struct {
	orders.Order
	Takes time.Duration
}

// Unreachable is the orders whose drop-off no way leads to.
type Unreachable struct {
	Orders int
	First  []string // the first few, as "request of 2013-09-01T00:00:01Z: …"
}

const mostNamed = 10

// Prepare finds what each ride takes, once for all runs, on all processors.
// Orders without a way are left out and told of.
func Prepare(ctx context.Context, n Network, all []orders.Order) ([]Order, Unreachable, error) {
	takes := make([]time.Duration, len(all))
	group, ctx := errgroup.WithContext(ctx)
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		group.Go(func() error {
			for i := worker; i < len(all) && ctx.Err() == nil; i += workers {
				var ok bool
				if takes[i], ok = n.Takes(all[i].Pickup, all[i].Dropoff); !ok {
					takes[i] = -1
				}
			}
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, Unreachable{}, err
	}
	var fit []Order
	var lost Unreachable
	for i, o := range all {
		if takes[i] >= 0 {
			fit = append(fit, Order{o, takes[i]})
			continue
		}
		lost.note(o)
	}
	return fit, lost, nil
}

func (u *Unreachable) note(o orders.Order) {
	u.Orders++
	if len(u.First) < mostNamed {
		u.First = append(u.First, fmt.Sprintf("request of %s: no way from %v to %v", o.At.Format(time.RFC3339Nano), o.Pickup, o.Dropoff))
	}
}
