package sim

import (
	"math"
	"math/rand/v2"
)

// waves is smooth noise in one dimension, about -1 to 1: a sum of sines.
type waves struct{ length, phase, height []float64 }

// newWaves draws noise whose longest wave has the given length.
func newWaves(rng *rand.Rand, length float64, octaves int) waves {
	var w waves
	height, sum := 1.0, 0.0
	for range octaves {
		w.length = append(w.length, length*(0.85+0.3*rng.Float64()))
		w.phase = append(w.phase, 2*math.Pi*rng.Float64())
		w.height = append(w.height, height)
		sum += height
		length, height = length/2.3, height/2.4
	}
	for i := range w.height {
		w.height[i] /= sum
	}
	return w
}

func (w waves) at(x float64) float64 {
	sum := 0.0
	for i := range w.length {
		sum += w.height[i] * math.Sin(2*math.Pi*x/w.length[i]+w.phase[i])
	}
	return sum
}

// relief is smooth noise in two dimensions, about -1 to 1: waves of random
// directions.
type relief struct {
	across []vec
	phase  []float64
}

func newRelief(rng *rand.Rand, length float64, count int) relief {
	var r relief
	for range count {
		l := length * (0.6 + 0.8*rng.Float64())
		r.across = append(r.across, polar(2*math.Pi*rng.Float64(), 2*math.Pi/l))
		r.phase = append(r.phase, 2*math.Pi*rng.Float64())
	}
	return r
}

func (r relief) at(p vec) float64 {
	sum := 0.0
	for i := range r.across {
		sum += math.Sin(r.across[i].dot(p) + r.phase[i])
	}
	return sum / math.Sqrt(float64(len(r.across)))
}
