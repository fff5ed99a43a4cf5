package nearby

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// patch is an owner cell that is followed, with the drivers in it. Each has an
// index of its own, so that letting go of a cell leaves nothing stale behind.
type patch struct {
	cell  geo.Cell
	inner geo.Box // the cell but for its border
	fleet *driver.Fleet
	stop  func() // of the feed

	usedAt atomic.Int64 // unix ms of the last question
	filled atomic.Int64 // the gap of the feed after which it was filled from the store; see Lookout.gaps
}

// never is the gap after which a new patch was filled.
const never = -1

func newPatch(s spot, now time.Time) *patch {
	const border = 1e-9 // degrees, over all rounding
	b := s.bounds()
	p := &patch{cell: s.cell(), fleet: driver.NewFleet(), inner: geo.Box{
		West: b.West + border, South: b.South + border, East: b.East - border, North: b.North - border,
	}}
	p.usedAt.Store(now.UnixMilli())
	p.filled.Store(never)
	return p
}

// take takes in what the feed or the store tells. Who left for another cell is
// no driver of this one any more.
func (p *patch) take(batch []driver.Location) {
	whole := true
	for i := range batch {
		if batch[i].Gone || p.holds(batch[i].Point) {
			continue
		}
		if whole {
			batch, whole = slices.Clone(batch), false // it is not ours to change
		}
		batch[i].Gone = true
	}
	p.fleet.Apply(batch)
}

func (p *patch) holds(at geo.Point) bool {
	return p.inner.Contains(at) || geo.CellOf(at, geo.OwnerLength) == p.cell
}

// idle is for how long nobody has asked.
func (p *patch) idle(now time.Time) time.Duration {
	return now.Sub(time.UnixMilli(p.usedAt.Load()))
}
