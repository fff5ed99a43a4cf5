package track_test

import (
	"slices"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// The word that a trip is over came to nobody: a session that hears nothing of the
// trip for longer than drivers are told of one again asks how it stands, until it
// is answered, and tells its driver.
func TestTracker_AsksAfterTheTripOfWhichNothingIsHeard(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		tracker := w.tracker()
		p := w.online(tracker, "d1")
		stands := wire.Trip{ID: "t", Version: 2, DriverID: "d1", State: trip.Assigned}
		w.stand("t", 2, trip.Assigned)
		p.expect(wire.FrameTrip)
		for range 5 {
			time.Sleep(65 * time.Second)
			w.stand("t", 2, trip.Assigned)
		}
		p.nothing()
		if asked := w.desk.orders(); len(asked) > 0 {
			t.Fatalf("asked %v while the driver was told again", asked)
		}

		w.desk.set(nobody)
		time.Sleep(2 * time.Minute)
		p.nothing()
		if asked := w.desk.orders(); len(asked) < 2 || slices.Contains(asked, "") {
			t.Fatalf("asked %v, want it to be asked until there is an answer", asked)
		}
		stands.Version, stands.State = 3, trip.Cancelled
		w.desk.set(func(c wire.Command) (wire.Reply, error) {
			if c.Kind != wire.CommandStand || c.TripID != "t" || c.DriverID != "d1" {
				t.Errorf("asked %+v", c)
			}
			return wire.Reply{Trip: &stands}, nil
		})
		if f := p.expect(wire.FrameTrip); f.Trip.ID != "t" || f.Trip.Version != 3 {
			t.Errorf("told %+v", f.Trip)
		}
		before := len(w.desk.orders())
		time.Sleep(10 * time.Minute)
		p.nothing()
		if asked := w.desk.orders(); len(asked) != before {
			t.Errorf("still asked %d times about a trip that is over", len(asked)-before)
		}
	})
}
