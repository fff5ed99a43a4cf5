package sim

import (
	"errors"
	"fmt"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

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
func (l *ledger) requested(riderID string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.check.Asked(riderID, now)
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
	l.note(Note{At: now, Kind: Acknowledged, Who: t.RiderID, Key: t.RiderID, Trip: t})
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
	l.note(Note{At: now, Kind: Told, Who: riderID, Trip: t})
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
	l.check.Read(t, asked, now)
	l.check.Expect(riderID, t, now)
	l.note(Note{At: now, Kind: Told, Who: riderID, Trip: t})
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
	l.check.Read(t, asked, now)
	l.note(Note{At: now, Kind: Told, Trip: t})
	a := l.open[t.ID]
	l.check.Expect(a.rider, t, now)
	since, online := l.sessions[t.DriverID]
	switch {
	case t.State == trip.Searching && now.Sub(a.asked) > time.Duration(t.Epoch)*searchLimit:
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
