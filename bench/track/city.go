package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/cabstand/cabstand/geo"
)

const (
	side     = 15_000.0 // of the city, a square, in metres
	hotSpots = 6
	hotShare = 0.6  // of the cars that are near a hot spot
	turning  = 0.02 // chance that a car turns, at each position
)

// corner is the south-west corner of the city.
var corner = geo.Point{Lat: 40.68, Lon: -74.04}

// Metres to degrees, in the middle of the city.
var (
	latOfMetre = 180 / (math.Pi * geo.EarthRadius)
	lonOfMetre = latOfMetre / math.Cos((corner.Lat+side/2*latOfMetre)*math.Pi/180)
)

// place is a point of the city, in metres east and north of its corner.
type place struct{ east, north float64 }

// point rounds to a tenth of a metre, as phones do.
func (p place) point() geo.Point {
	return geo.Point{
		Lat: math.Round((corner.Lat+p.north*latOfMetre)*1e6) / 1e6,
		Lon: math.Round((corner.Lon+p.east*lonOfMetre)*1e6) / 1e6,
	}
}

// bounds is a box around the city.
func bounds() geo.Box {
	far := place{side, side}.point()
	return geo.Box{West: corner.Lon, South: corner.Lat, East: far.Lon, North: far.Lat}
}

// headings are the ways that a car can drive, in degrees and as a step of one
// metre.
var headings = []struct {
	degrees int
	step    place
}{{0, place{0, 1}}, {90, place{1, 0}}, {180, place{0, -1}}, {270, place{-1, 0}}}

// car is one driver's.
type car struct {
	at      place
	heading int     // of headings
	speed   float64 // m/s
	moved   time.Time
}

// city is cars that drive about a city with hot spots: stations, bars, a
// stadium. A seed decides where everything is.
type city struct {
	random *rand.Rand
	spots  []place
	cars   []car
}

func newCity(cars int, seed uint64) *city {
	c := &city{random: rand.New(rand.NewPCG(seed, 1))}
	for range hotSpots {
		c.spots = append(c.spots, place{side * (0.25 + 0.5*c.random.Float64()), side * (0.25 + 0.5*c.random.Float64())})
	}
	for range cars {
		c.cars = append(c.cars, car{at: c.draw(), heading: c.random.IntN(len(headings)), speed: 4 + 10*c.random.Float64()})
	}
	return c
}

// draw is where a car may be.
func (c *city) draw() place {
	if c.random.Float64() >= hotShare {
		return place{side * c.random.Float64(), side * c.random.Float64()}
	}
	return c.near(c.spots[c.random.IntN(hotSpots)], 800)
}

// near is a place around a hot spot, that many metres away or less for two in
// three.
func (c *city) near(spot place, metres float64) place {
	return place{within(spot.east + metres*c.random.NormFloat64()), within(spot.north + metres*c.random.NormFloat64())}
}

func within(v float64) float64 { return max(0, min(side, v)) }

// drive moves a car to where it is at the time. random is the caller's, so that
// several may drive different cars. After a long pause the car has parked.
func (k *car) drive(now time.Time, random *rand.Rand) {
	took := min(now.Sub(k.moved).Seconds(), 5)
	k.moved = now
	if took < 0 {
		return
	}
	if random.Float64() < turning {
		k.heading = random.IntN(len(headings))
	}
	step := headings[k.heading].step
	k.at.east, k.at.north = k.at.east+step.east*k.speed*took, k.at.north+step.north*k.speed*took
	if in := (place{within(k.at.east), within(k.at.north)}); in != k.at {
		k.at, k.heading = in, (k.heading+2)%len(headings)
	}
}

// driverID names the driver of a car, in a form as long as registered ones are
// named.
func driverID(car int) string { return fmt.Sprintf("driver-%06d", car) }
