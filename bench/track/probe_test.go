package main

import (
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
)

// A position's age is counted from when it was due to the answer that has it, or
// a later one of the driver; an older one is no answer.
func TestProbe(t *testing.T) {
	ph := phase{Start: noon, For: time.Minute, Rate: 1000, Batch: 1}
	p := newProbe(nil, ph.turns(500))
	now := noon.Add(10 * time.Second)
	p.choose(now)
	if len(p.wanted) != asking {
		t.Fatalf("%d drivers are wanted, want %d", len(p.wanted), asking)
	}
	for id, due := range p.wanted {
		if due.Before(now) || due.After(now.Add(30*time.Millisecond)) {
			t.Errorf("%s is due %v from now", id, due.Sub(now))
		}
	}
	later := now.Add(40 * time.Millisecond)
	if ids := p.due(later); len(ids) != asking {
		t.Errorf("%d of them are asked for, want %d", len(ids), asking)
	}
	for id, due := range p.wanted {
		l := driver.Location{DriverID: id}
		l.FixedAt = due.Add(-time.Millisecond)
		if p.take([]driver.Location{l}, due); p.age.TotalCount() != 0 {
			t.Fatal("an old position is taken")
		}
		l.FixedAt = due
		p.take([]driver.Location{l}, due.Add(25*time.Millisecond))
		break
	}
	if q := quantiles(p.age); p.age.TotalCount() != 1 || q["p50"] < 24.9 || q["p50"] > 25.1 || len(p.wanted) != asking-1 {
		t.Errorf("%d ages, %v, %d still wanted; want one of 25 ms", p.age.TotalCount(), q, len(p.wanted))
	}
	if p.take(nil, now.Add(time.Minute)); len(p.wanted) != 0 || p.age.TotalCount() != asking {
		t.Errorf("%d are waited for without end, %d ages", len(p.wanted), p.age.TotalCount())
	}
	if p.choose(noon.Add(time.Hour)); len(p.wanted) != 0 {
		t.Error("a driver is wanted whose turn never comes")
	}
}
