package main

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/cabstand/cabstand/internal/driver"
)

const (
	askEach  = 2 * time.Millisecond
	asking   = 8               // drivers asked for at a time
	hopeless = 5 * time.Second // a position that is not there by then is counted as that old
)

// store is who can be asked where drivers are.
type store interface {
	Locations(ctx context.Context, driverIDs []string) ([]driver.Location, error)
}

// probe asks the store for drivers whose next position is about to come, again
// and again until it is there, and measures how old it is then. The age counts
// the answer's way back and up to askEach of waiting.
type probe struct {
	store  store
	turns  [senders]turns
	random *rand.Rand
	age    *hdrhistogram.Histogram
	wanted map[string]time.Time // driver to the time of the position
}

func newProbe(s store, t [senders]turns) *probe {
	return &probe{store: s, turns: t, random: rand.New(rand.NewPCG(1, 4)), age: newHistogram(), wanted: map[string]time.Time{}}
}

// run asks until the time, and then for those only that are still wanted.
func (p *probe) run(ctx context.Context, until time.Time) error {
	ticker := time.NewTicker(askEach)
	defer ticker.Stop()
	for {
		now := time.Now()
		if now.Before(until) {
			p.choose(now)
		} else if len(p.wanted) == 0 {
			return nil
		}
		found, err := p.store.Locations(ctx, p.due(now))
		if err != nil {
			return err
		}
		p.take(found, time.Now())
		<-ticker.C
	}
}

// choose wants drivers whose turn comes within the next 20 ms, a few of them.
func (p *probe) choose(now time.Time) {
	for tries := 0; len(p.wanted) < asking && tries < 4*asking; tries++ {
		t := p.turns[p.random.IntN(senders)]
		n := t.next(now.Add(time.Duration(p.random.IntN(20)) * time.Millisecond))
		id := driverID(t.car(n))
		if _, already := p.wanted[id]; !already && t.due(n).Before(t.end) {
			p.wanted[id] = t.due(n)
		}
	}
}

// due is the drivers whose position has been due.
func (p *probe) due(now time.Time) (ids []string) {
	for id, due := range p.wanted {
		if !due.After(now) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (p *probe) take(found []driver.Location, now time.Time) {
	for _, l := range found {
		if due, ok := p.wanted[l.DriverID]; ok && !l.FixedAt.Before(due) {
			record(p.age, now.Sub(due))
			delete(p.wanted, l.DriverID)
		}
	}
	for id, due := range p.wanted {
		if now.Sub(due) > hopeless {
			record(p.age, now.Sub(due))
			delete(p.wanted, id)
		}
	}
}
