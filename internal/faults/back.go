package faults

import (
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Back is how long it took after each fault until every cell gave a trip to a
// driver again, from the events of a run that began at start. It is below zero
// where that never came, or not before the run ended: nobody may have asked.
func Back(h History, done Schedule, start time.Time) ([]time.Duration, error) {
	given := map[geo.Cell][]time.Time{}
	for _, e := range h.Events {
		ev, err := wire.DecodeEvent(e.Data)
		if err != nil {
			return nil, err
		}
		if ev.Trip.State == trip.Assigned {
			given[ev.Trip.Cell()] = append(given[ev.Trip.Cell()], ev.At)
		}
	}
	var all []time.Duration
	for _, f := range done {
		all = append(all, back(given, start.Add(f.At+f.For)))
	}
	return all, nil
}

// back is the time after end by which every cell was served.
func back(given map[geo.Cell][]time.Time, end time.Time) (longest time.Duration) {
	for _, times := range given {
		first := time.Duration(-1)
		for _, at := range times {
			if d := at.Sub(end); d >= 0 && (first < 0 || d < first) {
				first = d
			}
		}
		if first < 0 {
			return -1
		}
		longest = max(longest, first)
	}
	return longest
}
