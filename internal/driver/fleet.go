package driver

import (
	"cmp"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/cabstand/cabstand/geo"
)

// Wanted says which drivers a search is for. The zero Wanted is for all.
type Wanted struct {
	Class     Class     // "" for any
	Seats     int       // at least
	Available bool      // only drivers who said that they are
	SeenSince time.Time // only positions received then or later; zero for any
}

// Accepts reports whether l is wanted.
func (w Wanted) Accepts(l Location) bool {
	return (w.Class == "" || l.Class == w.Class) && l.Seats >= w.Seats &&
		(l.Available || !w.Available) && !l.SeenAt.Before(w.SeenSince)
}

// Fleet is where the online drivers are: the latest Location of each, found by
// place. It is safe for concurrent use. Make one with NewFleet.
//
// Locations may come late, twice and by several ways, in any order: the newest
// by SeenAt stands. So that a late one does not bring back a driver who went
// offline, a Gone is remembered until Expire passes its SeenAt; whoever feeds a
// fleet calls Expire now and then, and it forgets who departed.
type Fleet struct {
	mu     sync.RWMutex
	latest map[string]*member // with those who are gone
	index  *geo.Index         // without them
	online []*member          // who is in the index, by slot
	moves  []geo.Move         // of the batch that is being applied

	roster   []*member // all of latest, by id once sorted
	unsorted bool
}

// member is a driver's latest location, and the index's name for it: none for one
// who is gone.
type member struct {
	Location
	handle geo.Handle
}

// NewFleet makes an empty fleet.
func NewFleet() *Fleet {
	return &Fleet{latest: map[string]*member{}, index: geo.NewIndex()}
}

// Apply takes over what is news: a Location that is Gone removes its driver, one
// older than what is known changes nothing, and neither does one that is not on
// the earth. Of two of the same time a Gone stands, else the one that is applied
// last.
func (f *Fleet) Apply(batch []Location) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range batch {
		if old, ok := f.latest[l.DriverID]; !ok || l.Supersedes(old.Location) {
			f.put(l, old)
		}
	}
	f.index.Move(f.moves...)
	f.moves = f.moves[:0]
}

// Supersedes reports whether l takes the place of old in a store of latest
// locations.
func (l Location) Supersedes(old Location) bool {
	if l.SeenAt.Equal(old.SeenAt) {
		return l.Gone || !old.Gone
	}
	return l.SeenAt.After(old.SeenAt)
}

// put takes over news of a driver, of whom nothing may be known (nil). Who moves
// within the index is moved at the end of the batch, with the others: it works on
// many faster than on each.
func (f *Fleet) put(l Location, known *member) {
	if !l.Gone && !l.Point.Valid() {
		return
	}
	if known == nil {
		known = &member{Location: Location{Gone: true}}
		f.latest[l.DriverID] = known
		f.roster, f.unsorted = append(f.roster, known), true
	}
	switch {
	case l.Gone:
		f.leave(known)
	case known.Gone:
		f.enter(known, f.index.Put(l.DriverID, l.Point, l.SeenAt))
	default:
		f.moves = append(f.moves, geo.Move{Handle: known.handle, Point: l.Point, At: l.SeenAt})
	}
	known.Location = l
}

func (f *Fleet) enter(m *member, h geo.Handle) {
	slot := h.Slot()
	f.online = slices.Grow(f.online, max(0, slot+1-len(f.online)))
	f.online = f.online[:max(len(f.online), slot+1)]
	f.online[slot], m.handle = m, h
}

// leave takes the driver out of the index, and reports whether it was there.
func (f *Fleet) leave(m *member) bool {
	if m.handle == 0 {
		return false
	}
	f.online[m.handle.Slot()], m.handle = nil, 0
	return f.index.Remove(m.DriverID)
}

// at is who was found: nil for one who has left since.
func (f *Fleet) at(h geo.Handle) *member {
	if m := f.online[h.Slot()]; m != nil && m.handle == h {
		return m
	}
	return nil
}

// Expire forgets every driver who was last seen before the given time, and
// returns the ids of those who were online, sorted.
func (f *Fleet) Expire(before time.Time) []string {
	return f.forget(func(l *Location) bool { return l.SeenAt.Before(before) })
}

// Recede forgets every driver who was last seen after the given time, like
// Expire. What a clock told before it was set back would stand against
// everything that it tells from then on.
func (f *Fleet) Recede(after time.Time) []string {
	return f.forget(func(l *Location) bool { return l.SeenAt.After(after) })
}

func (f *Fleet) forget(whom func(*Location) bool) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var expired []string
	f.roster = slices.DeleteFunc(f.roster, func(l *member) bool {
		if !whom(&l.Location) {
			return false
		}
		if f.leave(l) {
			expired = append(expired, l.DriverID)
		}
		delete(f.latest, l.DriverID)
		return true
	})
	slices.Sort(expired)
	return expired
}

