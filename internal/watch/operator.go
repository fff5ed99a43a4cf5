package watch

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// MaxCells is the most owner cells that an operator may watch at once.
const MaxCells = 64

// Operator sees all trips that are picked up in the subscribed cells, the
// drivers there, and the counts of the last minutes. From afar it sees supply
// and demand by cell, and neither trips nor drivers.
type Operator struct {
	*reader
	subscription // guarded by the hub's mutex; replaced, never changed

	told grid // what was told of cells; nil before. Of the caller of Next alone

	// Guarded by the reader's mutex.
	wanted *subscription                    // one to begin
	dirty  map[geo.Cell]map[string]struct{} // drivers there is something to tell of
	due    bool                             // the pulse came: dirty drivers are to be told
	stats  *wire.StatsFrame                 // latest, not told yet
}

// subscription is what an operator chose to see.
type subscription struct {
	cells map[geo.Cell]bool // owner cells; nil for none
	afar  bool              // counts by cell in place of trips and drivers
}

// Operator opens a reader that sees nothing until it subscribes.
func (h *Hub) Operator() *Operator {
	o := &Operator{reader: newReader(h, operatorQueue), dirty: map[geo.Cell]map[string]struct{}{}}
	o.fill = o.fillFrames
	o.leave = func() {
		var feeds []func()
		h.remove(func() {
			delete(h.operators, o)
			feeds = h.unwatch(o, nil)
			o.subscription = subscription{}
		})
		stopAll(feeds)
	}
	h.admit(o.reader, func() { h.operators[o] = struct{}{}; o.since = h.stale })
	return o
}

// Subscribe chooses what the operator sees, in place of what was chosen before.
// It may be called while another goroutine waits in Next.
func (o *Operator) Subscribe(f wire.SubscribeFrame) error {
	cells, err := ownerCells(f)
	if err != nil {
		return err
	}
	o.mu.Lock()
	o.wanted = &subscription{cells: cells, afar: f.Detail == wire.DetailCells}
	o.mu.Unlock()
	o.signal()
	return nil
}

// ownerCells is the owner cells that a subscription is about.
func ownerCells(f wire.SubscribeFrame) (map[geo.Cell]bool, error) {
	switch {
	case f.BBox != nil && f.Cells != nil, f.BBox == nil && len(f.Cells) == 0:
		return nil, fault.Field("cells", "cells or bbox is accepted, one of them")
	case f.BBox != nil:
		return boxCells(f.BBox)
	}
	cells := map[geo.Cell]bool{}
	for _, name := range f.Cells {
		cell, err := geo.ParseCell(strings.ToLower(name))
		if err != nil || len(cell) < geo.OwnerLength {
			return nil, fault.Field("cells", "%.20q is not accepted: geohashes of %d to 12 characters", name, geo.OwnerLength)
		}
		if cells[cell.Parent(geo.OwnerLength)] = true; len(cells) > MaxCells {
			return nil, fault.Field("cells", "too many: at most %d cells of length %d", MaxCells, geo.OwnerLength)
		}
	}
	return cells, nil
}

func boxCells(bbox []float64) (map[geo.Cell]bool, error) {
	if len(bbox) != 4 {
		return nil, fault.Field("bbox", "%d numbers are not accepted: 4, [west, south, east, north]", len(bbox))
	}
	box := geo.Box{West: bbox[0], South: bbox[1], East: bbox[2], North: bbox[3]}
	if !box.Valid() {
		return nil, fault.Field("bbox", "%v is not accepted: [west, south, east, north] in degrees, south below north", bbox)
	}
	covered, err := geo.CoverBox(box, geo.OwnerLength, MaxCells)
	if err != nil {
		return nil, fault.Field("bbox", "too large: it may reach at most %d cells of length %d", MaxCells, geo.OwnerLength)
	}
	cells := make(map[geo.Cell]bool, len(covered))
	for _, cell := range covered {
		cells[cell] = true
	}
	return cells, nil
}

func (o *Operator) fillFrames(ctx context.Context) error {
	if wanted := o.takeWanted(); wanted != nil {
		if err := o.begin(ctx, *wanted); err != nil {
			return err
		}
	}
	for _, ev := range o.take() {
		if !o.sees(ev.Trip.Cell()) {
			continue // it is of a subscription that was replaced
		}
		if err := o.tell(ctx, ev); err != nil {
			return err
		}
	}
	dirty, stats, due := o.takeDue()
	switch {
	case due && o.afar:
		o.tellCells()
	case due:
		o.out = append(o.out, o.positions(dirty)...)
	}
	if stats != nil {
		o.out = append(o.out, Frame{Data: wire.Encode(stats)})
	}
	return nil
}

func (o *Operator) takeWanted() *subscription {
	o.mu.Lock()
	defer o.mu.Unlock()
	wanted := o.wanted
	o.wanted = nil
	return wanted
}

