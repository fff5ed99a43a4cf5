package trip

import "github.com/cabstand/cabstand/internal/audit"

// Audit is what an operator did by the change: what stores record beside it.
func (c Change) Audit() []audit.Entry {
	var did []audit.Entry
	for _, ev := range c.Events {
		if ev.Actor.Role != Operator {
			continue
		}
		e := audit.Entry{At: ev.At, By: ev.Actor.ID, Action: ev.action(), Subject: audit.Trip(ev.TripID), Detail: map[string]any{}}
		note(e.Detail, "reason", ev.Reason)
		note(e.Detail, "driver_id", ev.DriverID)
		did = append(did, e)
	}
	if o := c.NewOffer(); o != nil && o.By != "" {
		e := audit.Entry{At: o.CreatedAt, By: o.By, Action: "trip.assign", Subject: audit.Trip(o.TripID)}
		e.Detail = map[string]any{"driver_id": o.DriverID, "offer_id": o.ID}
		did = append(did, e)
	}
	return did
}

// action is what an operator did to bring the event about.
func (e Event) action() string {
	if e.Trip.State == Cancelled {
		return "trip.cancel"
	}
	return "trip.redispatch"
}

func note(detail map[string]any, name, value string) {
	if value != "" {
		detail[name] = value
	}
}
