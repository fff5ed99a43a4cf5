package postgis

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

const (
	// mostTogether is how many new trips share a transaction at most.
	mostTogether = 64
	// creatingAtOnce is how many such transactions there are at the same time: while
	// one waits for the disk the next one fills.
	creatingAtOnce = 2
)

// creation is a new trip on its way into the store.
type creation struct {
	change trip.Change
	once   *trip.Once
	first  *trip.Once // the answer of the creation that this one repeats
	err    error
	done   chan struct{} // closed when first and err stand
}

// creations gathers the new trips that come while others are being committed:
// they are committed together, each caller waiting for its own. Under a rush a
// transaction is shared by many, and alone nobody waits for anybody.
//
// There is no goroutine behind it: a caller who finds a place free commits for
// all who wait.
type creations struct {
	places  chan struct{} // one for each transaction at the same time
	mu      sync.Mutex
	waiting []*creation // no more than there are callers
}

func (q *creations) add(c *creation) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, c)
}

// take is the oldest that wait, as many as go together.
func (q *creations) take() []*creation {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waiting), mostTogether)
	taken := slices.Clone(q.waiting[:n])
	q.waiting = slices.Delete(q.waiting, 0, n)
	return taken
}

// remove takes c back; false if somebody commits it already.
func (q *creations) remove(c *creation) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := slices.Index(q.waiting, c)
	if at >= 0 {
		q.waiting = slices.Delete(q.waiting, at, at+1)
	}
	return at >= 0
}

// Create stores a new trip and its events. With once, the same actor and key
// again store nothing and return the first answer, also while the first is on
// its way. The times of t are cut to what the store keeps.
func (s *Store) Create(ctx context.Context, t *trip.Trip, events []trip.Event, once *trip.Once) (first *trip.Once, err error) {
	change, err := trip.Created(t, events)
	if err != nil {
		return nil, err
	}
	c := &creation{change: change, once: once, done: make(chan struct{})}
	if !plain(change) {
		s.createAlone(ctx, c)
		return c.first, c.err
	}
	ctx, cancel := context.WithTimeout(ctx, s.bound)
	defer cancel()
	s.creations.add(c)
	return s.created(ctx, c)
}

// plain reports whether the trip is as trip.New makes it: then it can be created
// together with others.
func plain(c trip.Change) bool {
	t := c.After
	return len(c.Events) == 1 && t.DriverID == "" && t.Offer == nil && len(t.Excluded) == 0 && t.Slot == 0 &&
		(t.State == trip.Searching || t.State == trip.Scheduled)
}

// created waits for the creation, and carries it out where nobody else does.
func (s *Store) created(ctx context.Context, c *creation) (*trip.Once, error) {
	for {
		select {
		case <-c.done:
			return c.first, c.err
		case s.creations.places <- struct{}{}:
			s.createSome(ctx)
			<-s.creations.places
		case <-ctx.Done():
			if s.creations.remove(c) {
				return nil, faulted(ctx, ctx.Err())
			}
			<-c.done // who commits it is bounded as well
			return c.first, c.err
		}
	}
}

// createSome commits those who wait for longest. That the caller goes away is no
// reason for the others to fail.
func (s *Store) createSome(ctx context.Context) {
	some := s.creations.take()
	if len(some) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	err := s.putOff(ctx, func(ctx context.Context) error { return s.createTogether(ctx, some) })
	for _, c := range some {
		switch {
		case err == nil, fault.Is(err, fault.Unavailable):
			c.err = cmp.Or(c.err, err)
		default: // one of them is at fault: it is not to be the others' misfortune
			s.createAlone(ctx, c)
		}
		close(c.done)
	}
}

// createTogether stores the trips in one transaction. Each of them has its result
// once it is committed.
func (s *Store) createTogether(ctx context.Context, some []*creation) error {
	repeated := map[*creation]bool{}
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		if repeated, err = takeKeys(ctx, tx, some); err != nil {
			return err
		}
		fresh := slices.DeleteFunc(slices.Clone(some), func(c *creation) bool { return repeated[c] })
		if len(fresh) == 0 {
			return nil
		}
		return insertNew(ctx, tx, fresh)
	})
	if err != nil {
		return err
	}
	s.signal()
	for c := range repeated {
		c.first, c.err = s.firstAnswer(ctx, c.once)
	}
	return nil
}

// firstAnswer is what was answered under the key of a request that is repeated.
func (s *Store) firstAnswer(ctx context.Context, once *trip.Once) (*trip.Once, error) {
	first, err := s.Answered(ctx, once.Actor, once.Key)
	switch {
	case err != nil:
		return nil, err
	case first == nil: // purged between the two
		return nil, fault.New(fault.Unavailable, "the key was just forgotten: try again")
	case first.Digest != once.Digest:
		return nil, fault.New(fault.KeyReused, "the key was used before with another request")
	}
	return first, nil
}

// createAlone stores one new trip in a transaction of its own.
func (s *Store) createAlone(ctx context.Context, c *creation) {
	var repeated map[*creation]bool
	c.err = s.putOff(ctx, func(ctx context.Context) error {
		return s.write(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
			if repeated, err = takeKeys(ctx, tx, []*creation{c}); err != nil || repeated[c] {
				return err
			}
			batch := &pgx.Batch{}
			queueNewTrip(batch, c.change)
			return tx.SendBatch(ctx, batch).Close()
		})
	})
	switch {
	case c.err != nil:
	case repeated[c]:
		c.first, c.err = s.firstAnswer(ctx, c.once)
	default:
		s.signal()
	}
}
