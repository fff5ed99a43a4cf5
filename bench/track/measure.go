package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// results is all that a run measured.
type results struct {
	flush    time.Duration
	idles    []idle
	peer     []turn
	kinds    []kind
	searches []search
}

// turn is one of the peer's: how many positions Redis took, and what it spent.
type turn struct {
	n      int
	lasted time.Duration
	spent  spending
}

func (t turn) rate() float64 { return float64(t.n) / t.lasted.Seconds() }
func (t turn) each() float64 { return t.spent.each(float64(t.n), partRedis) }

// kind is a way to send positions: one or several in a frame.
type kind struct {
	batch     int
	saturated float64
	rounds    []trial // at saturation
	aged      trial   // at 80 % of it
}

// A tracker takes ten positions a second from a session.
const mostOfSession = 10

func measure(ctx context.Context, c config) (all results, err error) {
	all.flush = c.Flush
	for _, part := range []struct {
		name string
		do   func(*rig) error
	}{
		{"idle", func(r *rig) (err error) { all.idles, err = r.idles(ctx); return err }},
		{"path", func(r *rig) error { return r.path(ctx, &all) }},
		{"nearby", func(r *rig) (err error) { all.searches, err = r.nearby(ctx); return err }},
	} {
		if !c.wants(part.name) {
			continue
		}
		r, err := openRig(ctx, c)
		if err != nil {
			return results{}, err
		}
		if err := errors.Join(part.do(r), r.close()); err != nil {
			return results{}, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return all, nil
}

// path measures the way of a position.
func (r *rig) path(ctx context.Context, all *results) error {
	p, err := openPath(ctx, r)
	if err != nil {
		return err
	}
	say("%d sockets are open", r.config.Sockets)
	all.kinds = []kind{{batch: 1}, {batch: 4}}
	for i := range all.kinds {
		if err := p.saturate(ctx, &all.kinds[i]); err != nil {
			return err
		}
	}
	if all.peer, err = p.rounds(ctx, all.kinds); err != nil {
		return err
	}
	for i := range all.kinds {
		k := &all.kinds[i]
		if k.aged, err = p.try(ctx, 0.8*k.saturated, k.batch, r.config.Ages, true); err != nil {
			return err
		}
		say("ages: %v", k.aged)
		if r.config.Profiles != "" {
			if err := p.profile(ctx, *k); err != nil {
				return err
			}
		}
	}
	return nil
}

// saturate finds the highest rate that is sustained.
func (p *path) saturate(ctx context.Context, k *kind) (err error) {
	k.saturated, err = saturation(p.config.Start, 0.95*mostOfSession*float64(p.config.Sockets), p.config.Precision, func(rate float64) (bool, error) {
		t, err := p.try(ctx, rate, k.batch, p.config.Lasts, false)
		if err != nil {
			return false, err
		}
		say("search: %v", t)
		return t.sustained(p.config.Flush), nil
	})
	if err == nil && k.saturated == 0 {
		err = errors.New("no rate is sustained: the machine is too busy")
	}
	return err
}

// rounds lets the peer and the kinds take turns at saturation.
func (p *path) rounds(ctx context.Context, kinds []kind) (peer []turn, err error) {
	g, err := newGeoadd(p.redisURL, p.config.Sockets, p.config.Seed)
	if err != nil {
		return nil, err
	}
	for range p.config.Rounds {
		t, err := p.turn(ctx, g)
		if err != nil {
			return nil, err
		}
		say("peer: %.0f/s, %.2f us", t.rate(), t.each())
		peer = append(peer, t)
		for i := range kinds {
			k := &kinds[i]
			t, err := p.try(ctx, k.saturated, k.batch, p.config.Lasts, false)
			if err != nil {
				return nil, err
			}
			say("saturated: %v", t)
			k.rounds = append(k.rounds, t)
		}
	}
	return peer, nil
}

// turn is the peer's.
func (p *path) turn(ctx context.Context, g *geoadd) (t turn, err error) {
	began, err := p.pids.spent()
	if err != nil {
		return turn{}, err
	}
	start := time.Now()
	if t.n, err = g.run(ctx, p.config.Lasts); err != nil {
		return turn{}, err
	}
	t.lasted = time.Since(start)
	ended, err := p.pids.spent()
	t.spent = ended.since(began)
	return t, err
}
