package main

import (
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return noon.Add(time.Duration(seconds * float64(time.Second))) }

// What is measured must not be met by a town that does not recover.
func TestRecovery_Measures(t *testing.T) {
	a, b := geo.Cell("dr5r"), geo.Cell("dr5x")
	rides := []ride{
		{a, at(-2), at(1)}, // was asked before: an offer of the dead one
		{a, at(1), at(9)}, {a, at(2), at(4)}, {b, at(3), at(6)}, {b, at(4), time.Time{}},
	}
	if took := served(rides, noon); took != 6*time.Second {
		t.Errorf("every cell served after %v, want 6s", took)
	}
	if took := served(rides[:3], noon); took != 4*time.Second {
		t.Errorf("one cell served after %v, want 4s", took)
	}
	if took := served(append(rides[:2:2], rides[4]), noon); took >= 0 {
		t.Errorf("a cell that gives nobody a driver is served after %v", took)
	}
	if asked, found, median := matched(rides, at(0), at(5)); asked != 4 || found != 3 || median != 3*time.Second {
		t.Errorf("%d of %d found, half after %v", found, asked, median)
	}
	seen := []look{
		{at: at(-1), drivers: 100, outbox: 0},
		{at: at(0.2), drivers: 0, outbox: -1, refused: true, took: time.Second / 4},
		{at: at(1), drivers: 97, outbox: -1, refused: true, took: time.Second / 2},
		{at: at(2), drivers: 98, outbox: 3, refused: false},
		{at: at(3), drivers: 100, outbox: 0},
	}
	if took := refilled(seen, noon); took != 2*time.Second {
		t.Errorf("filled again after %v", took)
	}
	if took := refilled(seen[:3], noon); took >= 0 {
		t.Errorf("filled again after %v, though it is not", took)
	}
	if took := drained(seen, at(1.5)); took != 1500*time.Millisecond {
		t.Errorf("drained after %v", took)
	}
	if n, slowest := refusals(seen, noon, at(1.5)); n != 2 || slowest != time.Second/2 {
		t.Errorf("%d refused, the slowest after %v", n, slowest)
	}
	if _, slowest := refusals(seen, noon, at(2.5)); slowest < time.Minute {
		t.Error("a request that was not refused passes for one that was")
	}
}
