package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/cabstand/cabstand/geo"
)

const (
	cityMetres = 30_000
	spotMetres = 1500 // standard deviation of a hot spot
	carShare   = 0.6  // of the cars are in hot spots
	riderShare = 0.8  // of the questions come from there
	step       = 4 * time.Second
	topSpeed   = 14.0 // m/s; a third of the cars stand
)

var centre = geo.Point{Lat: 40.75, Lon: -73.98}

// city is a square with six hot spots in which cars drive about.
type city struct {
	rand  *rand.Rand
	spots []geo.Point
	cars  []car
}

type car struct {
	id      string
	at      geo.Point
	heading float64
	speed   float64 // m/s
}

func newCity(cars int, seed uint64) *city {
	c := &city{rand: rand.New(rand.NewPCG(seed, 0)), cars: make([]car, cars)}
	for range 6 {
		c.spots = append(c.spots, c.anywhere(cityMetres*0.7))
	}
	for i := range c.cars {
		c.cars[i] = car{
			id: fmt.Sprintf("driver-%07d", i), at: c.place(carShare), heading: c.rand.Float64() * 360,
			speed: max(0, topSpeed*(c.rand.Float64()*1.5-0.5)),
		}
	}
	return c
}

// place is in a hot spot with the given probability, else anywhere.
func (c *city) place(hot float64) geo.Point {
	if c.rand.Float64() >= hot {
		return c.anywhere(cityMetres)
	}
	return shifted(c.spots[c.rand.IntN(len(c.spots))], spotMetres*c.rand.NormFloat64(), spotMetres*c.rand.NormFloat64())
}

func (c *city) anywhere(side float64) geo.Point {
	return shifted(centre, side*(c.rand.Float64()-0.5), side*(c.rand.Float64()-0.5))
}

// shifted is the point so many metres east and north.
func shifted(p geo.Point, east, north float64) geo.Point {
	const degree = math.Pi * geo.EarthRadius / 180
	return geo.Point{Lat: p.Lat + north/degree, Lon: p.Lon + east/(degree*math.Cos(p.Lat*math.Pi/180))}
}

// riders are places from where somebody asks for the nearest cars.
func (c *city) riders(n int) []geo.Point {
	places := make([]geo.Point, n)
	for i := range places {
		places[i] = c.place(riderShare)
	}
	return places
}

// move is a car's way in a step.
type move struct {
	car      int32
	from, to geo.Point
}

// drive lets n cars drive on, drawn at random: each as far as it comes in a
// step, with a turn now and then, and back where the city ends.
func (c *city) drive(n int) []move {
	moves := make([]move, n)
	for i := range moves {
		number := c.rand.IntN(len(c.cars))
		car := &c.cars[number]
		if c.rand.IntN(8) == 0 {
			car.heading += []float64{-90, 90}[c.rand.IntN(2)]
		}
		from := car.at
		sin, cos := math.Sincos(car.heading * math.Pi / 180)
		way := car.speed * step.Seconds()
		car.at = shifted(from, way*sin, way*cos)
		if geo.Distance(car.at, centre) > cityMetres {
			car.at, car.heading = from, car.heading+180
		}
		moves[i] = move{int32(number), from, car.at}
	}
	return moves
}
