package api

import (
	"container/list"
	"sync"

	"golang.org/x/time/rate"
)

// buckets keeps a token bucket for each of many keys, no more than most; the key
// that was silent for longest is forgotten first, and begins anew.
type buckets[K comparable] struct {
	most int

	mu     sync.Mutex
	known  map[K]*list.Element // of *bucket[K]
	recent list.List           // the latest first
}

type bucket[K comparable] struct {
	key  K
	left *rate.Limiter
}

func newBuckets[K comparable](most int) *buckets[K] {
	return &buckets[K]{most: most, known: map[K]*list.Element{}}
}

// of is the key's bucket. One that is not known is made for the pace.
func (b *buckets[K]) of(key K, pace Pace) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if known, ok := b.known[key]; ok {
		b.recent.MoveToFront(known)
		return known.Value.(*bucket[K]).left
	}
	if b.recent.Len() >= b.most {
		oldest := b.recent.Remove(b.recent.Back()).(*bucket[K])
		delete(b.known, oldest.key)
	}
	fresh := &bucket[K]{key, rate.NewLimiter(rate.Limit(pace.PerSecond), pace.Burst)}
	b.known[key] = b.recent.PushFront(fresh)
	return fresh.left
}

// shares bounds how much each of many keys has open at a time. It holds no key
// that has nothing open.
type shares[K comparable] struct {
	mu   sync.Mutex
	open map[K]int
}

// take opens one more; ok is false where the key has most already. Leave is to
// be called once if ok.
func (s *shares[K]) take(key K, most int) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[key] >= most {
		return nil, false
	}
	if s.open == nil {
		s.open = map[K]int{}
	}
	s.open[key]++
	return func() { s.leave(key) }, true
}

func (s *shares[K]) leave(key K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[key]--; s.open[key] == 0 {
		delete(s.open, key)
	}
}
