package node

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cabstand/cabstand/internal/redisgeo"
)

// check is one part that the program needs.
type check struct {
	name     string
	optional bool // the program goes on without it, in part
	ask      func(ctx context.Context) error
}

// health knows which parts are gone. It asks in the background, so that
// neither /readyz nor a frame of figures waits for a part that hangs.
type health struct {
	checks []check
	log    *slog.Logger
	left   atomic.Bool              // the program is draining
	state  atomic.Pointer[[]string] // names of the parts that are gone; nil before the first round
	looked func(gone []string)      // told after each round; nil if nobody wants to know
}

const (
	checkEvery   = time.Second
	checkTimeout = time.Second
)

var errDisconnected = errors.New("not connected")

// checks are the parts that a program of these parts needs.
func (p *parts) checks() []check {
	checks := []check{
		{"nats", true, func(context.Context) error {
			if !p.bus.Connected() {
				return errDisconnected
			}
			return nil
		}},
	}
	if redis, ok := p.locations.(*redisgeo.Store); ok { // in one process there is none that could be gone
		checks = append(checks, check{"redis", true, redis.Ping})
	}
	for _, e := range p.engines {
		checks = append(checks, check{string(e.Rung()), true, e.Ping})
	}
	if p.store != nil {
		ask := p.store.Ping
		if s, tells := p.store.(interface {
			Clock(context.Context) (time.Time, error)
		}); tells {
			ask = p.clock.by(s.Clock)
		}
		checks = append(checks, check{"store", false, ask})
	}
	return checks
}

// Run asks every part again and again until ctx ends.
func (h *health) Run(ctx context.Context) error {
	for ok := true; ok; ok = wait(ctx, checkEvery) {
		h.round(ctx)
	}
	return nil
}

// round asks every part at the same time, each within its own limit: one that
// hangs is no other's fault.
func (h *health) round(ctx context.Context) {
	errs := make([]error, len(h.checks))
	var asking sync.WaitGroup
	for i, c := range h.checks {
		asking.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, checkTimeout)
			defer cancel()
			errs[i] = c.ask(ctx)
		})
	}
	asking.Wait()
	if ctx.Err() == nil {
		h.note(errs)
	}
}

// note keeps who is gone, and logs who went and who came back.
func (h *health) note(errs []error) {
	before, gone := h.gone(), []string{}
	for i, c := range h.checks {
		wasGone := slices.Contains(before, c.name)
		switch {
		case errs[i] != nil && !wasGone:
			h.log.Warn("a part is gone", "part", c.name, "err", errs[i])
		case errs[i] == nil && wasGone:
			h.log.Info("a part is back", "part", c.name)
		}
		if errs[i] != nil {
			gone = append(gone, c.name)
		}
	}
	h.state.Store(&gone)
	if h.looked != nil {
		h.looked(gone)
	}
}

// gone is the names of the parts that did not answer the last time.
func (h *health) gone() []string {
	if state := h.state.Load(); state != nil {
		return *state
	}
	return nil
}

// leave makes the program unready: it is about to end.
func (h *health) leave() { h.left.Store(true) }

// accepting is nil until the program drains.
func (h *health) accepting(context.Context) error {
	if h.left.Load() {
		return errors.New("draining")
	}
	return nil
}

// serving reports whether every part that is not optional has answered.
func (h *health) serving() bool {
	gone := h.gone()
	return h.asked() && !slices.ContainsFunc(h.checks, func(c check) bool { return !c.optional && slices.Contains(gone, c.name) })
}

// asked reports whether every part has been asked.
func (h *health) asked() bool { return h.state.Load() != nil }

// ready is nil when the part answered the last time.
func (h *health) ready(name string) error {
	switch {
	case !h.asked():
		return errors.New("not asked yet")
	case slices.Contains(h.gone(), name):
		return errors.New("does not answer")
	}
	return nil
}
