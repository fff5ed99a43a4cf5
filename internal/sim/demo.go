package sim

import (
	"context"
	"iter"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
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

// Stage is where a demo plays.
type Stage struct {
	Target  string // address of the engine
	Token   Token
	City    *City
	Seed    uint64
	Drivers int

	// Enrol makes a driver known to the engine. Those of a demo are no operator's
	// deeds, which the list of such would be full of.
	Enrol func(context.Context, driver.Profile) error

	Stranger Stranger // how who visits the demo says the PIN
}

// Demo lets a city live, for those who watch it, until ctx ends. The error says
// that it could not begin.
func Demo(ctx context.Context, s Stage) error {
	_, err := Drive(ctx, Config{
		Target: s.Target, Token: s.Token, Stranger: s.Stranger, World: s.City, Drivers: s.Drivers, Prefix: "demo",
		Orders: s.orders(), Seed: s.Seed,
		Behaviour: lively, PositionEvery: time.Second, Unaudited: true,
		Enrol: func(ctx context.Context, id string) error { return s.Enrol(ctx, profileOf(id)) },
	})
	return err
}

func (s Stage) orders() iter.Seq[Order] {
	all := s.City.Orders(float64(s.Drivers)*ordersPerDriver, s.Seed)
	if s.Drivers < enough {
		return all
	}
	return mixed(all, s.Seed)
}
