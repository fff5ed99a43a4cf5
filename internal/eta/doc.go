// Package eta tells how long driving takes, by a ladder of sources. Each
// [Source] may fail, be too slow, or know only some of the points; a [Ladder]
// asks them in order, the best first, and for what none of them knows it stands
// on the straight line, which never fails.
//
// [Road] looks at a road graph in this process. An [Engine] asks an OSRM or a
// Valhalla server over HTTP: each call within a time box, behind a circuit
// breaker, in chunks that the server accepts. What a chunk's failure leaves open
// goes down the ladder, and what the other chunks told stands.
//
// Distances are metres, times durations: of whole milliseconds where roads tell
// them, finer along the straight line. Everything may be used by any number of
// goroutines.
package eta

import (
	"context"
	"math"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/match"
)

const (
	// NoWay says that the source knows both points and that no way leads from
	// the one to the other, or none within its horizon.
	NoWay time.Duration = -1
	// Unknown says that the source cannot tell; the next rung is asked.
	Unknown time.Duration = math.MinInt64
)

// Source is one rung of the ladder.
type Source interface {
	Rung() match.Rung
	// Pickups is the driving time from each of the points to the one, [NoWay] or
	// [Unknown]. An error says why something could not be asked; what is known
	// nevertheless is in the times, which may be nil.
	Pickups(ctx context.Context, from []geo.Point, to geo.Point) ([]time.Duration, error)
	// Ride is the drive from a rider's pickup to the drop-off.
	Ride(ctx context.Context, from, to geo.Point) (Drive, error)
}

// Drive is a way and how long it takes; its time may be [NoWay] or [Unknown].
type Drive struct {
	Takes  time.Duration
	Metres float64
}

// offMap is how far from the nearest street, in metres, a point may be before a
// source of roads says that it cannot tell: there it would only tell of the
// distance to the edge of its map.
const offMap = 1000

// unknowns is n times of which none is known.
func unknowns(n int) []time.Duration {
	times := make([]time.Duration, n)
	for i := range times {
		times[i] = Unknown
	}
	return times
}
