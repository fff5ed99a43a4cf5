package track

import (
	"math"
	"sync"
	"time"
)

// tasks is the goroutines that work for a session. A session at rest has none: each
// comes when there is something to do, and goes when it is done.
type tasks struct {
	mu      sync.Mutex
	over    bool
	running sync.WaitGroup
}

// start runs work in a goroutine of its own, unless wait was called.
func (ts *tasks) start(work func()) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if !ts.over {
		ts.running.Go(work)
	}
}

// wait lets no more begin and returns when all have ended.
func (ts *tasks) wait() {
	ts.mu.Lock()
	ts.over = true
	ts.mu.Unlock()
	ts.running.Wait()
}

// later is a timer that is not set yet. When it fires work runs as a task.
func (ts *tasks) later(work func()) *time.Timer {
	return time.AfterFunc(math.MaxInt64, func() { ts.start(work) })
}
