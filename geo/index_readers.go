package geo

import "sync/atomic"

// readers is where those who read an index sit, each alone on a cache line, with
// the change from which on they see it. There are always seats enough.
type readers struct {
	seats [16]seat
	more  atomic.Pointer[readers]
}

type seat struct {
	since atomic.Uint64 // 0 while it is free
	_     [56]byte
}

// sit takes a seat; first is the number of the one to try first. The reader may
// see the index as it is after any change that it asks for afterwards: those who
// look for the oldest reader either find it here, or have committed before.
func (r *readers) sit(now uint64, first int) (s *seat, number int) {
	for ; ; r = r.grown() {
		for i := range r.seats {
			i = (first + i) % len(r.seats)
			if s := &r.seats[i]; s.since.Load() == 0 && s.since.CompareAndSwap(0, now) {
				return s, i
			}
		}
	}
}

// grown is the next row of seats, made where there is none.
func (r *readers) grown() *readers {
	if r.more.Load() == nil {
		r.more.CompareAndSwap(nil, new(readers))
	}
	return r.more.Load()
}

// oldest is the earliest change that a reader may still look behind.
func (r *readers) oldest(now uint64) uint64 {
	for ; r != nil; r = r.more.Load() {
		for i := range r.seats {
			if since := r.seats[i].since.Load(); since != 0 {
				now = min(now, since)
			}
		}
	}
	return now
}
