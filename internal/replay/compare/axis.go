package compare

import (
	"math"
	"strconv"
)

// axis maps values to pixels.
type axis struct {
	low, high  float64 // values
	start, end float64 // pixels
	step       float64 // between ticks
}

// newAxis spans the values with round ends and about so many ticks.
func newAxis(low, high, start, end float64, ticks int) axis {
	if !(high > low) {
		pad := math.Max(math.Abs(low)*0.1, 0.5)
		low, high = low-pad, high+pad
	}
	step := roundStep((high - low) / float64(ticks))
	return axis{math.Floor(low/step) * step, math.Ceil(high/step) * step, start, end, step}
}

// roundStep is the round number that is next above x: 1, 2, 2.5 or 5 and zeros.
func roundStep(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, digit := range []float64{1, 2, 2.5, 5} {
		if x <= digit*power*1.0001 {
			return digit * power
		}
	}
	return 10 * power
}

func (a axis) at(v float64) float64 {
	return a.start + (v-a.low)/(a.high-a.low)*(a.end-a.start)
}

// ticks are the values that are marked.
func (a axis) ticks() []float64 {
	var ticks []float64
	for i := 0; ; i++ {
		v := a.low + float64(i)*a.step
		if v > a.high+a.step/1000 {
			return ticks
		}
		ticks = append(ticks, v)
	}
}

// label writes a tick's value with as many digits as the step needs.
func (a axis) label(v float64) string {
	digits := max(0, int(math.Ceil(-math.Log10(a.step)-1e-9)))
	if a.step*math.Pow10(digits) != math.Trunc(a.step*math.Pow10(digits)) { // 2.5
		digits++
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}
