package node

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"
)

// check is one part that the program needs.
type check struct {
	name string
	ask  func(ctx context.Context) error
}

// health knows which parts are gone. It asks in the background, so that
// neither /readyz nor a frame of figures waits for a part that hangs.
type health struct {
	checks []check
	log    *slog.Logger
	state  atomic.Pointer[[]string] // names of the parts that are gone; nil before the first round
}

const (
	checkEvery   = time.Second
	checkTimeout = time.Second
)

var errDisconnected = errors.New("not connected")

// checks are the parts that a program of these parts needs.
func (p *parts) checks() []check {
	checks := []check{
		{"redis", p.locations.Ping},
		{"nats", func(context.Context) error {
			if !p.bus.Connected() {
				return errDisconnected
			}
			return nil
		}},
	}
	if p.store != nil {
		checks = append(checks, check{"store", p.store.Ping})
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

func (h *health) round(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	before, gone := h.gone(), []string{}
	for _, c := range h.checks {
		if err := c.ask(ctx); err != nil {
			gone = append(gone, c.name)
			if !slices.Contains(before, c.name) {
				h.log.Warn("a part is gone", "part", c.name, "err", err)
			}
		}
	}
	for _, name := range before {
		if !slices.Contains(gone, name) {
			h.log.Info("a part is back", "part", name)
		}
	}
	h.state.Store(&gone)
}

// gone is the names of the parts that did not answer the last time.
func (h *health) gone() []string {
	if state := h.state.Load(); state != nil {
		return *state
	}
	return nil
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
