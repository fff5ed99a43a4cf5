package track

import (
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
)

// news is the latest location of a driver that is to be told, and in whose trays
// it waits. A driver has one, so a tray takes in a location by a pointer, and a
// newer location of a driver who waits already by nothing.
type news struct {
	mu     sync.Mutex
	latest driver.Location
	told   bool // there is one
	waits  [consumers]bool

	landed  uint64    // up to where the phone's positions are acknowledged, or may be
	counted string    // the session since which the phone counts so
	out     *outgoing // of the session that is open
}

// open lets acks go to a session from now on.
func (n *news) open(out *outgoing) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.out = out
}

// recount is for a phone that began to count anew in this session.
func (n *news) recount(session string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.landed, n.counted = 0, session
	if n.out != nil {
		n.out.recount()
	}
}

// land notes that a consumer has the location, and acknowledges what that says.
func (n *news) land(l *driver.Location) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if l.Seq <= n.landed || l.Session < n.counted {
		return
	}
	n.landed = l.Seq
	if n.out != nil {
		n.out.acknowledge(l.Seq)
	}
}

// acknowledged is up to where the phone's positions are acknowledged.
func (n *news) acknowledged() uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.landed
}

// tell replaces the latest location, unless that is newer, and lets it wait in
// the trays. One that is newer by far is from before the clock was set back.
func (n *news) tell(l driver.Location, trays []*tray) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.told && !l.Supersedes(n.latest) && n.latest.SeenAt.Sub(l.SeenAt) <= driver.ClocksApart {
		return
	}
	n.latest, n.told = l, true
	for _, t := range trays {
		n.wait(t)
	}
}

// wait puts the driver into the tray, once.
func (n *news) wait(t *tray) {
	if !n.waits[t.consumer] {
		n.waits[t.consumer] = true
		t.add(n)
	}
}

// consumers is how many trays a tracker has.
const consumers = 2

// tray holds the drivers whose latest location waits to leave for one consumer,
// in the order in which they came. It never has more entries than drivers who
// moved within the time that locations are kept. One goroutine takes from it.
type tray struct {
	consumer int           // its place in news.waits
	many     int           // entries that call for a flush
	full     chan struct{} // signals them; capacity one, coalescing

	mu      sync.Mutex
	waiting []*news
}

func newTray(consumer, many int) *tray {
	return &tray{consumer: consumer, many: many, full: make(chan struct{}, 1)}
}

func (t *tray) add(n *news) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = append(t.waiting, n)
	if len(t.waiting) == t.many {
		t.signal()
	}
}

// signal calls for a flush.
func (t *tray) signal() {
	select {
	case t.full <- struct{}{}:
	default:
	}
}

// batch is locations that were taken from a tray, and whose they are. Its memory
// is used again.
type batch struct {
	of        []*news
	locations []driver.Location
}

// take fills the batch with up to limit locations that waited longest.
func (t *tray) take(b *batch, limit int) {
	clear(b.of)
	clear(b.locations)
	b.of, b.locations = t.shift(b.of[:0], limit), b.locations[:0]
	for _, n := range b.of {
		n.mu.Lock()
		n.waits[t.consumer] = false
		b.locations = append(b.locations, n.latest)
		n.mu.Unlock()
	}
}

func (t *tray) shift(to []*news, limit int) []*news {
	t.mu.Lock()
	defer t.mu.Unlock()
	limit = min(limit, len(t.waiting))
	to = append(to, t.waiting[:limit]...)
	left := copy(t.waiting, t.waiting[limit:])
	clear(t.waiting[left:])
	t.waiting = t.waiting[:left]
	if left >= t.many {
		t.signal()
	}
	return to
}

// putBack lets drivers whose location was not delivered wait again, with what is
// the latest now, if that was seen since the given time.
func (t *tray) putBack(undelivered []*news, since time.Time) {
	for _, n := range undelivered {
		n.mu.Lock()
		if !n.latest.SeenAt.Before(since) {
			n.wait(t)
		}
		n.mu.Unlock()
	}
}

func (t *tray) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waiting)
}
