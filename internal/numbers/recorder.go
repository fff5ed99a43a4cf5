// Package numbers keeps count of what an installation does, minute by minute, for
// the charts of operators.
//
// Each dispatcher counts what it commits and what its ticks do ([Recorder]), and
// stores the minute while it runs, so that one that is killed loses ten seconds
// at most. What is committed is counted where it is committed, hence once, and
// what all dispatchers stored is added up for the answer ([Recorder.Chart]).
package numbers

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/figures"
	"github.com/cabstand/cabstand/internal/match"
	"github.com/cabstand/cabstand/internal/trip"
)

// Store keeps the minutes of all dispatchers.
type Store interface {
	// SaveMinutes puts each row in the place of the one with the same time,
	// dispatcher and run.
	SaveMinutes(ctx context.Context, rows []figures.Row) error
	// Minutes is the rows that began at from or later, and before to.
	Minutes(ctx context.Context, from, to time.Time) ([]figures.Row, error)
	// PurgeMinutes forgets those that began before the given time.
	PurgeMinutes(ctx context.Context, before time.Time) (purged int, err error)
}

// Deps are what a recorder stands on.
type Deps struct {
	Dispatcher string // the id of this one
	Start      string // of this run of it
	Store      Store
	Live       func() []string // ids of the dispatchers that are live
	Lead       time.Duration   // how long before its time a booked ride is searched for
	Now        func() time.Time
	Log        *slog.Logger
}

const (
	saveEvery  = 10 * time.Second
	saveWithin = 5 * time.Second
	// pendingMax is how many minutes wait while the store is away: of a longer
	// outage the oldest are lost.
	pendingMax = 24 * 60
	purgeEvery = time.Hour
	// Kept is for how long minutes are kept.
	Kept = 8 * 24 * time.Hour
)

// Recorder counts for one dispatcher.
type Recorder struct {
	Deps

	mu      sync.Mutex
	minutes map[time.Time]*minute // by when they began: the one that runs, and those that are not stored

	failing bool // the store; of Run alone
}

type minute struct {
	figures.Minute
	dirty bool // there is something that is not stored
}

// New makes a recorder. Nothing is stored until Run.
func New(d Deps) *Recorder { return &Recorder{Deps: d, minutes: map[time.Time]*minute{}} }

// count has fn change the minute that runs.
func (r *Recorder) count(fn func(*figures.Minute)) {
	at := r.Now().UTC().Truncate(time.Minute)
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.minutes[at]
	if m == nil {
		m = &minute{}
		r.minutes[at] = m
		r.trim()
	}
	fn(&m.Minute)
	m.dirty = true
}

// trim forgets the oldest minute when there are too many.
func (r *Recorder) trim() {
	if len(r.minutes) <= pendingMax {
		return
	}
	var oldest time.Time
	for at := range r.minutes {
		if oldest.IsZero() || at.Before(oldest) {
			oldest = at
		}
	}
	delete(r.minutes, oldest)
}

// Tick is what a tick did.
type Tick struct {
	Took   time.Duration
	Open   int                // requests that waited for an offer
	Online int                // drivers in the cells of the dispatcher; negative where nobody looked
	Ages   []time.Duration    // of the positions that matching read
	Rungs  map[match.Rung]int // what the trips that were given a driver stood on
}

// Ticked counts a tick.
func (r *Recorder) Ticked(t Tick) {
	r.count(func(m *figures.Minute) {
		m.Tick.Add(t.Took)
		m.Open.See(t.Open)
		if t.Online >= 0 {
			m.Online.See(t.Online)
		}
		for _, age := range t.Ages {
			m.Age.Add(age)
		}
		for rung, n := range t.Rungs {
			m.Stood(string(rung), uint64(n))
		}
	})
}

// Requested counts a trip that was stored.
func (r *Recorder) Requested() { r.count(func(m *figures.Minute) { m.Requests++ }) }

// Exchanged counts the trips of an exchange that was committed: those that had no
// driver have one now.
func (r *Recorder) Exchanged(moves []trip.Move, trips []*trip.Trip) {
	for i, t := range trips {
		if moves[i].From == "" {
			r.served(t)
		}
	}
}

// served counts a trip that got its first driver, and how long it waited for
// that.
func (r *Recorder) served(t *trip.Trip) {
	if t.Epoch > 1 {
		return // it was counted when it got the one whom it lost
	}
	since := t.RequestedAt
	if begins := t.ScheduledFor.Add(-r.Lead); !t.ScheduledFor.IsZero() && begins.After(since) {
		since = begins
	}
	r.count(func(m *figures.Minute) {
		m.Served++
		m.Wait.Add(t.AssignedAt.Sub(since))
	})
}

// Watch wraps a change of a trip. When it was committed, committed counts what it
// did; it may have run several times before.
func (r *Recorder) Watch(change func(*trip.Trip) ([]trip.Event, error)) (watched func(*trip.Trip) ([]trip.Event, error), committed func(*trip.Trip)) {
	var state trip.State
	var pending string
	watched = func(t *trip.Trip) ([]trip.Event, error) {
		state, pending = t.State, ""
		if t.Offer.Pending() {
			pending = t.Offer.ID
		}
		return change(t)
	}
	return watched, func(t *trip.Trip) {
		if t.State != state {
			r.entered(t)
		}
		if o := t.Offer; o != nil && o.ID == pending && !o.Pending() {
			r.closed(o)
		}
	}
}

