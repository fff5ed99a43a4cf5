package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cabstand/cabstand/internal/faults"
)

// suffer does to the town what the schedule says, and reports the faults with the
// times at which they really ended, since the start.
func (t *town) suffer(ctx context.Context, s faults.Schedule, start time.Time, tell func(string)) (done []faults.Fault, err error) {
	for _, f := range s {
		if !until(ctx, start.Add(f.At)) {
			return done, ctx.Err()
		}
		tell(f.String())
		began := time.Since(start)
		if err := t.strike(ctx, f); err != nil {
			return done, fmt.Errorf("%v: %w", f, err)
		}
		f.At, f.For = began, time.Since(start)-began
		done = append(done, f)
	}
	return done, nil
}

func until(ctx context.Context, at time.Time) bool {
	t := time.NewTimer(time.Until(at))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// strike is one fault from begin to end. It ends in any case: what is paused or
// cut would stay so otherwise.
func (t *town) strike(ctx context.Context, f faults.Fault) error {
	begin, end, err := t.fault(f)
	if err != nil {
		return err
	}
	err = begin()
	until(ctx, time.Now().Add(f.For))
	return errors.Join(err, end())
}

// fault is how a fault begins and ends.
func (t *town) fault(f faults.Fault) (begin, end func() error, err error) {
	nothing := func() error { return nil }
	switch l := t.links[f.Target]; f.Kind {
	case faults.Kill:
		return t.kills(f.Target)
	case empty:
		return t.emptyRedis, nothing, nil
	case faults.Pause:
		switch f.Target {
		case "postgres":
			return t.postgres.Pause, t.postgres.Resume, nil
		case "redis":
			return t.redis.Pause, t.redis.Resume, nil
		}
		p := t.programs[f.Target]
		return p.pause, p.resume, nil
	case faults.Cut:
		return func() error { l.cut(); return nil }, l.mend, nil
	case faults.Stall:
		return l.stall, l.heal, nil
	case faults.Slow:
		return l.slow, l.heal, nil
	case faults.Duplicate:
		e, err := listen(t.nats.url, f)
		return nothing, e.close, err
	case faults.Clock:
		p := t.programs[f.Target]
		return func() error { return p.restartAhead(f.By) }, func() error { return p.setClock(0) }, nil
	}
	return nil, nil, fmt.Errorf("%s is no fault that we know", f.Kind)
}

func (t *town) kills(target string) (begin, end func() error, err error) {
	switch target {
	case "postgres":
		return t.postgres.Kill, t.postgres.Start, nil
	case "redis":
		return t.redis.Kill, t.redis.Start, nil
	}
	p := t.programs[target]
	return func() error { p.kill(); return nil }, p.start, nil
}
