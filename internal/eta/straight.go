package eta

import (
	"context"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/match"
)

// Straight estimates by the great circle, made longer by a circuity, at one
// speed. The defaults are what city centres show: streets are about 1.3 times
// as long as the straight line, and a cab makes 7 m/s door to door.
type Straight struct {
	Circuity float64 // way over straight line, at least 1
	Speed    float64 // m/s
}

// DefaultStraight is a city centre by day.
var DefaultStraight = Straight{Circuity: 1.3, Speed: 7}

// Time is the driving time from a to b.
func (s Straight) Time(a, b geo.Point) time.Duration {
	seconds := s.metres(a, b) / s.Speed
	return time.Duration(seconds * float64(time.Second))
}

func (s Straight) metres(a, b geo.Point) float64 { return geo.Distance(a, b) * s.Circuity }

// Fastest is the speed along the straight line, m/s, that no time is faster
// than.
func (s Straight) Fastest() float64 { return s.Speed / s.Circuity }

// Times is the driving time from each of the points to one.
func (s Straight) Times(_ context.Context, from []geo.Point, to geo.Point) ([]time.Duration, match.Rung) {
	times := make([]time.Duration, len(from))
	for i, p := range from {
		times[i] = s.Time(p, to)
	}
	return times, match.Straight
}

// Ride is how long the drive from a pickup to a drop-off takes and is.
func (s Straight) Ride(_ context.Context, from, to geo.Point) (takes time.Duration, metres float64, rung match.Rung) {
	return s.Time(from, to), s.metres(from, to), match.Straight
}
