package model_test

import (
	"flag"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/model"
)

var large = flag.Bool("model.large", false, "explore the large size, which takes minutes (make model)")

// TestModel_Holds visits everything that can happen, and finds every guarantee to
// hold in all of it.
func TestModel_Holds(t *testing.T) {
	sizes := map[string]model.Size{"Tiny": model.Tiny, "Small": model.Small}
	if *large {
		sizes["Large"] = model.Large
	}
	for name, size := range sizes {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			r := model.Explore(size, model.None, "")
			t.Logf("%+v: %d states, %d transitions, %d steps tried, depth %d, %d trips, %v",
				size, r.States, r.Transitions, r.Steps, r.Depth, r.Trips, time.Since(began).Round(time.Millisecond))
			for g, how := range r.Broken {
				t.Errorf("%s is broken: %s", g, how)
			}
		})
	}
}

// enforcements is what each enforcement is there for: the guarantee that falls
// without it.
var enforcements = []struct {
	off    model.Enforcement
	breaks model.Guarantee
	size   model.Size // that suffices to see it
}{
	{model.ClaimKey, model.I1, model.Small},
	{model.OfferByID, model.I3, model.Tiny},
	{model.ClaimOfTrip, model.I2, model.Small},
	{model.RowLock, model.I3, model.Tiny},
	{model.FinalStates, model.I3, model.Tiny},
	{model.EpochOfProposal, model.I3, model.Tiny},
	{model.EpochOfMove, model.I3, model.Large},
	{model.EpochOfStep, model.I3, model.Tiny},
	{model.AnswerLast, model.I4, model.Tiny},
	{model.EventWithin, model.I5, model.Tiny},
	{model.Sweep, model.I6, model.Tiny},
	{model.DeadlinesInTrips, model.I6, model.Tiny},
	{model.ClaimEnds, model.I6, model.Tiny},
	{model.OnceKey, model.I7, model.Tiny},
	{model.AcceptOnce, model.I7, model.Tiny},
	{model.StepsOnce, model.I7, model.Tiny},
	{model.DeclineExcludes, model.I8, model.Tiny},
	{model.CancelExcludes, model.I8, model.Tiny},
	{model.OfferExcludes, model.I8, model.Tiny},
	{model.MoveExcludes, model.I8, model.Small},
	{model.TickLooksAtAll, model.I9, model.Tiny},
}

// TestModel_EachEnforcementIsNeeded switches every enforcement off, one at a
// time, and sees the guarantee fall that it is there for.
func TestModel_EachEnforcementIsNeeded(t *testing.T) {
	for _, e := range enforcements {
		t.Run(string(e.off), func(t *testing.T) {
			r := model.Explore(e.size, e.off, e.breaks)
			how := r.Broken[e.breaks]
			if how == "" {
				t.Fatalf("%s holds without it, in %d states", e.breaks, r.States)
			}
			t.Logf("after %d states: %s: %s", r.States, e.breaks, how)
		})
	}
}
