package faults

import "github.com/cabstand/cabstand/internal/wire"

// stream holds the stream to the log: each event once, as it is on disk, and a
// trip's events in order.
func (j *judge) stream() {
	seen, newest := map[string]bool{}, map[string]int64{}
	for _, m := range j.h.Stream {
		ev, err := wire.DecodeEvent(m.Data)
		if err != nil || ev.ID() != m.ID {
			j.violate("I5", ev.TripID, "message %s of the stream is no event of that name: %v", m.ID, err)
			continue
		}
		switch want, ok := j.data[m.ID]; {
		case !ok:
			j.violate("I5", ev.TripID, "the stream told of version %d, which is not on disk", ev.Version)
		case want != string(m.Data):
			j.violate("I5", ev.TripID, "version %d came out as %s, on disk it is %s", ev.Version, m.Data, want)
		}
		switch last := newest[ev.TripID]; {
		case seen[m.ID]:
			j.violate("I5", ev.TripID, "version %d came out twice", ev.Version)
		case ev.Version < last:
			j.violate("I5", ev.TripID, "version %d came out after version %d", ev.Version, last)
		}
		seen[m.ID], newest[ev.TripID] = true, max(newest[ev.TripID], ev.Version)
	}
	for id := range j.data {
		if !seen[id] {
			j.violate("I5", id, "the event never came out")
		}
	}
	if j.h.Outbox > 0 {
		j.violate("I5", "", "%d events still wait to come out", j.h.Outbox)
	}
}
