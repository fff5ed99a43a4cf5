package sim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
	"github.com/coder/websocket"
)

// ledger is where all clients of a run write what they saw: it counts, and has
// it checked. It is safe for concurrent use.
type ledger struct {
	mu      sync.Mutex
	report  Report // its maps, counts and start; the rest is made when asked for
	check   *Checker
	tell    func(Note) // may be nil
	endless bool       // trips that are over are counted and forgotten

	open     map[string]*account // acknowledged trips that are not over, or not read back yet
	over     map[trip.State]int  // trips that were forgotten, by their last state
	assigned sample
	arrived  sample
	offered  sample
	sessions map[string]time.Time // since when each driver is online

	early map[string]time.Time // first offers that came before the acknowledgement, by trip
}

// account is an acknowledged trip.
type account struct {
	rider             string
	asked             time.Time
	offered           bool
	assigned, arrived bool
}

func newLedger(endless bool, started time.Time) *ledger {
	l := &ledger{
		report: Report{
			StartedAt: started, Refused: map[string]int{}, Rejected: map[string]int{},
			Errors: map[string]int{}, HTTP: map[string]int{}, Closed: map[string]int{},
		},
		check: NewChecker(), endless: endless,
		open: map[string]*account{}, over: map[trip.State]int{},
		early: map[string]time.Time{}, sessions: map[string]time.Time{},
	}
	if endless {
		l.check.Keep = keepEndless
	}
	return l
}

// keepEndless is how long a run without an end remembers what it saw.
const keepEndless = 20 * time.Minute

// snapshot is the report as of now.
func (l *ledger) snapshot(now time.Time) Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.check.Tick(now)
	r := l.report
	r.TookS = now.Sub(r.StartedAt).Seconds()
	r.Refused, r.Rejected = maps.Clone(r.Refused), maps.Clone(r.Rejected)
	r.Errors, r.HTTP, r.Closed = maps.Clone(r.Errors), maps.Clone(r.HTTP), maps.Clone(r.Closed)
	r.WaitAssigned, r.WaitArrived, r.OfferLatency = l.assigned.spread(), l.arrived.spread(), l.offered.spread()
	r.States = maps.Clone(l.over)
	for id := range l.open {
		if t, ok := l.check.Trip(id); ok {
			r.States[t.State]++
		}
	}
	r.Violations = slices.Clone(l.check.Violations())
	return r
}

// answered counts an HTTP answer.
func (l *ledger) answered(status string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.HTTP[status]++
}

// What phones of drivers see.

func (l *ledger) phoneOpened() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.Online++
}

func (l *ledger) phoneGone(driverID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.Online--
	delete(l.sessions, driverID)
}

// phoneClosed notes that a session ended, or could not be opened.
func (l *ledger) phoneClosed(driverID string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.DriverReconnect++
	l.report.Closed[endOf(err)]++
	l.check.Reconnected(driverID)
}

// endOf names the end of a session for the tally.
func endOf(err error) string {
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		return strconv.Itoa(int(closed.Code))
	}
	return "broken"
}

// heard notes a frame from the engine to a driver.
func (l *ledger) heard(driverID string, h heard, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch h.Type {
	case wire.FrameHello:
		l.sessions[driverID] = now
	case wire.FrameOffer:
		l.report.Offers++
		l.check.Offered(driverID, h.offer, now)
		l.note(Note{At: now, Kind: Offered, Who: driverID, OfferID: h.offer.OfferID, Trip: wire.Trip{ID: h.offer.TripID, Epoch: h.offer.Epoch}})
		l.firstOffer(h.offer.TripID, now)
	case wire.FrameOfferClosed:
		l.check.OfferEnded(driverID, h.OfferID)
	case wire.FrameTrip:
		l.check.DriverTrip(driverID, h.trip, now)
		l.note(Note{At: now, Kind: Told, Who: driverID, Trip: h.trip})
		l.milestones(h.trip, now)
	case wire.FrameRejected:
		l.report.Rejected[string(h.Code)]++
	case wire.FrameError:
		l.report.Errors[string(h.Code)]++
		if h.Ref != "" && !passing(h.Code) {
			l.check.OfferEnded(driverID, h.Ref)
		}
	}
}

// passing reports whether trying again later may help.
func passing(code fault.Code) bool {
	return code == fault.Unavailable || code == fault.RateLimited || code == fault.Internal
}

// said notes a frame from a driver to the engine.
func (l *ledger) said(driverID string, frame any, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch f := frame.(type) {
	case positionFrame:
		l.report.Positions++
	case tripStep:
		l.check.Stepped(driverID, f.TripID, f.Epoch, brings[f.Type], now)
	case offerStep:
		switch f.Type {
		case wire.FrameAccept:
			l.report.Accepts++
			l.note(Note{At: now, Kind: Accepted, Who: driverID, OfferID: f.OfferID})
		case wire.FrameDecline:
			l.report.Declines++
			l.check.OfferEnded(driverID, f.OfferID)
		}
	}
}

// garbled notes a frame that could not be read.
func (l *ledger) garbled(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.Garbled++
	l.report.Errors[fmt.Sprintf("unreadable: %v", err)]++
}
