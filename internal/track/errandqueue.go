package track

import (
	"sync"

	"github.com/cabstand/cabstand/internal/wire"
)

// errand is something to be done with a dispatcher, or on the driver's line.
type errand int

const (
	errandNone     errand = iota
	errandAnnounce        // the session, again
	errandOrder           // of the driver
	errandConnect         // again, since nobody answered
	errandWays            // send what waits of the driver's way
	errandStand           // ask how trips stand of which nothing was heard
	errandKinds
)

// errands is what waits to be done for a session. Orders wait in their order and
// up to a limit; of everything else there is one at most. It is done by one
// goroutine, which is there only while there is something.
type errands struct {
	limit int

	mu     sync.Mutex
	start  func() // starts a runner, which calls next until there is nothing; nil before open
	runs   bool   // there is a runner
	closed bool
	orders []wire.DriverFrame
	waits  [errandKinds]bool
}

// open has runners started from now on, by start, which must not block. What
// was to be done before begins.
func (es *errands) open(start func()) {
	es.mu.Lock()
	defer es.mu.Unlock()
	if es.start = start; len(es.orders) > 0 || es.waits != [errandKinds]bool{} {
		es.signal()
	}
}

// order adds an order; false: too many wait.
func (es *errands) order(f wire.DriverFrame) bool {
	es.mu.Lock()
	defer es.mu.Unlock()
	if len(es.orders) >= es.limit {
		return false
	}
	es.orders = append(es.orders, f)
	es.signal()
	return true
}

// wake adds an errand that is no order.
func (es *errands) wake(e errand) {
	es.mu.Lock()
	defer es.mu.Unlock()
	if !es.closed {
		es.waits[e] = true
		es.signal()
	}
}

// close takes no more. The orders that wait are carried out, and last the
// driver's way is sent.
func (es *errands) close() {
	es.mu.Lock()
	defer es.mu.Unlock()
	es.closed, es.waits = true, [errandKinds]bool{errandWays: true}
	es.signal()
}

// next removes what is to be done now. After errandNone the runner is to end.
func (es *errands) next() (errand, wire.DriverFrame) {
	es.mu.Lock()
	defer es.mu.Unlock()
	if len(es.orders) > 0 {
		f := es.orders[0]
		es.orders[0] = wire.DriverFrame{}
		es.orders = es.orders[1:]
		return errandOrder, f
	}
	for e := range es.waits {
		if es.waits[e] {
			es.waits[e] = false
			return errand(e), wire.DriverFrame{}
		}
	}
	es.runs, es.orders = false, nil
	return errandNone, wire.DriverFrame{}
}

func (es *errands) signal() {
	if !es.runs && es.start != nil {
		es.runs = true
		es.start()
	}
}
