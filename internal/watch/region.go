package watch

import (
	"context"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// lostAfter is how long a silent driver stays on the map.
const lostAfter = 2 * time.Minute

// region is an owner cell that operators watch: who is there, as the feed has
// it. It is guarded by the hub's mutex.
type region struct {
	cell     geo.Cell
	stop     func() // of the feed; nil until it is followed
	watchers map[*Operator]struct{}
	drivers  map[string]*onMap
	counts   map[driver.Status]int // of the last pulse
	grid     grid                  // of the last pulse, replaced by the next; nil where nobody looks from afar
}

// onMap is a driver in a region.
type onMap struct {
	driver.Location
	told driver.Status // when the driver was touched last
}

// watch makes o a watcher of what it wants and of nothing else, and gives back
// the regions that are to be followed: the new ones, and those that whoever came
// first has not followed yet, and may fail to.
func (h *Hub) watch(o *Operator, wanted subscription) (fresh []*region) {
	h.mu.Lock()
	released := h.unwatch(o, wanted.cells)
	for cell := range wanted.cells {
		r := h.regions[cell]
		if r == nil {
			r = &region{cell: cell, watchers: map[*Operator]struct{}{}, drivers: map[string]*onMap{}}
			h.regions[cell] = r
		}
		if r.stop == nil {
			fresh = append(fresh, r)
		}
		r.watchers[o] = struct{}{}
	}
	o.subscription = wanted
	h.mu.Unlock()
	stopAll(released)
	return fresh
}

// unwatch takes o off all regions but those to keep, and gives back the feeds
// that nobody needs any more: to be stopped without the lock.
func (h *Hub) unwatch(o *Operator, keep map[geo.Cell]bool) (feeds []func()) {
	for cell := range o.cells {
		r := h.regions[cell]
		if keep[cell] || r == nil {
			continue
		}
		delete(r.watchers, o)
		if len(r.watchers) > 0 {
			continue
		}
		delete(h.regions, cell)
		if r.stop != nil {
			feeds = append(feeds, r.stop)
		}
	}
	return feeds
}

func stopAll(feeds []func()) {
	for _, stop := range feeds {
		stop()
	}
}

// follow starts the feeds of new regions and fills them from the shared store.
// Where that does not answer, the feed fills them within seconds.
func (h *Hub) follow(ctx context.Context, fresh []*region) error {
	cells := make([]geo.Cell, 0, len(fresh))
	for _, r := range fresh {
		if err := h.followOne(r); err != nil {
			return err
		}
		cells = append(cells, r.cell)
	}
	if len(cells) == 0 {
		return nil
	}
	found, err := h.Locations.InCells(ctx, cells)
	if err != nil {
		h.Log.Debug("drivers not read; the feed will tell", "err", err)
		return nil
	}
	byCell := map[geo.Cell][]driver.Location{}
	for _, l := range found {
		cell := geo.CellOf(l.Point, geo.OwnerLength)
		byCell[cell] = append(byCell[cell], l)
	}
	for _, r := range fresh {
		h.locate(r, byCell[r.cell])
	}
	return nil
}

func (h *Hub) followOne(r *region) error {
	stop, err := h.Positions.Follow(r.cell, func(batch []driver.Location) { h.locate(r, batch) })
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "the feed of positions cannot be followed")
	}
	h.mu.Lock()
	needed := h.regions[r.cell] == r && r.stop == nil // else everybody left meanwhile, or another one follows it
	if needed {
		r.stop = stop
	}
	h.mu.Unlock()
	if !needed {
		stop()
	}
	return nil
}

// locate takes in positions of a region's drivers. Older ones than the known
// change nothing.
func (h *Hub) locate(r *region, batch []driver.Location) {
	now := h.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range batch {
		known := r.drivers[l.DriverID]
		if known != nil && l.SeenAt.Before(known.SeenAt) || !l.Fresh(now, lostAfter) {
			continue
		}
		if l.Gone || geo.CellOf(l.Point, geo.OwnerLength) != r.cell {
			delete(r.drivers, l.DriverID)
		} else {
			r.drivers[l.DriverID] = &onMap{Location: l, told: h.statusOf(l, now)}
		}
		r.touch(l.DriverID)
	}
}

// touch notes for every watcher that there is something to tell of the driver.
func (r *region) touch(driverID string) {
	for o := range r.watchers {
		if !o.afar {
			o.touch(r.cell, driverID)
		}
	}
}

// sweep drops drivers who were silent for long, touches those whose status
// changed without a new position, and counts.
func (h *Hub) sweep(r *region, now time.Time) {
	r.counts = map[driver.Status]int{}
	for id, d := range r.drivers {
		if !d.Fresh(now, lostAfter) {
			delete(r.drivers, id)
			r.touch(id)
			continue
		}
		status := h.statusOf(d.Location, now)
		if status != d.told {
			d.told = status
			r.touch(id)
		}
		r.counts[status]++
		if r.grid != nil {
			r.grid.addDriver(d.Point, status)
		}
	}
}

// statusOf is what the driver is doing, as far as positions and trip events
// tell: a pending offer has no event.
func (h *Hub) statusOf(l driver.Location, now time.Time) driver.Status {
	switch t := h.book.tripOf(l.DriverID); {
	case !l.Fresh(now, h.Fresh):
		return driver.Silent
	case t != nil:
		return t.DriverStatus()
	case l.Available:
		return driver.Available
	}
	return driver.Offline
}

// onMapNow is the driver as operators see it; Offline when the driver left the
// region.
func (h *Hub) onMapNow(r *region, driverID string, now time.Time) wire.DriverOnMap {
	d := r.drivers[driverID]
	if d == nil {
		return wire.DriverOnMap{ID: driverID, Status: driver.Offline}
	}
	m := wire.DriverOnMap{
		ID: d.DriverID, Lat: d.Lat, Lon: d.Lon, Heading: d.Heading, Speed: d.Speed, Accuracy: d.Accuracy,
		Status: h.statusOf(d.Location, now), Class: string(d.Class), AgeS: d.Age(now).Seconds(),
	}
	if t := h.book.tripOf(driverID); t != nil {
		m.TripID = t.ID
	}
	return m
}
