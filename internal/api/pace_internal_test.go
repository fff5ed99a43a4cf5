package api

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/trip"
)

// However many callers there are, only so many are remembered: those who were
// silent for longest are forgotten.
func TestPaces_ForgetsTheSilent(t *testing.T) {
	now := time.Now()
	p := newPaces(Pace{PerSecond: 0.001, Burst: 1}, DefaultOperatorPace, 3)
	take := func(id string) error {
		return p.take(auth.Identity{Role: trip.Rider, Subject: id, Expires: now}, http.Header{}, now)
	}
	for i := range 10 {
		if err := take(fmt.Sprint("r", i)); err != nil {
			t.Fatal(err)
		}
		if err := take("r0"); err == nil {
			t.Fatalf("r0, who was never silent, is forgotten after %d others", i)
		}
	}
	if len(p.callers.known) != 3 || p.callers.recent.Len() != 3 {
		t.Errorf("%d and %d are remembered", len(p.callers.known), p.callers.recent.Len())
	}
	if err := take("r9"); err == nil {
		t.Error("r9 was forgotten")
	}
	if err := take("r1"); err != nil {
		t.Errorf("r1 was not forgotten: %v", err)
	}
}
