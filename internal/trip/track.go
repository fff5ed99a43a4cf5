package trip

import (
	"math"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// Fix is where a driver was, and when by the phone's clock.
type Fix struct {
	geo.Point
	At time.Time
}

// Part is a stretch of a trip's way, as a tracker recorded it. The time of its
// first fix names it: the same stretch again is the same part.
type Part struct {
	TripID string
	Fixes  []Fix // by time, at least one
}

// Track is the way that was driven with the rider on board.
type Track struct {
	TripID   string
	Fixes    []Fix   // by time, thinned out; at least two
	Metres   float64 // the length of the way before it was thinned out, to the decimetre
	Recorded int     // how many fixes it was made of: a track that was made of fewer is an older one
}

const (
	// trackTolerance is how far in metres the track may pass beside a fix.
	trackTolerance = 5
	// trackBlock is how many fixes are thinned out at once: of a way that a
	// hostile phone made up, the work grows with the square of that.
	trackBlock = 1000
	// clockSlack is how much earlier than the ride, or later, a fix may be: phones'
	// clocks differ from ours.
	clockSlack = 10 * time.Second
	// shortestLeg is the least time that lies between two fixes when their speed is
	// computed: phones round their clocks to the second.
	shortestLeg = time.Second
)

// Ridden is when the rider got on board and when the ride ended; the end is
// zero while it lasts. ok is false for a trip that was never ridden.
func (t *Trip) Ridden() (from, to time.Time, ok bool) {
	if t.RidingAt.IsZero() {
		return time.Time{}, time.Time{}, false
	}
	if t.State == Cancelled {
		return t.RidingAt, t.CancelledAt, true
	}
	return t.RidingAt, t.CompletedAt, true
}

// Track makes the track of the trip from what was recorded, in any order, some
// of it twice perhaps, some of it from before or after the ride. ok is false
// where less than two fixes are of the ride.
func (t *Trip) Track(recorded []Fix) (track Track, ok bool) {
	fixes := t.ride(recorded)
	if len(fixes) < 2 {
		return Track{}, false
	}
	return Track{
		TripID: t.ID, Fixes: thinned(fixes), Metres: math.Round(driven(fixes)*10) / 10, Recorded: len(fixes),
	}, true
}

// ride is the fixes of the ride, by time, none twice.
func (t *Trip) ride(recorded []Fix) []Fix {
	from, to, ridden := t.Ridden()
	if !ridden {
		return nil
	}
	fixes := slices.DeleteFunc(slices.Clone(recorded), func(f Fix) bool {
		return f.At.Before(from.Add(-clockSlack)) || !to.IsZero() && f.At.After(to.Add(clockSlack))
	})
	slices.SortStableFunc(fixes, func(a, b Fix) int { return a.At.Compare(b.At) })
	return slices.CompactFunc(fixes, func(a, b Fix) bool { return a.At.Equal(b.At) })
}

// driven is the length of the way in metres. A leg that no car drives in that
// time is a leap of the phone's from a wrong place to a right one, or back, and
// does not count.
func driven(fixes []Fix) (metres float64) {
	for i := 1; i < len(fixes); i++ {
		a, b := fixes[i-1], fixes[i]
		leg := geo.Distance(a.Point, b.Point)
		if leg <= driver.TopSpeed*max(b.At.Sub(a.At), shortestLeg).Seconds() {
			metres += leg
		}
	}
	return metres
}

// thinned is the fixes whose line passes by all others.
func thinned(fixes []Fix) []Fix {
	line := make([]geo.Point, len(fixes))
	for i, f := range fixes {
		line[i] = f.Point
	}
	kept := []Fix{fixes[0]}
	for start := 0; start < len(fixes)-1; start += trackBlock {
		end := min(start+trackBlock, len(fixes)-1)
		for _, i := range geo.Simplify(line[start:end+1], trackTolerance)[1:] {
			kept = append(kept, fixes[start+i])
		}
	}
	return kept
}
