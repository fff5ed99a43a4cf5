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
	endless bool // trips that are over are counted and forgotten

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
		l.firstOffer(h.offer.TripID, now)
	case wire.FrameOfferClosed:
		l.check.OfferEnded(driverID, h.OfferID)
	case wire.FrameTrip:
		l.check.DriverTrip(driverID, h.trip, now)
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
func (l *ledger) said(driverID string, frame any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch f := frame.(type) {
	case positionFrame:
		l.report.Positions++
	case offerStep:
		switch f.Type {
		case wire.FrameAccept:
			l.report.Accepts++
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

// What riders see.

func (l *ledger) streamOpened(riderID string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.check.StreamOpened(riderID, now)
}

func (l *ledger) streamClosed(riderID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.check.StreamClosed(riderID)
}

func (l *ledger) streamBroke(error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.RiderReconnect++
}

// requested notes that a rider is about to ask for a trip.
func (l *ledger) requested() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.Requests++
}

// notTaken notes that a request came to nothing.
func (l *ledger) notTaken(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.Refused[why(err)]++
}

func why(err error) string {
	var refused *refusal
	if errors.As(err, &refused) {
		return fmt.Sprintf("%d %s", refused.status, refused.code)
	}
	return "no answer"
}

// surprised notes a refusal that no client should get.
func (l *ledger) surprised(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.Errors["HTTP "+why(err)]++
}

// acknowledged notes that the engine took a request that was sent at asked.
func (l *ledger) acknowledged(t wire.Trip, asked, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.Acknowledged++
	a := &account{rider: t.RiderID, asked: asked}
	l.open[t.ID] = a
	// The answer to a repeated request is the first answer, as old as that: it
	// tells what the trip was, not what it is.
	l.check.document(t, now)
	if at, ok := l.early[t.ID]; ok {
		delete(l.early, t.ID)
		a.offered = true
		l.offered.add(at.Sub(asked))
	}
}

// maxEarly bounds the offers of trips that are not acknowledged: somebody else's
// riders may be about.
const maxEarly = 1000

// firstOffer measures how long the rider waited for an offer to be on a phone.
func (l *ledger) firstOffer(tripID string, now time.Time) {
	a, acknowledged := l.open[tripID]
	_, before := l.early[tripID]
	switch {
	case acknowledged && !a.offered:
		a.offered = true
		l.offered.add(now.Sub(a.asked))
	case !acknowledged && !before && len(l.early) < maxEarly:
		l.early[tripID] = now
	}
}

// streamTrip notes a trip frame on a rider's stream.
func (l *ledger) streamTrip(riderID string, t wire.Trip, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.check.StreamTrip(riderID, t, now)
	l.milestones(t, now)
}

// milestones measures the waiting times of a trip when they are first known.
func (l *ledger) milestones(t wire.Trip, now time.Time) {
	a, ok := l.open[t.ID]
	if !ok {
		return
	}
	if t.State == trip.Assigned && !a.assigned {
		a.assigned = true
		l.assigned.add(now.Sub(a.asked))
	}
	if t.State == trip.Arrived && !a.arrived {
		a.arrived = true
		l.arrived.add(now.Sub(a.asked))
	}
}

// read notes an answer about a trip.
func (l *ledger) read(riderID string, t wire.Trip, asked, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.check.Read(t, asked)
	l.check.Expect(riderID, t, now)
}

func (l *ledger) notFound(tripID string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.check.NotFound(tripID, now)
}

// riderDone notes that a rider saw the trip to its end.
func (l *ledger) riderDone(t wire.Trip) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.endless {
		return
	}
	l.over[t.State]++
	delete(l.open, t.ID)
}

// accounts are the acknowledged trips that were not forgotten, by id.
func (l *ledger) accounts() map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	riders := make(map[string]string, len(l.open))
	for id, a := range l.open {
		riders[id] = a.rider
	}
	return riders
}

// settle is how long after hello a driver has been told of the current trip.
const settle = 15 * time.Second

// searchLimit is how long the engine looks for a driver, with room for what it is
// slow in.
const searchLimit = 330 * time.Second

// audited notes an answer about a trip at the end of the run, and whether
// somebody works on it.
func (l *ledger) audited(t wire.Trip, asked, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.check.Read(t, asked)
	l.check.Expect(l.open[t.ID].rider, t, now)
	since, online := l.sessions[t.DriverID]
	switch {
	case t.State == trip.Searching && now.Sub(t.RequestedAt) > time.Duration(t.Epoch)*searchLimit:
		l.check.Stuck(t, now, "the search should be over")
	case t.State.HasDriver() && online && now.Sub(since) > settle && !l.check.told(t.ID, t.DriverID):
		l.check.Stuck(t, now, "the driver is online and was not told of it")
	}
}

// unread notes that a trip could not be asked for at the end of the run.
func (l *ledger) unread(string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.Unread++
}
