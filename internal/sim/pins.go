package sim

import (
	"context"
	"sync"
)

// Stranger is what a rider who is none of a run's says to the driver at the
// pickup: the PIN of the trip, "" while it is not known.
type Stranger func(ctx context.Context, tripID string) string

// pins is what riders tell their drivers at the pickup: the one thing that the
// people of the city know of each other, and not by the engine. A rider who has
// left is forgotten. The zero value is ready, and nil knows nothing.
type pins struct {
	mu  sync.Mutex
	say map[string]string // by trip
}

func (p *pins) tell(tripID, pin string) {
	if p == nil || pin == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.say == nil {
		p.say = map[string]string{}
	}
	p.say[tripID] = pin
}

func (p *pins) of(tripID string) string {
	if p == nil {
		return ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.say[tripID]
}

func (p *pins) forget(tripID string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.say, tripID)
}
