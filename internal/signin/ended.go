package signin

import (
	"context"
	"sync"
	"time"
)

// How the end of a session gets around.
const (
	// LookEvery is how often a dispatcher looks for sessions that ended elsewhere.
	LookEvery = 10 * time.Second
	// keepEnded is how long an ended session is remembered: longer than any access
	// token of it is good.
	keepEnded = AccessTTL + time.Minute
	// mostEnded is how many are looked for: the newest.
	mostEnded = 10_000
)

// Ended is the sessions that ended while access tokens of theirs may still be
// good. Safe for concurrent use; nil is nobody's.
type Ended struct {
	mu      sync.RWMutex
	forget  map[string]time.Time // session to when nobody can come with it any more
	waiting map[string]map[*waiter]struct{}
}

// waiter is told once.
type waiter struct{ end func() }

// NewEnded is a list of none.
func NewEnded() *Ended {
	return &Ended{forget: map[string]time.Time{}, waiting: map[string]map[*waiter]struct{}{}}
}

// Has reports whether the session ended.
func (e *Ended) Has(session string) bool {
	if e == nil || session == "" {
		return false
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	_, ok := e.forget[session]
	return ok
}

// Add notes that sessions ended, and tells those who wait for it.
func (e *Ended) Add(now time.Time, sessions ...string) {
	for _, w := range e.add(now, sessions) {
		w.end()
	}
}

func (e *Ended) add(now time.Time, sessions []string) (told []*waiter) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for session, at := range e.forget {
		if at.Before(now) {
			delete(e.forget, session)
		}
	}
	for _, session := range sessions {
		e.forget[session] = now.Add(keepEnded)
		for w := range e.waiting[session] {
			told = append(told, w)
		}
		delete(e.waiting, session)
	}
	return told
}

// Await calls end once when the session ends, or at once if it has. Leave ends
// the waiting. A session of no name never ends.
func (e *Ended) Await(session string, end func()) (leave func()) {
	if e == nil || session == "" {
		return func() {}
	}
	w := &waiter{end}
	if e.await(session, w) {
		end()
	}
	return func() { e.leave(session, w) }
}

func (e *Ended) await(session string, w *waiter) (ended bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ended = e.forget[session]; ended {
		return true
	}
	if e.waiting[session] == nil {
		e.waiting[session] = map[*waiter]struct{}{}
	}
	e.waiting[session][w] = struct{}{}
	return false
}

func (e *Ended) leave(session string, w *waiter) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.waiting[session], w)
	if len(e.waiting[session]) == 0 {
		delete(e.waiting, session)
	}
}

// end ends sessions here, and has Run tell the others at once.
func (d *Door) end(now time.Time, sessions ...string) {
	d.ended.Add(now, sessions...)
	select {
	case d.news <- struct{}{}:
	default: // Run will tell of these too
	}
}

// Run looks for sessions that ended elsewhere until ctx ends, and tells each
// time, and when one ended here, which ones are ended: trackers have no store, and
// other dispatchers look in it only now and then. tell may be nil.
func (d *Door) Run(ctx context.Context, tell func(context.Context, []string) error) error {
	ticker := time.NewTicker(LookEvery)
	defer ticker.Stop()
	for {
		if ids := d.look(ctx); len(ids) > 0 && tell != nil {
			if err := tell(ctx, ids); err != nil {
				d.log.Debug("others were not told which sessions ended; trying again", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-d.news:
		}
	}
}

// look reads which sessions ended. While the store is away those known go on to
// count.
func (d *Door) look(ctx context.Context) []string {
	now := d.now()
	ids, err := d.store.Revoked(ctx, now.Add(-keepEnded), mostEnded)
	if err != nil {
		d.log.Debug("not known which sessions ended; trying again", "err", err)
		return nil
	}
	d.ended.Add(now, ids...)
	return ids
}

// Purge forgets sessions that ran out.
func (d *Door) Purge(ctx context.Context) error {
	_, err := d.store.PurgeSessions(ctx, d.now())
	return err
}