// entered counts a trip that came into the state that it is in.
func (r *Recorder) entered(t *trip.Trip) {
	switch t.State {
	case trip.Assigned:
		r.served(t)
	case trip.Expired:
		r.count(func(m *figures.Minute) { m.Expired++ })
	case trip.Cancelled:
		r.count(func(m *figures.Minute) { m.Cancelled++ })
	}
}

func (r *Recorder) closed(o *trip.Offer) {
	switch o.State {
	case trip.OfferAccepted:
		r.count(func(m *figures.Minute) { m.OffersAccepted++ })
	case trip.OfferDeclined:
		r.count(func(m *figures.Minute) { m.OffersDeclined++ })
	case trip.OfferExpired:
		r.count(func(m *figures.Minute) { m.OffersExpired++ })
	}
}

// Run stores what is counted, every few seconds and once more when ctx ends.
func (r *Recorder) Run(ctx context.Context) error {
	ticker := time.NewTicker(saveEvery)
	defer ticker.Stop()
	var purged time.Time
	for {
		r.save(ctx)
		if now := r.Now(); now.Sub(purged).Abs() >= purgeEvery {
			r.purge(ctx, now)
			purged = now
		}
		select {
		case <-ctx.Done():
			r.save(context.WithoutCancel(ctx))
			return nil
		case <-ticker.C:
		}
	}
}

// save stores what was counted since it was stored last.
func (r *Recorder) save(ctx context.Context) {
	rows := r.unsaved()
	if len(rows) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, saveWithin)
	defer cancel()
	if err := r.Store.SaveMinutes(ctx, rows); err != nil {
		r.again(rows)
		if !r.failing {
			r.Log.Warn("what was counted is not stored; trying again", "err", err)
		}
		r.failing = true
		return
	}
	r.failing = false
	r.forget()
}

// unsaved is copies of the minutes that have something new, which counts as
// stored from here on.
func (r *Recorder) unsaved() (rows []figures.Row) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for at, m := range r.minutes {
		if m.dirty {
			m.dirty = false
			rows = append(rows, figures.Row{At: at, Dispatcher: r.Dispatcher, Run: r.Start, Minute: m.Clone()})
		}
	}
	slices.SortFunc(rows, func(a, b figures.Row) int { return a.At.Compare(b.At) })
	return rows
}

// again notes that the rows were not stored after all.
func (r *Recorder) again(rows []figures.Row) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, row := range rows {
		if m := r.minutes[row.At]; m != nil {
			m.dirty = true
		}
	}
}

// forget drops minutes that are over and stored.
func (r *Recorder) forget() {
	running := r.Now().UTC().Truncate(time.Minute)
	r.mu.Lock()
	defer r.mu.Unlock()
	for at, m := range r.minutes {
		if !m.dirty && at.Before(running) {
			delete(r.minutes, at)
		}
	}
}

func (r *Recorder) purge(ctx context.Context, now time.Time) {
	if _, err := r.Store.PurgeMinutes(ctx, now.Add(-Kept)); err != nil && ctx.Err() == nil {
		r.Log.Debug("old minutes were not purged; trying again", "err", err)
	}
}

// Windows are how far back charts go, with the length of their steps.
var Windows = map[time.Duration]time.Duration{time.Hour: time.Minute, 24 * time.Hour: 10 * time.Minute}

// silentFor is after how long without a word from a live dispatcher an answer
// lacks something.
const silentFor = 2 * time.Minute

// Chart adds up what all dispatchers counted in the window that ends now. partial
// says that something is missing: the store did not answer, and this dispatcher
// tells what it has in memory alone, or a live dispatcher has stored nothing
// lately.
func (r *Recorder) Chart(ctx context.Context, window time.Duration) (chart *figures.Chart, partial bool) {
	step := cmp.Or(Windows[window], time.Minute)
	now := r.Now().UTC()
	steps := int(window / step)
	from := now.Truncate(step).Add(-time.Duration(steps-1) * step)
	rows, err := r.Store.Minutes(ctx, from, now.Add(time.Minute))
	if err != nil {
		r.Log.Debug("minutes not read: told from memory", "err", err)
		return figures.NewChart(from, step, steps, r.own(nil)), true
	}
	return figures.NewChart(from, step, steps, r.own(rows)), r.lacks(rows, now)
}

// own puts this dispatcher's minutes as they are now in the place of those that
// were stored.
func (r *Recorder) own(stored []figures.Row) []figures.Row {
	r.mu.Lock()
	defer r.mu.Unlock()
	rows := slices.DeleteFunc(stored, func(row figures.Row) bool {
		return row.Dispatcher == r.Dispatcher && row.Run == r.Start && r.minutes[row.At.UTC()] != nil
	})
	for at, m := range r.minutes {
		rows = append(rows, figures.Row{At: at, Dispatcher: r.Dispatcher, Run: r.Start, Minute: m.Clone()})
	}
	return rows
}

// lacks reports whether a live dispatcher other than this one has not been heard
// of lately.
func (r *Recorder) lacks(rows []figures.Row, now time.Time) bool {
	for _, id := range r.Live() {
		heard := slices.ContainsFunc(rows, func(row figures.Row) bool {
			return row.Dispatcher == id && now.Sub(row.At) < silentFor
		})
		if !heard && id != r.Dispatcher {
			return true
		}
	}
	return false
}
