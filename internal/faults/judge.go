package faults

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Judge names every guarantee that the history shows to be broken. The error
// says that the history cannot be read.
func Judge(h History) ([]Violation, error) {
	j := &judge{h: h, logs: map[string][]trip.Event{}, data: map[string]string{}}
	if err := j.read(); err != nil {
		return nil, err
	}
	j.claims()
	j.possessions()
	j.trips()
	j.offers()
	j.told()
	j.stream()
	j.ends()
	j.keys()
	for _, b := range h.Breaches {
		j.violate(b.Guarantee, b.TripID, "driver %s: clients saw %s", b.Driver, b.Detail)
	}
	return j.found, nil
}

type judge struct {
	h     History
	logs  map[string][]trip.Event // by trip, by version
	data  map[string]string       // of events, by id
	found []Violation
}

func (j *judge) violate(guarantee, tripID, detail string, args ...any) {
	j.found = append(j.found, Violation{guarantee, tripID, fmt.Sprintf(detail, args...)})
}

// read decodes the logs.
func (j *judge) read() error {
	for _, e := range j.h.Events {
		ev, err := wire.DecodeEvent(e.Data)
		if err != nil {
			return fmt.Errorf("event %d of trip %s: %w", e.Version, e.TripID, err)
		}
		if ev.TripID != e.TripID || ev.Version != e.Version || ev.Trip.Version != e.Version {
			j.violate("I5", e.TripID, "the event of version %d says that it is version %d of %s", e.Version, ev.Version, ev.TripID)
		}
		j.logs[e.TripID] = append(j.logs[e.TripID], ev)
		j.data[ev.ID()] = string(e.Data)
	}
	for _, log := range j.logs {
		slices.SortFunc(log, func(a, b trip.Event) int { return cmp.Compare(a.Version, b.Version) })
	}
	return nil
}

// trips holds each trip to its log: versions without a hole, states that may
// follow each other, one driver an epoch, and nothing after the end.
func (j *judge) trips() {
	for _, t := range j.h.Trips {
		log := j.logs[t.ID]
		for i, ev := range log {
			if ev.Version != int64(i)+1 {
				j.violate("I5", t.ID, "version %d follows version %d", ev.Version, i)
				break
			}
		}
		if len(log) == 0 {
			j.violate("I5", t.ID, "there is no event")
			continue
		}
		last := log[len(log)-1]
		if last.Version != t.Version || last.Trip.State != t.State || last.Trip.Epoch != t.Epoch {
			j.violate("I5", t.ID, "it is %s, version %d, and its last event says %s, version %d", t.State, t.Version, last.Trip.State, last.Version)
		}
		j.sequence(t.ID, log)
	}
}

// follow is what may come after what. It is written down here again, so that a
// wrong table in package trip is found.
var follow = map[trip.State][]trip.State{
	trip.Scheduled: {trip.Searching, trip.Cancelled},
	trip.Searching: {trip.Assigned, trip.Cancelled, trip.Expired},
	trip.Assigned:  {trip.Arrived, trip.Searching, trip.Cancelled, trip.Assigned},
	trip.Arrived:   {trip.Riding, trip.Searching, trip.Cancelled},
	trip.Riding:    {trip.Completed, trip.Cancelled},
}

// sequence checks each change of a trip against the one before it.
func (j *judge) sequence(tripID string, log []trip.Event) {
	for i := 1; i < len(log); i++ {
		a, b := log[i-1].Trip, log[i].Trip
		if a.State.Final() {
			j.violate("I3", tripID, "%s at version %d, then %s", a.State, a.Version, b.State)
			continue
		}
		epoch := a.Epoch
		if a.State.HasDriver() && b.State == trip.Searching || a.State == trip.Assigned && b.State == trip.Assigned {
			epoch++ // the driver was taken off
		}
		if !slices.Contains(follow[a.State], b.State) || b.Epoch != epoch {
			j.violate("I3", tripID, "%s of epoch %d followed %s of epoch %d", b.State, b.Epoch, a.State, a.Epoch)
		}
		if a.State.HasDriver() && b.State.HasDriver() && a.Epoch == b.Epoch && a.DriverID != b.DriverID {
			j.violate("I2", tripID, "epoch %d has drivers %s and %s", a.Epoch, a.DriverID, b.DriverID)
		}
	}
}

// told holds what clients were told to what is on disk.
func (j *judge) told() {
	for _, t := range j.h.Told {
		log := j.logs[t.Trip.ID]
		n := t.Trip.Version
		if n < 1 || n > int64(len(log)) {
			j.violate("I4", t.Trip.ID, "%s was told of version %d, %s, which is not on disk", t.Who, n, t.Trip.State)
			continue
		}
		// A driver who lost the trip to another is not told to whom.
		is := log[n-1].Trip
		if is.State != t.Trip.State || is.Epoch != t.Trip.Epoch || t.Trip.DriverID != "" && is.DriverID != t.Trip.DriverID {
			j.violate("I4", t.Trip.ID, "%s was told that version %d is %s by %q, on disk it is %s by %q",
				t.Who, n, t.Trip.State, t.Trip.DriverID, is.State, is.DriverID)
		}
	}
	for _, id := range j.h.Lookups {
		j.violate("I4", id, "it was acknowledged and is not there")
	}
}

// ends holds every trip to an end, and the claims to theirs: after the last trip
// none is left.
func (j *judge) ends() {
	final := map[string]bool{}
	for _, t := range j.h.Trips {
		if final[t.ID] = t.State.Final(); !final[t.ID] {
			j.violate("I6", t.ID, "it is %s, and nobody works on it", t.State)
		}
	}
	for _, c := range j.h.Claims {
		if final[c.TripID] {
			j.violate("I6", c.TripID, "it is over, and still holds driver %s", c.Driver)
		}
	}
}

// keys holds repeated requests to their first answers.
func (j *judge) keys() {
	for _, r := range j.h.Repeats {
		if r.First != r.Again {
			j.violate("I7", r.Key, "the first answer was %s, repeated it was %s", r.First, r.Again)
		}
	}
	stored := map[string]string{}
	for _, k := range j.h.Keys {
		stored[k.Key] = k.TripID
	}
	for _, t := range j.h.Told {
		if t.Key != "" && stored[t.Key] != t.Trip.ID {
			j.violate("I7", t.Trip.ID, "it answered key %s, which is on disk for trip %q", t.Key, stored[t.Key])
		}
	}
	riders := map[string]string{}
	for _, t := range j.h.Trips {
		if first, ok := riders[t.Rider]; ok {
			j.violate("I7", t.ID, "rider %s asked for one trip, and has %s as well", t.Rider, first)
		}
		riders[t.Rider] = t.ID
	}
}
