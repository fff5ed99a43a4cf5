package track

import (
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
)

// profiles remembers who drivers are, so that they keep streaming while no
// dispatcher answers. It is bounded in number and time; when it is full, one
// that is due, else any, makes room.
type profiles struct {
	limit int
	ttl   time.Duration

	mu    sync.Mutex
	known map[string]remembered
}

type remembered struct {
	profile driver.Profile
	until   time.Time
}

func newProfiles(limit int, ttl time.Duration) *profiles {
	return &profiles{limit: limit, ttl: ttl, known: map[string]remembered{}}
}

func (p *profiles) put(profile driver.Profile, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.known[profile.ID]; !ok && len(p.known) >= p.limit {
		p.makeRoom(now)
	}
	p.known[profile.ID] = remembered{profile: profile, until: now.Add(p.ttl)}
}

func (p *profiles) get(driverID string, now time.Time) (driver.Profile, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ok := p.known[driverID]
	return r.profile, ok && now.Before(r.until)
}

func (p *profiles) drop(driverID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.known, driverID)
}

func (p *profiles) makeRoom(now time.Time) {
	before, any := len(p.known), ""
	for id, r := range p.known {
		any = id
		if !now.Before(r.until) {
			delete(p.known, id)
		}
	}
	if len(p.known) == before {
		delete(p.known, any)
	}
}
