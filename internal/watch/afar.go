package watch

import (
	"cmp"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// What an operator sees from afar is counted in cells of the fine length, 1,024
// in an owner cell, and told in those of the coarse one, 32 in an owner cell,
// where the subscription has more than fineOwners owner cells.
const (
	fineLength   = 6
	coarseLength = 5
	fineOwners   = 4
)

// counts is supply and demand in a cell.
type counts struct{ available, busy, open int }

func (c counts) plus(d counts) counts {
	return counts{c.available + d.available, c.busy + d.busy, c.open + d.open}
}

// grid is supply and demand in the cells where there is any.
type grid map[geo.Cell]counts

func (g grid) add(cell geo.Cell, more counts) { g[cell] = g[cell].plus(more) }

// addDriver counts a driver who could be offered a trip or has one, and nobody
// else.
func (g grid) addDriver(at geo.Point, status driver.Status) {
	switch status {
	case driver.Available:
		g.add(geo.CellOf(at, fineLength), counts{available: 1})
	case driver.Offered, driver.EnRoute, driver.Waiting, driver.Riding:
		g.add(geo.CellOf(at, fineLength), counts{busy: 1})
	}
}

// census sweeps the regions, and counts supply and demand in those that somebody
// sees from afar. The hub's mutex is held.
func (h *Hub) census(regions map[geo.Cell]*region, now time.Time) {
	afar := false
	for _, r := range regions {
		r.grid = nil
		if r.seenFromAfar() {
			r.grid, afar = grid{}, true
		}
		h.sweep(r, now)
	}
	if !afar {
		return
	}
	for _, t := range h.book.trips {
		if t.State != trip.Searching {
			continue
		}
		if r := regions[t.Cell()]; r != nil && r.grid != nil {
			r.grid.add(geo.CellOf(t.Pickup, fineLength), counts{open: 1})
		}
	}
}

func (r *region) seenFromAfar() bool {
	for o := range r.watchers {
		if o.afar {
			return true
		}
	}
	return false
}

// countNow counts the cells of an operator who does not wait for the next pulse.
func (h *Hub) countNow(cells map[geo.Cell]bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	regions := map[geo.Cell]*region{}
	for cell := range cells {
		if r := h.regions[cell]; r != nil {
			regions[cell] = r
		}
	}
	h.census(regions, h.Now())
}

// tellCells adds a frame of the cells whose counts are not those that were told
// last, if there are any; one that became empty is told with zeros. The first
// frame of a subscription is told even if it is empty.
func (o *Operator) tellCells() {
	latest := o.fromAfar()
	f := wire.CellsFrame{Type: wire.FrameCells, Cells: []wire.CellCount{}}
	tell := func(cell geo.Cell, c counts) {
		f.Cells = append(f.Cells, wire.CellCount{Cell: string(cell), Available: c.available, Busy: c.busy, Open: c.open})
	}
	for cell, c := range latest {
		if c != o.told[cell] {
			tell(cell, c)
		}
	}
	for cell := range o.told {
		if _, there := latest[cell]; !there {
			tell(cell, counts{})
		}
	}
	if len(f.Cells) > 0 || o.told == nil {
		slices.SortFunc(f.Cells, func(a, b wire.CellCount) int { return cmp.Compare(a.Cell, b.Cell) })
		o.out = append(o.out, Frame{Data: wire.Encode(f)})
	}
	o.told = latest
}

// fromAfar is supply and demand in the subscribed cells at the last pulse.
func (o *Operator) fromAfar() grid {
	length := coarseLength
	if len(o.cells) <= fineOwners {
		length = fineLength
	}
	o.hub.mu.Lock()
	grids := make([]grid, 0, len(o.cells))
	for cell := range o.cells {
		if r := o.hub.regions[cell]; r != nil {
			grids = append(grids, r.grid)
		}
	}
	o.hub.mu.Unlock()
	sum := grid{}
	for _, g := range grids {
		for cell, c := range g {
			sum.add(cell.Parent(length), c)
		}
	}
	return sum
}
