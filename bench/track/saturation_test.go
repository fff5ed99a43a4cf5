package main

import (
	"testing"

	"pgregory.net/rapid"
)

// Whatever a machine can do is found to the precision, never overstated, also
// where the first attempt at each rate fails.
func TestSaturation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		capacity, start := rapid.Float64Range(20, 2e5).Draw(t, "capacity"), rapid.Float64Range(100, 1e5).Draw(t, "start")
		flaky, tries := rapid.Bool().Draw(t, "flaky"), map[float64]int{}
		got, err := saturation(start, 1e5, 1.1, func(rate float64) (bool, error) {
			tries[rate]++
			return rate <= capacity && (!flaky || tries[rate] > 1), nil
		})
		want := min(capacity, 1e5)
		if err != nil || got > want || got < want/1.1 {
			t.Fatalf("got %v, %v; want %v or a tenth less", got, err, want)
		}
	})
}

func TestSaturation_Nothing(t *testing.T) {
	got, err := saturation(1000, 1e5, 1.1, func(float64) (bool, error) { return false, nil })
	if got != 0 || err != nil {
		t.Errorf("got %v, %v; want 0", got, err)
	}
}
