package main

import (
	"testing"
	"time"
)

// All senders together send at the rate, each socket as often as any other and
// evenly spaced.
func TestPhase_Turns(t *testing.T) {
	p := phase{Start: time.Unix(1000, 0), For: 3 * time.Second, Rate: 4000, Batch: 4}
	const sockets = 101
	frames, last := 0, map[int]time.Time{}
	for _, s := range p.turns(sockets) {
		for n := 0; s.due(n).Before(s.end); n++ {
			due, car := s.due(n), s.car(n)
			if was, ok := last[car]; ok {
				if apart := due.Sub(was); apart < 100*time.Millisecond || apart > 102*time.Millisecond {
					t.Fatalf("car %d: %v apart, want 101 ms give or take 1", car, apart)
				}
			}
			last[car] = due
			frames++
		}
	}
	if frames < 2998 || frames > 3002 || len(last) != sockets {
		t.Errorf("%d frames of %d sockets, want 3000 of %d", frames, len(last), sockets)
	}
}

func TestTurns_Next(t *testing.T) {
	for _, s := range (phase{Start: time.Unix(1000, 0), For: time.Minute, Rate: 977, Batch: 1}).turns(100) {
		for _, after := range []time.Duration{0, time.Millisecond, 1234567 * time.Microsecond, 59 * time.Second} {
			at := s.first.Add(after)
			if gap := s.due(s.next(at)).Sub(at); gap < -time.Millisecond || gap > 4*time.Millisecond {
				t.Errorf("after %v: due %v later", after, gap)
			}
		}
	}
}
