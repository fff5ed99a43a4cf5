package sim

import (
	"math/rand/v2"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

// spell is what an idle driver does for a while.
type spell struct {
	way road.Way // from where the driver is
	off bool     // not at work: says so, and sends no positions
}

// pastime is how a driver spends the time without a trip. It is asked each time
// that the last spell is over or a trip has ended.
type pastime interface {
	next(now time.Time, here geo.Point) spell
}

// cruising drivers stand for a while, then drive to another place of the world
// that is not too far.
type cruising struct {
	world World
	stand Span
	rng   *rand.Rand
}

// cruise is how far an idle driver goes, metres.
const cruise = 2500

func (c *cruising) next(_ time.Time, here geo.Point) spell {
	to := c.world.Place(c.rng)
	for range 8 {
		if geo.Distance(here, to) <= cruise {
			break
		}
		to = c.world.Place(c.rng)
	}
	way := standing(here, c.stand.draw(c.rng))
	return spell{way: way.Then(c.world.Between(here, to))}
}
