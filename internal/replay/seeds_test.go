package replay

import "testing"

// TestInterval checks against a textbook's sample: 5 values of mean 12 and
// standard deviation 1.5811, t = 2.776, half = 1.963.
func TestInterval(t *testing.T) {
	got := IntervalOf([]float64{10, 11, 12, 13, 14})
	near(t, "mean", got.Mean, 12)
	near(t, "half", got.Half, 1.963)
	if one := IntervalOf([]float64{3}); one != (Interval{Mean: 3}) {
		t.Errorf("of one value: %+v", one)
	}
}

func TestStudent(t *testing.T) {
	for freedom, want := range map[int]float64{1: 12.706, 9: 2.262, 30: 2.042, 31: 2.040, 60: 2.000, 1000: 1.962} {
		near(t, "the quantile", student(freedom), want)
	}
}
