package places

import (
	"container/list"
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/wire"
)

// Bounds of what is kept of answers.
const (
	mostKept = 4096
	keepFor  = time.Hour
)

// kept is the latest answers by their questions. When it is full the one that was
// not asked for the longest makes room.
type kept struct {
	mu     sync.Mutex
	known  map[string]*list.Element // of *keptAnswer
	recent list.List                // the latest first
}

type keptAnswer struct {
	question string
	found    []wire.Place
	until    time.Time
}

func newKept() *kept { return &kept{known: map[string]*list.Element{}} }

func (k *kept) find(question string, now time.Time) (found []wire.Place, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e, known := k.known[question]
	if !known {
		return nil, false
	}
	a := e.Value.(*keptAnswer)
	if !now.Before(a.until) {
		k.drop(e)
		return nil, false
	}
	k.recent.MoveToFront(e)
	return a.found, true
}

func (k *kept) keep(question string, found []wire.Place, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if e, known := k.known[question]; known {
		k.drop(e)
	}
	if k.recent.Len() >= mostKept {
		k.drop(k.recent.Back())
	}
	k.known[question] = k.recent.PushFront(&keptAnswer{question, found, now.Add(keepFor)})
}

func (k *kept) drop(e *list.Element) {
	delete(k.known, k.recent.Remove(e).(*keptAnswer).question)
}
