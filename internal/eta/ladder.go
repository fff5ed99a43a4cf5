package eta

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/match"
)

// Ladder asks its sources in order and falls to the next where one fails, is
// too slow, or cannot tell. Below the last is the straight line: a ladder never
// fails.
type Ladder struct {
	sources  []Source
	straight Straight
	log      *slog.Logger
	stood    func(match.Rung)

	mu  sync.Mutex
	out []bool // by source: it failed the last time it was asked
}

// Foot is what a ladder stands on and tells to.
type Foot struct {
	Straight Straight
	Log      *slog.Logger
	// Stood hears of the rung that each call stood on; it may be nil.
	Stood func(match.Rung)
}

// NewLadder is a ladder of the sources, the best first.
func NewLadder(foot Foot, sources ...Source) *Ladder {
	if foot.Stood == nil {
		foot.Stood = func(match.Rung) {}
	}
	return &Ladder{
		sources: sources, straight: foot.Straight, log: foot.Log, stood: foot.Stood, out: make([]bool, len(sources)),
	}
}

// Times is the driving time from each of the points to one; negative where there
// is no way. The rung is the lowest that any of the times stands on: of a list
// of which one point is off the map it says so. Nobody's times stand on the
// highest.
func (l *Ladder) Times(ctx context.Context, from []geo.Point, to geo.Point) ([]time.Duration, match.Rung) {
	times, open := unknowns(len(from)), all(len(from))
	rung := l.top()
	for i, s := range l.sources {
		if len(open) == 0 {
			break
		}
		told, err := s.Pickups(ctx, pick(from, open), to)
		if told != nil && len(told) != len(open) {
			told, err = nil, fmt.Errorf("%d times for %d points", len(told), len(open))
		}
		l.note(ctx, i, err)
		left := fill(times, open, told)
		if len(left) < len(open) {
			rung = s.Rung()
		}
		open = left
	}
	for _, i := range open {
		times[i], rung = l.straight.Time(from[i], to), match.Straight
	}
	l.stood(rung)
	return times, rung
}

// surveyor is a Source that prices many points for many pickups at once.
type surveyor interface {
	Survey(from []geo.Point) func(to geo.Point, dst []int32) ([]int32, bool)
}

// Survey takes in many points, and appends the driving times from all of them to
// one place after another, in milliseconds, negative for no way. It is nil where
// the highest rung cannot do that or does not know all of the points: ask Times.
// ok is false where it does not know the place.
func (l *Ladder) Survey(from []geo.Point) func(to geo.Point, dst []int32) (times []int32, rung match.Rung, ok bool) {
	if len(l.sources) == 0 {
		return nil
	}
	s, can := l.sources[0].(surveyor)
	if !can {
		return nil
	}
	survey := s.Survey(from)
	if survey == nil {
		return nil
	}
	return func(to geo.Point, dst []int32) ([]int32, match.Rung, bool) {
		times, ok := survey(to, dst)
		if ok {
			l.stood(l.top())
		}
		return times, l.top(), ok
	}
}

// Fastest is the speed along the straight line, m/s, that no time is faster
// than; 0 where that is not known.
func (l *Ladder) Fastest() float64 {
	if len(l.sources) > 0 {
		return 0
	}
	return l.straight.Fastest()
}

// Ride is how long the drive from a pickup to a drop-off takes and is, and the
// rung that knew; takes is negative where there is no way.
func (l *Ladder) Ride(ctx context.Context, from, to geo.Point) (takes time.Duration, metres float64, rung match.Rung) {
	for i, s := range l.sources {
		drive, err := s.Ride(ctx, from, to)
		l.note(ctx, i, err)
		if err == nil && drive.Takes != Unknown {
			l.stood(s.Rung())
			return drive.Takes, cmp.Or(drive.Metres, l.straight.metres(from, to)), s.Rung()
		}
	}
	l.stood(match.Straight)
	return l.straight.Ride(ctx, from, to)
}

// top is the highest rung.
func (l *Ladder) top() match.Rung {
	if len(l.sources) == 0 {
		return match.Straight
	}
	return l.sources[0].Rung()
}

// note logs the beginning and the end of a source's outage. That the caller went
// away is no outage.
func (l *Ladder) note(ctx context.Context, source int, err error) {
	if ctx.Err() != nil {
		return
	}
	l.mu.Lock()
	was := l.out[source]
	l.out[source] = err != nil
	l.mu.Unlock()
	switch rung := l.sources[source].Rung(); {
	case err != nil && !was:
		l.log.Warn("a source of travel times fails; standing on the next", "rung", rung, "err", err)
	case err == nil && was:
		l.log.Info("a source of travel times is back", "rung", rung)
	}
}

// all is the numbers from 0 to n-1.
func all(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}

// pick is the points with the given numbers.
func pick(points []geo.Point, numbers []int) []geo.Point {
	if len(numbers) == len(points) {
		return points
	}
	picked := make([]geo.Point, len(numbers))
	for i, n := range numbers {
		picked[i] = points[n]
	}
	return picked
}

// fill puts what was told of the open points into times and returns those that
// stay open.
func fill(times []time.Duration, open []int, told []time.Duration) (left []int) {
	if told == nil {
		return open
	}
	for i, n := range open {
		if told[i] == Unknown {
			left = append(left, n)
			continue
		}
		times[n] = told[i]
	}
	return left
}
