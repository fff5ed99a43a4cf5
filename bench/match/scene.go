package main

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// size says how large an instance is.
type size struct {
	name            string
	riders, drivers int
	nearest         int // drivers that a rider has arcs to; 0: all of them
	price           int32
	ticks           bool // measured in sequences of ticks, too
}

// A rider's price is drawn from price to three times of it. The one of the dense
// instance is so high that hardly an arc is too dear to matter.
const (
	quarter = 600_000   // ms; to 30 min
	hours   = 3_000_000 // ms; to 2.5 h
)

var sizes = []size{
	{"1k x 1k", 1000, 1000, 20, quarter, true},
	{"1k x 300", 1000, 300, 20, quarter, false},
	{"300 x 1k", 300, 1000, 20, quarter, true},
	{"2k x 2k", 2000, 2000, 50, quarter, true},
	{"5k x 20k", 5000, 20_000, 20, quarter, true},
	{"10k x 10k", 10_000, 10_000, 20, quarter, false},
	{"1k x 1k dense", 1000, 1000, 0, hours, false},
}

// scene is riders and drivers in a city at one moment.
type scene struct {
	size
	random          *rand.Rand
	city            city
	riders, drivers []agent
	born            uint64
}

func newScene(s size, seed uint64) *scene {
	random := rand.New(rand.NewPCG(seed, 0))
	c := &scene{size: s, random: random, city: newCity(random)}
	for range s.riders {
		c.riders = append(c.riders, c.rider())
	}
	for range s.drivers {
		c.drivers = append(c.drivers, c.driver())
	}
	return c
}

func (c *scene) rider() agent {
	c.born++
	return agent{c.born, c.city.draw(c.random, hotRiders), c.price + c.random.Int32N(2*c.price)}
}

func (c *scene) driver() agent {
	c.born++
	return agent{key: c.born, at: c.city.draw(c.random, hotIdle)}
}

// step moves the scene on by one tick of 2 s: a share of the riders and of the
// drivers is replaced by others, and the other drivers drive on or stand.
func (c *scene) step(churn float64, drive bool) {
	for i := range c.riders {
		if c.random.Float64() < churn {
			c.riders[i] = c.rider()
		}
	}
	for i := range c.drivers {
		if c.random.Float64() < churn {
			c.drivers[i] = c.driver()
		} else if drive {
			c.roll(&c.drivers[i].at)
		}
	}
}

// roll moves a car by what it drives in 2 s, along one of the streets' four
// directions.
func (c *scene) roll(p *place) {
	const way = 2 * speed
	along := []place{{way, 0}, {-way, 0}, {0, way}, {0, -way}}[c.random.IntN(4)]
	p.x = max(0, min(side-1, p.x+along.x))
	p.y = max(0, min(side-1, p.y+along.y))
}

// near is a driver, by number, and the square of the distance to a rider.
type near struct {
	square int64
	driver int32
}

// around puts into dst the rider's nearest drivers, nearest first, ties by
// number; or all of them in the order of their numbers.
func (c *scene) around(dst []near, rider agent) []near {
	dst = dst[:0]
	for i := range c.drivers {
		n := near{square(rider.at, c.drivers[i].at), int32(i)}
		switch {
		case c.nearest == 0:
			dst = append(dst, n)
			continue
		case len(dst) < c.nearest:
		case n.square >= dst[len(dst)-1].square:
			continue
		default:
			dst = dst[:len(dst)-1]
		}
		at, _ := slices.BinarySearchFunc(dst, n, func(have, n near) int {
			return cmp.Or(cmp.Compare(have.square, n.square), -1)
		})
		dst = slices.Insert(dst, at, n)
	}
	return dst
}
