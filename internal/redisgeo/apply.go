package redisgeo

import (
	"context"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/cabstand/cabstand/internal/driver"
)

// Apply takes over a batch of latest locations; one that is Gone removes its
// driver, one that is older than the stored one changes nothing. It takes one
// round trip for drivers who stay in their cells, and two more when somebody
// came, left, or changed.
func (s *Store) Apply(ctx context.Context, batch []driver.Location) error {
	if len(batch) == 0 {
		return nil
	}
	w := s.borrow()
	err := w.apply(ctx, batch)
	if err == nil || s.cluster {
		s.giveBack(w)
	}
	return unavailable(err)
}

// borrow is a writer that nobody else uses. There are as many as batches were
// ever applied at once.
func (s *Store) borrow() *writer {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.idle)
	if n == 0 {
		return s.newWriter()
	}
	w := s.idle[n-1]
	s.idle = s.idle[:n-1]
	return w
}

func (s *Store) giveBack(w *writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, w)
}

func (w *writer) apply(ctx context.Context, batch []driver.Location) error {
	w.gather(batch)
	w.sort()
	w.settle(ctx, w.update(ctx))
	clear(w.claims)
	for _, e := range w.batch {
		e.news = nil
	}
	w.tidy() // in an outage too: what is known must not grow as long as it lasts
	if w.err != nil {
		return w.failure()
	}
	return nil
}

// fail forgets a driver who was not written.
func (w *writer) fail(e *entry, err error) {
	w.note(err)
	if !e.failed {
		e.failed = true
		w.failed = append(w.failed, e)
		delete(w.known, e.id)
	}
}

// note remembers the first failure.
func (w *writer) note(err error) {
	if w.err == nil {
		w.err = err // or nil
	}
}

// failure is what failed of the batch. In a cluster the writer goes on, by
// another name for the drivers whom it takes from now on: what it sent of those
// who failed may still arrive.
func (w *writer) failure() error {
	if !w.cluster {
		return w.err
	}
	if len(w.failed) == 0 {
		return nil // only what was left behind is still there: a sweep takes it away
	}
	w.tag = newTag()
	e := &Incomplete{cause: w.err}
	for _, f := range w.failed {
		e.undelivered = append(e.undelivered, f.index)
	}
	slices.Sort(e.undelivered)
	return e
}

// update writes the drivers who stay, three commands a cell, and takes the hashes
// of those who are claimed: the answers are returned. Behind these claims it adds
// those of drivers of whom Redis does not tell what this writer wrote before.
func (w *writer) update(ctx context.Context) []*redis.Cmd {
	renewed := make([]*redis.BoolCmd, len(w.renew))
	taken := w.runBeside(ctx, w.takeCalls(w.claims), func(p redis.Pipeliner) {
		for _, l := range w.steady {
			l.write(ctx, p)
		}
		for i, e := range w.renew {
			renewed[i] = p.PExpire(ctx, driverKey(e.id), w.ttl)
		}
	})
	for i, e := range w.renew {
		if err := renewed[i].Err(); err != nil {
			w.note(err) // and it stays due
			continue
		}
		if e.renewed = e.seen; !renewed[i].Val() {
			e.turn = 0
			w.claim(e, e.lot)
		}
	}
	for _, l := range w.steady {
		if err := l.err(); err != nil {
			for _, e := range l.drivers {
				w.fail(e, err)
			}
		} else if !l.written() {
			w.claimAll(l)
		}
		clear(l.drivers)
		l.drivers = l.drivers[:0]
	}
	return taken
}

func (l *lot) err() error {
	for _, cmd := range l.commands {
		if err := cmd.Err(); err != nil {
			return err
		}
	}
	return nil
}

// write adds the cell's commands to a pipeline: seen first, so that whoever is
// in the GEO set can be swept.
func (l *lot) write(ctx context.Context, p redis.Pipeliner) {
	l.commands = [3]*redis.IntCmd{
		redis.NewIntCmd(ctx, l.sightings...), redis.NewIntCmd(ctx, l.places...), redis.NewIntCmd(ctx, l.words...),
	}
	for _, cmd := range l.commands {
		_ = p.Process(ctx, cmd) // to the pipeline, which tells the errors
	}
}

// written reports whether the cell knew every driver, this writer's word on each
// was there, and nobody else's was newer. If not, Redis lost something or another
// writer has a driver.
func (l *lot) written() bool {
	return l.commands[0].Val() == int64(len(l.drivers)) && l.commands[2].Val() == 0
}

func (w *writer) claimAll(l *lot) {
	for _, e := range l.drivers {
		if e.turn == w.turn { // not claimed already
			w.claim(e, l)
		}
	}
}
