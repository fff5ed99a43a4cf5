package faults

import (
	"cmp"
	"slices"

	"github.com/cabstand/cabstand/internal/trip"
)

// possessions ties claims to trips: while a trip has a driver, that driver's claim
// of it stands. Without this an engine that writes no claims would pass for one
// that never wrote two.
func (j *judge) possessions() {
	commits := map[version]int64{}
	for _, e := range j.h.Events {
		commits[version{e.TripID, e.Version}] = e.Commit
	}
	holds := map[string][]Hold{}
	for _, h := range j.h.Holds {
		holds[h.TripID] = append(holds[h.TripID], h)
	}
	for tripID, log := range j.logs {
		slices.SortStableFunc(holds[tripID], func(a, b Hold) int { return cmp.Compare(a.Return, b.Return) })
		for i, ev := range log {
			if !ev.Trip.State.HasDriver() {
				continue
			}
			from := commits[version{tripID, ev.Version}]
			until := from // of the last event nothing is known but its moment
			if i+1 < len(log) {
				until = commits[version{tripID, ev.Version + 1}]
			}
			j.possession(holds[tripID], ev.Trip, from, until)
		}
	}
}

type version struct {
	tripID string
	n      int64
}

// possession holds the claims of a trip to what the trip was from one commit up to
// the next.
func (j *judge) possession(holds []Hold, t trip.Trip, from, until int64) {
	claimed := func(h Hold) bool { return h.Made && h.Driver == t.DriverID }
	if !slices.ContainsFunc(holds, claimed) {
		j.violate("I1", t.ID, "version %d has driver %s, who never claimed it", t.Version, t.DriverID)
		return
	}
	if from == 0 || until == 0 {
		return
	}
	slots := map[int]bool{} // in which the driver holds the trip
	n := 0
	commit := func(at int64) {
		for ; n < len(holds) && holds[n].Return <= at; n++ {
			if holds[n].Driver == t.DriverID {
				slots[holds[n].Slot] = holds[n].Made
			}
		}
	}
	for commit(from); holdsAny(slots); commit(holds[n].Return) {
		if n == len(holds) || holds[n].Return >= until {
			return
		}
	}
	j.violate("I1", t.ID, "version %d has driver %s, who did not hold it all the time: %s", t.Version, t.DriverID, tell(holds))
}

func holdsAny(slots map[int]bool) bool {
	for _, held := range slots {
		if held {
			return true
		}
	}
	return false
}
