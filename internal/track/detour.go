package track

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cabstand/cabstand/internal/wire"
)

// Detour is the way to dispatchers while the bus is away.
type Detour interface {
	// Pending asks a dispatcher what is pending for drivers; each call asks the
	// next of them. The error is fault.Unavailable while none answers.
	Pending(ctx context.Context, asks []wire.Ask) ([]wire.Answer, error)
	// Dispatchers is how many there are.
	Dispatchers() int
}

const (
	lookEvery   = 200 * time.Millisecond // whether the bus is there
	askEvery    = time.Second            // what is pending, while it is not
	eachEvery   = 2 * time.Second        // each dispatcher is asked so often, as far as looks allow
	askAfter    = 3 * time.Second        // questions go on after the bus is back: its other ends may not be there yet
	answerLimit = 3 * time.Second        // one question
)

// outage is the bus while it is away: sockets are told of it, and what the bus
// would have brought is asked for.
type outage struct {
	*Tracker
	gone  atomic.Bool               // and every phone was told
	ended atomic.Pointer[time.Time] // the last one; nil before there was any

	// Of who asks.
	asked  time.Time         // the last question
	offers map[string]string // the offer that an answer told of last, by driver
	failed bool              // nobody answered the last question; logged once
}

// watchBus looks after the bus until ctx ends. A question that hangs holds nobody up
// who is to be told that the bus is back.
func (t *Tracker) watchBus(ctx context.Context) {
	o := &outage{Tracker: t, offers: map[string]string{}}
	var asking sync.WaitGroup
	if o.detour != nil {
		asking.Go(func() { every(ctx, lookEvery, func() { o.inquire(ctx, t.now()) }) })
	}
	every(ctx, lookEvery, func() { o.look(t.now()) })
	asking.Wait()
}

func (o *outage) look(now time.Time) {
	if gone := !o.connected(); gone == o.stale().IsZero() {
		o.turn(gone, now)
	}
}

// inquire asks, if it is time to.
func (o *outage) inquire(ctx context.Context, now time.Time) {
	ended := o.ended.Load()
	wanted := o.gone.Load() || ended != nil && now.Sub(*ended) < askAfter
	if wanted && now.Sub(o.asked).Abs() >= o.pace() {
		o.asked = now
		o.ask(ctx)
	}
}

// pace is how long to wait between two questions.
func (o *outage) pace() time.Duration {
	return min(askEvery, eachEvery/time.Duration(max(1, o.detour.Dispatchers())))
}

// turn notes that the bus went, or came back, and tells every phone.
func (o *outage) turn(gone bool, now time.Time) {
	if gone {
		o.staleSince.Store(&now)
	} else {
		o.staleSince.Store(nil)
		o.ended.Store(&now)
	}
	for _, s := range o.roster.all() {
		if s.known.Load() { // others are told when they are
			s.mustFit(s.out.late(o.stale))
		}
	}
	o.gone.Store(gone)
}

// stale is since when the bus is away; zero while it is there.
func (t *Tracker) stale() time.Time {
	if since := t.staleSince.Load(); since != nil {
		return *since
	}
	return time.Time{}
}

// ask asks what is pending for the drivers, and passes it on as the bus would
// have.
func (o *outage) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	var asks []wire.Ask
	offers := map[string]string{}
	for _, s := range o.roster.all() {
		if !s.known.Load() {
			continue
		}
		if id, told := o.offers[s.driverID]; told {
			offers[s.driverID] = id
		}
		asks = append(asks, wire.Ask{DriverID: s.driverID, OfferID: offers[s.driverID], Trips: s.held()})
	}
	o.offers = offers
	if len(asks) == 0 {
		return
	}
	answers, err := o.detour.Pending(ctx, asks)
	o.note(err)
	for _, a := range answers {
		o.pass(a)
	}
}

// note logs the begin and the end of a silence.
func (o *outage) note(err error) {
	switch {
	case (err != nil) == o.failed:
	case err != nil:
		o.log.Warn("no dispatcher tells what is pending while the bus is away; asking again", "err", err)
	default:
		o.log.Info("dispatchers tell what is pending while the bus is away")
	}
	o.failed = err != nil
}

func (o *outage) pass(a wire.Answer) {
	if a.OfferID == "" {
		delete(o.offers, a.DriverID)
	} else {
		o.offers[a.DriverID] = a.OfferID
	}
	if s := o.roster.of(a.DriverID); s != nil {
		for _, p := range a.Pushes {
			s.pushed(p)
		}
	}
}

// all is the newest sessions of all drivers, in the order of their ids.
func (r *roster) all() []*session {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]*session, 0, len(r.newest))
	for _, s := range r.newest {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *session) int { return strings.Compare(a.driverID, b.driverID) })
	return all
}

// held is the trips that hold the driver, with the version that was told.
func (s *session) held() map[string]int64 {
	s.trip.mu.Lock()
	trips := s.trip.trips
	s.trip.mu.Unlock()
	held := map[string]int64{}
	for _, id := range trips {
		if id != "" {
			held[id] = s.out.version(id)
		}
	}
	return held
}
