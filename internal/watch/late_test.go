package watch_test

import (
	"slices"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/watch"
	"github.com/cabstand/cabstand/internal/wire"
)

// lateness is what the frames say of it, in order.
func lateness(tb testing.TB, frames []watch.Frame) (kinds []string) {
	for _, f := range frames {
		for _, kind := range []string{wire.FrameStale, wire.FrameFresh} {
			if len(ofType[struct{}](tb, []watch.Frame{f}, kind)) > 0 {
				kinds = append(kinds, kind)
			}
		}
	}
	return kinds
}

// Whoever watches is told once when the bus goes, and once when it is back; who
// comes in between is told at once, and readers of one trip, whose events it
// delays as well, are told nothing.
func TestHub_TellsWhenItIsLate(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.deliver(w.request("a", "r1", centre)...)
		rider, operator, one := listen(w.hub.Rider("r1")), listen(w.hub.Operator()), listen(w.hub.Trip("a", 0))
		defer rider.stop()
		defer operator.stop()
		defer one.stop()
		w.lose("redis")
		pass(3 * pulse)
		if kinds := lateness(t, append(rider.taken(), operator.taken()...)); len(kinds) > 0 {
			t.Fatalf("told %v while the bus was there", kinds)
		}
		gone := time.Now()
		w.lose("redis", "nats")
		pass(3 * pulse)
		late := listen(w.hub.Rider("r2"))
		defer late.stop()
		pass(0)
		for _, l := range []*listener{rider, operator, late} {
			stale := ofType[wire.StaleFrame](t, l.taken(), wire.FrameStale)
			if len(stale) != 1 || stale[0].Since.Sub(gone).Abs() > pulse {
				t.Fatalf("told %+v, want once, since %v", stale, gone)
			}
		}
		w.lose()
		pass(3 * pulse)
		never := listen(w.hub.Rider("r3"))
		defer never.stop()
		pass(3 * pulse)
		for i, l := range []*listener{rider, operator, late, never, one} {
			want := []string{wire.FrameFresh}
			if i > 2 {
				want = nil
			}
			if kinds := lateness(t, l.taken()); !slices.Equal(kinds, want) {
				t.Errorf("reader %d was told %v, want %v", i, kinds, want)
			}
		}
	})
}
