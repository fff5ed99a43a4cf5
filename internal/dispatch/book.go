package dispatch

import (
	"cmp"
	"slices"
	"time"

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
}

// book is every trip that is not final, as far as this dispatcher knows: the
// ones it owns to work on, the others to know which drivers they hold. The
// store is the truth; the book may lag, and the sweep mends it.
type book struct {
	entries map[string]*entry
}

func newBook() *book { return &book{entries: map[string]*entry{}} }

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
		delete(b.entries, t.ID)
		return
	}
	since := now
	if old, known := b.entries[t.ID]; known && old.trip.DriverID == t.DriverID && t.DriverID != "" {
		since = old.since
	}
	b.entries[t.ID] = &entry{trip: t, whole: whole, since: since}
}

func (b *book) drop(id string) { delete(b.entries, id) }

// keepOnly drops the trips that a sweep did not find and that were known
// before it began.
func (b *book) keepOnly(found map[string]bool, before map[string]bool) {
	for id := range before {
		if !found[id] {
			delete(b.entries, id)
		}
	}
}

func (b *book) ids() map[string]bool {
	ids := make(map[string]bool, len(b.entries))
	for id := range b.entries {
		ids[id] = true
	}
	return ids
}

// oldestFirst is the trips that pass keep, the oldest request first; ties by
// id, so that the order is the same everywhere.
func (b *book) oldestFirst(keep func(*entry) bool) []*entry {
	var entries []*entry
	for _, e := range b.entries {
		if keep(e) {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(x, y *entry) int {
		return cmp.Or(x.trip.RequestedAt.Compare(y.trip.RequestedAt), cmp.Compare(x.trip.ID, y.trip.ID))
	})
	return entries
}

// busy is the trip that holds each claimed driver.
func (b *book) busy() map[string]string {
	busy := make(map[string]string, len(b.entries))
	for id, e := range b.entries {
		if c, ok := e.trip.Claim(); ok {
			busy[c.DriverID] = id
		}
	}
	return busy
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
