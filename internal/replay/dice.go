package replay

import (
	"math"
	"time"
)

// dice makes everything that is random, from the seed.
type dice uint64

// purpose is what a draw decides.
type purpose uint64

const (
	patience purpose = iota + 1 // of the rider of an order
	mood                        // of the rider of an order, on being told a time
	answer                      // to the n-th offer of an order
	home                        // of the n-th driver
)

// bits is the draw for the purpose, of the one that it concerns, for the
// occurrence: the same however many others were made before.
func (d dice) bits(what purpose, of int, occurrence int) uint64 {
	x := mix(uint64(d) + 0x9e3779b97f4a7c15)
	x = mix(x ^ uint64(what)*0xd1342543de82ef95)
	x = mix(x ^ uint64(of)*0xa0761d6478bd642f)
	return mix(x ^ uint64(occurrence)*0xe7037ed1a0b428db)
}

// mix spreads the bits: the finaliser of splitmix64, after one step of it.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit is uniform in [0, 1).
func (d dice) unit(what purpose, of, occurrence int) float64 {
	return float64(d.bits(what, of, occurrence)>>11) / (1 << 53)
}

// open is uniform in (0, 1).
func (d dice) open(what purpose, of, occurrence int) float64 {
	return (float64(d.bits(what, of, occurrence)>>11) + 0.5) / (1 << 53)
}

// patience is how long the rider of the order waits for a driver to be found,
// in whole milliseconds.
func (d dice) patience(order int, b Behaviour) time.Duration {
	mean := float64(b.Patience.Milliseconds()) / b.PatienceShape
	return max(1, time.Duration(mean*d.gamma(order, b.PatienceShape))) * time.Millisecond
}

// gamma is gamma distributed with the shape and scale 1 (Marsaglia and Tsang
// 2000; a shape below 1 goes by the next whole one).
func (d dice) gamma(order int, shape float64) float64 {
	boost := 1.0
	if shape < 1 {
		boost = math.Pow(d.open(patience, order, 0), 1/shape)
		shape++
	}
	e := shape - 1.0/3
	c := 1 / math.Sqrt(9*e)
	for try := 1; ; try += 3 {
		x := math.Sqrt(-2*math.Log(d.open(patience, order, try))) * math.Cos(2*math.Pi*d.unit(patience, order, try+1))
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(d.open(patience, order, try+2)) < x*x/2+e-e*v+e*math.Log(v) {
			return boost * e * v
		}
	}
}
