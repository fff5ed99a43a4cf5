package replay

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestDice_Gamma checks mean and variance against what the distribution has.
func TestDice_Gamma(t *testing.T) {
	const n = 40_000
	for _, shape := range []float64{0.3, 1, 2, 9} {
		sum, squares := 0.0, 0.0
		for i := range n {
			x := dice(5).gamma(i, shape)
			sum, squares = sum+x, squares+x*x
		}
		mean := sum / n
		variance := squares/n - mean*mean
		// Both are shape; four standard errors of the mean, and as wide for the variance.
		if off := 4 * math.Sqrt(shape/n); math.Abs(mean-shape) > off || math.Abs(variance-shape) > 8*off*(1+math.Sqrt(shape)) {
			t.Errorf("shape %v: mean %v, variance %v", shape, mean, variance)
		}
	}
}

// TestDice_OwnDraws: draws for different purposes, people and occurrences are
// unlike each other, and the same one is always the same.
func TestDice_OwnDraws(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		draw := func() (dice, purpose, int, int) {
			return dice(rapid.Uint64Range(0, 3).Draw(r, "seed")), purpose(rapid.IntRange(1, 4).Draw(r, "purpose")),
				rapid.IntRange(0, 100).Draw(r, "of"), rapid.IntRange(0, 5).Draw(r, "occurrence")
		}
		d1, p1, o1, n1 := draw()
		d2, p2, o2, n2 := draw()
		same := d1 == d2 && p1 == p2 && o1 == o2 && n1 == n2
		if (d1.bits(p1, o1, n1) == d2.bits(p2, o2, n2)) != same {
			r.Fatalf("%v %v %v %v and %v %v %v %v", d1, p1, o1, n1, d2, p2, o2, n2)
		}
	})
}

// TestDice_SameOnEveryMachine pins values: with others, results of different
// versions and machines could not be compared.
func TestDice_SameOnEveryMachine(t *testing.T) {
	if got := dice(1).bits(patience, 2, 3); got != 0x1470a0f138249334 {
		t.Errorf("the draw is %#x", got)
	}
}

func TestBehaviour_Balks(t *testing.T) {
	b := DefaultBehaviour
	for told, share := range map[time.Duration]float64{0: 0.0067, 5 * time.Minute: 0.0344, 10 * time.Minute: 0.1589, 15 * time.Minute: 0.5} {
		if b.balks(share+0.0001, told) || !b.balks(share-0.0001, told) {
			t.Errorf("told %v, the share that gives up is not %v", told, share)
		}
	}
}
