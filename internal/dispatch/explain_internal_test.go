package dispatch

import (
	"fmt"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
)

// More requests may wait than are remembered: a tick right after another writes
// nothing down anew all the same.
func TestDispatcher_ExplainsAsManyAsItRemembers(t *testing.T) {
	d := New(Config{Journal: true}, Deps{})
	now := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	written := func(at time.Time) (n int) {
		r := &round{now: at}
		for i := range decisionTrips + 100 {
			r.add(&entry{trip: &trip.Trip{ID: fmt.Sprint("t", i), Epoch: 1}}, &rule{}, 0)
		}
		r.open = len(r.rows)
		d.explain(r)
		d.note(r)
		for _, w := range r.rows {
			if w.record != nil {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{0, decisionTrips}, {20 * time.Millisecond, 0}, {recordEvery, decisionTrips}} {
		if got := written(now.Add(c.after)); got != c.want {
			t.Errorf("after %v %d decisions are written down, want %d", c.after, got, c.want)
		}
	}
	if d.Decisions("t0")[0].Ticks != 3 || d.Decisions(fmt.Sprint("t", decisionTrips)) != nil {
		t.Error("not the oldest are remembered, or their ticks not counted")
	}
}
