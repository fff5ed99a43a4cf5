package sim

import (
	"context"
	"time"
)

// lively is how people are in the demo: drivers do not stand about for long.
var lively = Behaviour{
	Decline: 0.04, Ignore: 0.01,
	Think: Span{time.Second, 4 * time.Second}, Board: Span{4 * time.Second, 12 * time.Second},
	Stand:  Span{2 * time.Second, 20 * time.Second},
	GiveUp: 0.3, Patience: Span{60 * time.Second, 180 * time.Second}, Regret: 0.02,
}

// ordersPerDriver is how many orders a minute keep about half of the demo's
// drivers busy: a ride takes about ten minutes, with the way to the pickup, and
// a city that is left alone for hours must not run out of drivers.
const ordersPerDriver = 0.05

// Demo lets a city live, for those who watch it, through the engine that answers
// at target, until ctx ends. The error says that it could not begin.
func Demo(ctx context.Context, target string, token Token, city *City, seed uint64, drivers int) error {
	_, err := Drive(ctx, Config{
		Target: target, Token: token, World: city, Drivers: drivers, Prefix: "demo",
		Orders: city.Orders(float64(drivers)*ordersPerDriver, seed), Seed: seed,
		Behaviour: lively, PositionEvery: time.Second, Unaudited: true,
	})
	return err
}