// begin starts a subscription: confirmation, unfinished trips, drivers. Events
// and positions that come meanwhile wait, and are told afterwards or found to
// be told already.
func (o *Operator) begin(ctx context.Context, wanted subscription) error {
	if err := o.hub.wait(ctx); err != nil {
		return err
	}
	if err := o.hub.follow(ctx, o.hub.watch(o, wanted)); err != nil {
		return err
	}
	o.out = append(o.out, Frame{Data: wire.Encode(wanted.confirmed())})
	o.order = newOrder()
	if wanted.afar {
		o.hub.countNow(wanted.cells)
		o.told = nil
		o.tellCells()
		return nil
	}
	cells := wanted.cells
	for _, t := range o.hub.unfinishedIn(cells) {
		o.order.told(t, o.hub.Now())
		o.out = append(o.out, standFrame(t))
	}
	o.out = append(o.out, o.positions(o.everybody(cells))...)
	return nil
}

// sees reports whether events of trips in the owner cell are told.
func (s subscription) sees(cell geo.Cell) bool { return !s.afar && s.cells[cell] }

func (s subscription) confirmed() wire.SubscribedFrame {
	f := wire.SubscribedFrame{Type: wire.FrameSubscribed, Cells: []string{}, Detail: wire.DetailDrivers}
	for _, cell := range slices.Sorted(maps.Keys(s.cells)) {
		f.Cells = append(f.Cells, string(cell))
	}
	if s.afar {
		f.Detail = wire.DetailCells
	}
	return f
}

// unfinishedIn is the unfinished trips of the cells, the oldest first.
func (h *Hub) unfinishedIn(cells map[geo.Cell]bool) []*trip.Trip {
	h.mu.Lock()
	defer h.mu.Unlock()
	var trips []*trip.Trip
	for _, t := range h.book.trips {
		if !t.State.Final() && cells[t.Cell()] {
			trips = append(trips, t.Trip)
		}
	}
	slices.SortFunc(trips, func(a, b *trip.Trip) int { return a.RequestedAt.Compare(b.RequestedAt) })
	return trips
}

// touch notes that there is something to tell of a driver.
func (o *Operator) touch(cell geo.Cell, driverID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.end != nil {
		return
	}
	if o.dirty[cell] == nil {
		o.dirty[cell] = map[string]struct{}{}
	}
	o.dirty[cell][driverID] = struct{}{}
}

// pulsed tells the reader that dirty drivers may be told now.
func (o *Operator) pulsed(stats *wire.StatsFrame) {
	o.mu.Lock()
	o.due = true
	if stats != nil {
		o.stats = stats
	}
	o.mu.Unlock()
	o.signal()
}

func (o *Operator) takeDue() (dirty map[geo.Cell]map[string]struct{}, stats *wire.StatsFrame, due bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.due {
		return nil, nil, false
	}
	dirty, stats = o.dirty, o.stats
	o.dirty, o.stats, o.due = map[geo.Cell]map[string]struct{}{}, nil, false
	return dirty, stats, true
}

// everybody is the drivers of the cells. It takes them off those there is
// something to tell of: they are about to be told.
func (o *Operator) everybody(cells map[geo.Cell]bool) map[geo.Cell]map[string]struct{} {
	o.hub.mu.Lock()
	defer o.hub.mu.Unlock()
	o.mu.Lock()
	o.dirty = map[geo.Cell]map[string]struct{}{}
	o.mu.Unlock()
	all := map[geo.Cell]map[string]struct{}{}
	for cell := range cells {
		if r := o.hub.regions[cell]; r != nil {
			all[cell] = map[string]struct{}{}
			for id := range r.drivers {
				all[cell][id] = struct{}{}
			}
		}
	}
	return all
}

// positions makes a frame a cell of the latest that is known of the drivers. A
// driver who crossed into another watched cell is told there alone.
func (o *Operator) positions(drivers map[geo.Cell]map[string]struct{}) []Frame {
	h, now := o.hub, o.hub.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	var frames []Frame
	for _, cell := range slices.Sorted(maps.Keys(drivers)) {
		r := h.regions[cell]
		if r == nil || !o.cells[cell] {
			continue
		}
		f := wire.PositionsFrame{Type: wire.FramePositions, Cell: string(cell)}
		for _, id := range slices.Sorted(maps.Keys(drivers[cell])) {
			if m := h.onMapNow(r, id, now); m.Status != driver.Offline || !o.seesElsewhere(id) {
				f.Drivers = append(f.Drivers, m)
			}
		}
		if len(f.Drivers) > 0 {
			frames = append(frames, Frame{Data: wire.Encode(f)})
		}
	}
	return frames
}

// seesElsewhere reports whether the driver is on the operator's map in some
// watched cell.
func (o *Operator) seesElsewhere(driverID string) bool {
	for cell := range o.cells {
		if r := o.hub.regions[cell]; r != nil && r.drivers[driverID] != nil {
			return true
		}
	}
	return false
}
