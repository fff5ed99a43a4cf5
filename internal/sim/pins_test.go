package sim

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// A driver of the run picks up somebody who is none of its riders: the PIN is
// asked for at the pickup and not before, also when it comes late, and is
// forgotten with the trip.
func TestPhone_MeetsStranger(t *testing.T) {
	s := newShift(t, steadfast)
	s.c.pins = &pins{}
	said := ""
	var asked []string
	p := &phone{cabbie: s.c, stranger: func(_ context.Context, id string) string {
		asked = append(asked, id)
		return said
	}}
	at := func(state trip.State) {
		s.c.trip = &wire.Trip{ID: "t", DriverID: "d", State: state, PINRequired: true}
		p.meet(t.Context())
	}
	at(trip.Assigned)
	if len(asked) > 0 {
		t.Error("asked before the pickup")
	}
	at(trip.Arrived)
	s.c.tripStep(wire.FrameStart, s.now)
	said = "0042"
	at(trip.Arrived)
	at(trip.Arrived)
	if !slices.Equal(asked, []string{"t", "t"}) {
		t.Errorf("asked %q: until the rider said it", asked)
	}
	h := heard{}
	h.Ref, h.Code = "t", fault.WrongPIN // of the step that was sent without one
	s.c.hearError(h, s.now.Add(time.Second))
	if f := s.c.pending.frame.(tripStep); f.PIN != "0042" {
		t.Errorf("the step is repeated with the PIN %q", f.PIN)
	}
	s.c.trip = nil
	p.meet(t.Context())
	if got := s.c.pins.of("t"); got != "" {
		t.Errorf("%q is known after the trip", got)
	}
}
