package dispatch

import (
	"sync"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// inboxLimit bounds what waits between two ticks. Over it the inbox forgets
// everything and asks for a sweep, which finds it all again.
const inboxLimit = 100_000

// inbox collects news of trips between two ticks, the latest for each trip.
type inbox struct {
	mu       sync.Mutex
	news     map[string]news
	overflow bool
}

// news is a trip as somebody told of it, or only its id, to be read.
type news struct {
	trip  *trip.Trip
	whole bool
}

// changed takes a trip that was just committed in this process.
func (in *inbox) changed(t *trip.Trip) { in.put(t.ID, news{trip: t, whole: true}) }

// nudged takes word of a change elsewhere that has no event.
func (in *inbox) nudged(n wire.Nudge) { in.put(n.TripID, news{}) }

// told takes an event. It is as good as a look into the store only for trips
// that others own; see entry.whole.
func (in *inbox) told(ev trip.Event) {
	t := ev.Trip
	in.put(ev.TripID, news{trip: &t})
}

func (in *inbox) put(id string, n news) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.news) >= inboxLimit {
		in.news, in.overflow = nil, true
		return
	}
	if in.news == nil {
		in.news = map[string]news{}
	}
	if old, ok := in.news[id]; ok && !supersedes(n, old) {
		return
	}
	in.news[id] = n
}

// supersedes reports whether n is to be kept in place of old. A bare nudge wins
// over all: whoever reads the store after it cannot be wrong.
func supersedes(n, old news) bool {
	switch {
	case n.trip == nil:
		return true
	case old.trip == nil:
		return false
	case n.trip.Version == old.trip.Version && old.whole && !n.whole:
		return false
	}
	return !newer(old.trip, n.trip)
}

// take empties the inbox.
func (in *inbox) take() (all map[string]news, overflow bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	all, overflow = in.news, in.overflow
	in.news, in.overflow = nil, false
	return all, overflow
}
