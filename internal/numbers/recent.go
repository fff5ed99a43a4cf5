package numbers

import (
	"context"
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/wire"
)

// keptFor is how old an answer may be: the minutes of others are stored every ten
// seconds, and a day of them is a lot to read.
const keptFor = 5 * time.Second

// Recent answers as a [Recorder] does, but reads each window once in a few seconds,
// for all who ask. Safe for concurrent use.
type Recent struct {
	recorder *Recorder

	mu   sync.Mutex
	last map[time.Duration]*reading // by window, of which there are few
}

// reading is an answer, or one that is on its way.
type reading struct {
	at      time.Time
	done    chan struct{} // closed when numbers is there
	numbers wire.Numbers
}

// NewRecent keeps the answers of the recorder.
func NewRecent(r *Recorder) *Recent { return &Recent{recorder: r, last: map[time.Duration]*reading{}} }

// Numbers is the public form of what was counted in the window, at most five
// seconds old. Nobody may change it. It is empty and partial for who does not wait.
func (k *Recent) Numbers(ctx context.Context, window time.Duration) wire.Numbers {
	r, mine := k.latest(window)
	if mine {
		defer close(r.done)
		r.numbers = k.recorder.Numbers(context.WithoutCancel(ctx), window) // others wait for it
		return r.numbers
	}
	select {
	case <-r.done:
		return r.numbers
	case <-ctx.Done():
		return wire.Numbers{Partial: true}
	}
}

// latest is the answer that is young enough; mine says that there was none, and
// that this one is the caller's to make.
func (k *Recent) latest(window time.Duration) (r *reading, mine bool) {
	now := k.recorder.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	if r := k.last[window]; r != nil && (!r.over() || now.Sub(r.at).Abs() < keptFor) {
		return r, false
	}
	r = &reading{at: now, done: make(chan struct{})}
	k.last[window] = r
	return r, true
}

func (r *reading) over() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}
