package dispatch

import (
	"cmp"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/trip"
)

// entry is a trip in the book.
type entry struct {
	trip *trip.Trip
	// whole is false when the trip came by an event, without its offer and
	// exclusions: whoever wants to act on it reads it from the store first.
	whole bool
	// since is when this dispatcher first knew of the driver on the trip: a
	// driver is not called lost for a silence that nobody here listened to.
	since time.Time
	end   foresight // of the ride
	row   *row      // in the round of this tick, of an assigned trip that may change drivers
	areas *areas    // those in which the pickup was looked for; nil for none yet
	area  int       // which of them it lies in, -1 for none

	id          string
	requestedAt time.Time
	cell        geo.Cell // of the pickup
	key         uint64   // of the trip, for the solver's memory
}

// book is every trip that is not final, as far as this dispatcher knows: the
// ones it owns to work on, the others to know which drivers they hold. The
// store is the truth; the book may lag, and the sweep mends it.
//
// It is read through at every tick, so what a tick asks for is kept in order
// and not looked for.
type book struct {
	entries map[string]*entry
	order   []*entry             // the oldest request first, ties by id
	holds   map[string]hold      // by driver
	cells   map[geo.Cell]int     // how many trips each has
	idle    map[string]time.Time // drivers, when their last ride ended or they were first seen
}

// hold is the trips that have a claim on a driver, by slot as far as known: a
// place is only where the entry was put, its claim says which slot it is.
type hold [2]*entry

func newBook() *book {
	return &book{entries: map[string]*entry{}, holds: map[string]hold{}, cells: map[geo.Cell]int{}, idle: map[string]time.Time{}}
}

// set takes over what the store says, which is never wrong.
func (b *book) set(t *trip.Trip, now time.Time) { b.write(t, true, now) }

// hear takes over what somebody told, unless the book knows better.
func (b *book) hear(t *trip.Trip, whole bool, now time.Time) {
	old, known := b.entries[t.ID]
	if known && (newer(old.trip, t) || (old.whole && !whole && old.trip.Version == t.Version)) {
		return
	}
	b.write(t, whole, now)
}

func (b *book) write(t *trip.Trip, whole bool, now time.Time) {
	if t.State.Final() {
		b.drop(t.ID)
		if t.State == trip.Completed {
			b.idle[t.DriverID] = now
		}
		return
	}
	e, known := b.entries[t.ID]
	if !known {
		b.insert(&entry{
			trip: t, whole: whole, since: now, id: t.ID, requestedAt: t.RequestedAt, cell: t.Cell(), key: keyOf(t.ID),
		})
		return
	}
	if e.trip.DriverID != t.DriverID || t.DriverID == "" {
		e.since = now
	}
	if e.trip.DriverID != t.DriverID || e.trip.State != t.State {
		e.end = foresight{}
	}
	before := e.trip
	e.trip, e.whole = t, whole
	b.rehold(e, before)
}

// insert puts a trip into its place.
func (b *book) insert(e *entry) {
	b.entries[e.id] = e
	at, _ := slices.BinarySearchFunc(b.order, e, older)
	b.order = slices.Insert(b.order, at, e)
	b.cells[e.cell]++
	if c, ok := e.trip.Claim(); ok {
		b.take(e, c)
	}
}

// drop forgets a trip, if it is there.
func (b *book) drop(id string) {
	e, known := b.entries[id]
	if !known {
		return
	}
	delete(b.entries, id)
	if at, found := slices.BinarySearchFunc(b.order, e, older); found {
		b.order = slices.Delete(b.order, at, at+1)
	}
	if b.cells[e.cell]--; b.cells[e.cell] == 0 {
		delete(b.cells, e.cell)
	}
	if c, ok := e.trip.Claim(); ok {
		b.release(e, c)
	}
}

// older orders by the time of the request; ties by id, so that the order is the
// same everywhere.
func older(x, y *entry) int {
	return cmp.Or(x.requestedAt.Compare(y.requestedAt), cmp.Compare(x.id, y.id))
}

// rehold brings the holds up to date after the trip of e changed.
func (b *book) rehold(e *entry, before *trip.Trip) {
	was, had := before.Claim()
	is, has := e.trip.Claim()
	if was == is && had == has {
		return
	}
	if had {
		b.release(e, was)
	}
	if has {
		b.take(e, is)
	}
}

// take notes a claim, beside another that the driver may be under. News of two
// trips may come in the wrong order, so a slot may seem taken for a moment.
func (b *book) take(e *entry, c trip.Claim) {
	h := b.holds[c.DriverID]
	h[h.placeFor(c.Slot)] = e
	b.holds[c.DriverID] = h
}

// placeFor is where to put an entry: where there is room, else in place of the
// one that the slot is taken from. In an exchange that one is heard of later.
func (h hold) placeFor(slot int) int {
	place := min(max(slot, 0), 1)
	if h[place] == nil {
		return place
	}
	other := h[1-place]
	if other == nil {
		return 1 - place
	}
	if c, ok := other.trip.Claim(); ok && c.Slot == slot {
		return 1 - place
	}
	return place
}

func (b *book) release(e *entry, c trip.Claim) {
	h, ok := b.holds[c.DriverID]
	if !ok {
		return
	}
	for place := range h {
		if h[place] == e {
			h[place] = nil
		}
	}
	if h == (hold{}) {
		delete(b.holds, c.DriverID)
		return
	}
	b.holds[c.DriverID] = h
}

// only is the one trip that holds the driver; nil if it is not just one.
func (h hold) only() *entry {
	switch {
	case h[1] == nil:
		return h[0]
	case h[0] == nil:
		return h[1]
	}
	return nil
}

// slot is the trip that holds the driver in the slot, nil for none.
func (h hold) slot(slot int) *entry {
	for _, e := range h {
		if e == nil {
			continue
		}
		if c, ok := e.trip.Claim(); ok && c.Slot == slot {
			return e
		}
	}
	return nil
}

// keepOnly drops the trips that a sweep did not find and that were known
// before it began.
func (b *book) keepOnly(found map[string]bool, before []string) {
	for _, id := range before {
		if !found[id] {
			b.drop(id)
		}
	}
}

func (b *book) ids() []string {
	ids := make([]string, len(b.order))
	for i, e := range b.order {
		ids[i] = e.id
	}
	return ids
}

// oldestFirst is the trips that pass keep, the oldest request first.
func (b *book) oldestFirst(keep func(*entry) bool) []*entry {
	var entries []*entry
	for _, e := range b.order {
		if keep(e) {
			entries = append(entries, e)
		}
	}
	return entries
}

// keyOf is a number that stands for an id (FNV-1a): the same on every machine.
func keyOf(id string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return h
}

// newer reports whether a is a later stand of the same trip than b: by version,
// then by how far the newest offer has come. That goes by the clocks of those who
// changed it, which may be set back: it orders news, and never stands against
// the store.
func newer(a, b *trip.Trip) bool {
	if a.Version != b.Version {
		return a.Version > b.Version
	}
	return offerProgress(a.Offer).After(offerProgress(b.Offer))
}

// offerProgress is when the offer last changed.
func offerProgress(o *trip.Offer) time.Time {
	if o == nil {
		return time.Time{}
	}
	last := o.CreatedAt
	for _, at := range []time.Time{o.ReceivedAt, o.ClosedAt} {
		if at.After(last) {
			last = at
		}
	}
	return last
}
