package track

import (
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// mustRide is a recorder of a ride, and a way to drive on for so many seconds.
func mustRide(tb testing.TB) (ws *ways, drive func(seconds int)) {
	tb.Helper()
	ws = newWays()
	ws.follow("d1", "s1", wire.Trip{ID: "t1", DriverID: "d1", State: trip.Riding}, epoch)
	now := epoch
	return ws, func(seconds int) {
		for range seconds {
			now = now.Add(time.Second)
			ws.add("d1", "s1", []driver.Position{{Point: geo.Point{Lat: 40, Lon: -74}, FixedAt: now}}, now)
		}
	}
}

// However long dispatchers are away, the memory is bounded, and what is kept
// spans the whole time.
func TestRecorder_Bound(t *testing.T) {
	ws, drive := mustRide(t)
	drive(wayFull)
	r := ws.get("d1")
	first, _ := r.take(epoch)
	r.sent(first, true)
	drive(100_000)
	again, _ := r.take(epoch)
	if len(again.Fixes) != wayFull || !again.Fixes[0].At.Equal(epoch.Add(time.Second)) {
		t.Errorf("the part that failed is sent as %d fixes from %v on", len(again.Fixes), again.Fixes[0].At)
	}
	r.sent(again, false)
	rest, _ := r.take(epoch)
	n := len(rest.Fixes)
	if n > wayMost || n < wayMost/2 {
		t.Fatalf("%d fixes waited, want at most %d", n, wayMost)
	}
	if begins, ends := rest.Fixes[0].At.Sub(epoch), rest.Fixes[n-1].At.Sub(epoch); begins != (wayFull+1)*time.Second || ends < 99_000*time.Second {
		t.Errorf("what waited spans %v to %v", begins, ends)
	}
}

// A ride that never ends is recorded more and more coarsely.
func TestRecorder_LongRide(t *testing.T) {
	ws, drive := mustRide(t)
	r := ws.get("d1")
	kept := 0
	count := func(seconds int) int {
		before := kept
		for range seconds / 50 {
			drive(50)
			part, _ := r.take(epoch)
			r.sent(part, false)
			kept += len(part.Fixes)
		}
		return kept - before
	}
	for i, want := range []int{20_000, 20_000, 20_000} {
		if got := count(20_000 << i); got != want {
			t.Errorf("of %d fixes %d were kept, want %d", 20_000<<i, got, want)
		}
	}
}
