package track

import (
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
)

// tray holds the latest location of each driver that waits to leave for one
// consumer. It never has more entries than drivers who moved within the time
// that locations are kept.
type tray struct {
	many int           // entries that call for a flush
	full chan struct{} // signals them; capacity one, coalescing

	mu      sync.Mutex
	waiting map[string]driver.Location
}

func newTray(many int) *tray {
	return &tray{many: many, full: make(chan struct{}, 1), waiting: map[string]driver.Location{}}
}

// put replaces what waits of the driver, unless that is newer.
func (t *tray) put(l driver.Location) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if was, ok := t.waiting[l.DriverID]; ok && !l.Supersedes(was) {
		return
	}
	t.waiting[l.DriverID] = l
	if len(t.waiting) >= t.many {
		select {
		case t.full <- struct{}{}:
		default:
		}
	}
}

// take removes up to limit locations.
func (t *tray) take(limit int) []driver.Location {
	t.mu.Lock()
	defer t.mu.Unlock()
	batch := make([]driver.Location, 0, min(limit, len(t.waiting)))
	for id, l := range t.waiting {
		if len(batch) == limit {
			break
		}
		batch = append(batch, l)
		delete(t.waiting, id)
	}
	return batch
}

// putBack returns what could not be delivered: where nothing newer waits, and
// only what was seen since the given time.
func (t *tray) putBack(batch []driver.Location, since time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range batch {
		if _, newer := t.waiting[l.DriverID]; !newer && !l.SeenAt.Before(since) {
			t.waiting[l.DriverID] = l
		}
	}
}

func (t *tray) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waiting)
}
