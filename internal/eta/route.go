package eta

import (
	"context"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/match"
)

// router is a source that knows the line of a drive, too. The drive is Unknown
// where it does not.
type router interface {
	Route(from, to geo.Point) ([]geo.Point, Drive)
	Rung() match.Rung
}

// Route is the line of the drive from the one point to the other along the
// streets, where the ladder has a road graph that knows it, else the straight
// line; with what it takes and is, and the rung that knew. The time is the
// graph's, also where a better source of times stands above it: the two belong
// together. It is negative where there is no way, and then there is no line.
func (l *Ladder) Route(ctx context.Context, from, to geo.Point) (line []geo.Point, takes time.Duration, metres float64, rung match.Rung) {
	for _, s := range l.sources {
		r, ok := s.(router)
		if !ok {
			continue
		}
		if line, drive := r.Route(from, to); drive.Takes != Unknown {
			return line, drive.Takes, drive.Metres, r.Rung()
		}
	}
	return l.straight.Route(ctx, from, to)
}

// Route is the straight line.
func (s Straight) Route(ctx context.Context, from, to geo.Point) (line []geo.Point, takes time.Duration, metres float64, rung match.Rung) {
	takes, metres, rung = s.Ride(ctx, from, to)
	return []geo.Point{from, to}, takes, metres, rung
}

// Route is the fastest way by the graph, and the line of it.
func (r *Road) Route(from, to geo.Point) ([]geo.Point, Drive) {
	places := r.places.of([]geo.Point{from, to})
	if !placed(places[0]) || !placed(places[1]) {
		return nil, Drive{Takes: Unknown}
	}
	way, ok := r.way(places[0], places[1])
	if !ok {
		return nil, Drive{Takes: NoWay}
	}
	line := append([]geo.Point{from}, way.Points...)
	return dedupe(append(line, to)), Drive{Takes: r.scaled(from, way.Takes()), Metres: way.Metres()}
}

// scaled is a time of the graph at the present speeds.
func (r *Road) scaled(from geo.Point, takes time.Duration) time.Duration {
	return r.speeds.scaler(from, r.speeds.now())(takes)
}

// dedupe leaves out points that are where the one before is: a way stands still
// where it is not driven. Two points stay at least.
func dedupe(line []geo.Point) []geo.Point {
	kept := line[:1]
	for i, p := range line[1:] {
		if last := i == len(line)-2; p != kept[len(kept)-1] || last && len(kept) == 1 {
			kept = append(kept, p)
		}
	}
	return kept
}