// Len is the number of drivers online.
func (f *Fleet) Len() int {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.index.Len()
}

// Get is where the driver is; ok is false for one who is not online.
func (f *Fleet) Get(driverID string) (l Location, ok bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	known, ok := f.latest[driverID]
	if !ok || known.Gone {
		return Location{}, false
	}
	return known.Location, true
}

// Nearest is the up to limit drivers nearest to p, within radius metres
// (math.Inf(1) for no limit), whom keep accepts (nil accepts all), nearest
// first. keep must not call the fleet.
func (f *Fleet) Nearest(p geo.Point, limit int, radius float64, keep func(Location) bool) []Located {
	if limit <= 0 {
		return nil
	}
	scratch := hitsPool.Get().(*[]geo.Hit)
	defer hitsPool.Put(scratch)
	// Looking a driver up costs more than finding one. So first some more are
	// found than wanted, and only those are looked up; where that is not enough,
	// all on the way outward are.
	for _, k := range [2]int{limit + limit/2 + 8, 8 * limit} {
		*scratch = f.index.Nearest((*scratch)[:0], p, k, radius, nil)
		if found := f.kept(*scratch, p, limit, radius, keep); len(found) == limit || len(*scratch) < k {
			return found
		}
	}
	return f.nearestKept(p, limit, radius, keep)
}

var hitsPool = sync.Pool{New: func() any { return new([]geo.Hit) }}

// kept is the first of the hits whom keep accepts, where they are by now.
func (f *Fleet) kept(hits []geo.Hit, p geo.Point, limit int, radius float64, keep func(Location) bool) []Located {
	found, moved := make([]Located, 0, min(limit, len(hits))), false
	f.mu.RLock()
	for _, h := range hits {
		l := f.at(h.Handle)
		if l == nil || keep != nil && !keep(l.Location) {
			continue
		}
		if l.Point != h.Point { // since the search
			h.Metres, moved = geo.Distance(p, l.Point), true
		}
		if found = append(found, Located{Location: l.Location, Metres: h.Metres}); len(found) == limit {
			break
		}
	}
	f.mu.RUnlock()
	if !moved {
		return found
	}
	found = slices.DeleteFunc(found, func(l Located) bool { return l.Metres > radius })
	slices.SortFunc(found, func(a, b Located) int {
		return cmp.Or(cmp.Compare(a.Metres, b.Metres), cmp.Compare(a.DriverID, b.DriverID))
	})
	return found
}

// nearestKept looks up whoever comes into question.
func (f *Fleet) nearestKept(p geo.Point, limit int, radius float64, keep func(Location) bool) []Located {
	f.mu.RLock()
	defer f.mu.RUnlock()
	hits := f.index.Nearest(nil, p, limit, radius, func(id string) bool {
		return keep == nil || keep(f.latest[id].Location)
	})
	found := make([]Located, len(hits))
	for i, h := range hits {
		found[i] = Located{Location: f.at(h.Handle).Location, Metres: h.Metres}
	}
	return found
}

// Select is the drivers online whom keep accepts, in order of id. keep must not
// call the fleet.
func (f *Fleet) Select(keep func(Location) bool) []Location {
	var selected []Location
	f.Each(func(l *Location) {
		if keep(*l) {
			selected = append(selected, *l)
		}
	})
	return selected
}

// Each shows every driver online, in order of id. see must not call the fleet,
// nor keep or change what it is shown.
func (f *Fleet) Each(see func(*Location)) {
	f.sort()
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, l := range f.roster {
		if !l.Gone {
			see(&l.Location)
		}
	}
}

// sort puts the roster in order. Who comes between it and the next read is seen
// at its end.
func (f *Fleet) sort() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.unsorted {
		slices.SortFunc(f.roster, func(a, b *member) int { return cmp.Compare(a.DriverID, b.DriverID) })
		f.unsorted = false
	}
}

// Outward goes through the drivers in the order of their distance from p and
// works no further than it is read. The fleet takes nothing in meanwhile: read
// what you need and leave, and do not call the fleet from within.
func (f *Fleet) Outward(p geo.Point) iter.Seq[Located] {
	return func(yield func(Located) bool) {
		f.mu.RLock()
		defer f.mu.RUnlock()
		for h := range f.index.Outward(p) {
			if !yield(Located{Location: f.at(h.Handle).Location, Metres: h.Metres}) {
				return
			}
		}
	}
}

// InBox is the drivers in b, in no order.
func (f *Fleet) InBox(b geo.Box) []Location {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.all(f.index.InBox(nil, b))
}

// InCell is the drivers in the cell, in no order.
func (f *Fleet) InCell(cell geo.Cell) []Location {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.all(f.index.InCell(nil, cell))
}

func (f *Fleet) all(ids []string) []Location {
	found := make([]Location, len(ids))
	for i, id := range ids {
		found[i] = f.latest[id].Location
	}
	return found
}
