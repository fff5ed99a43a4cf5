package wire

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
)

// cloudEvent is a trip event as CloudEvents 1.0 JSON.
type cloudEvent struct {
	SpecVersion     string    `json:"specversion"`
	ID              string    `json:"id"`
	Source          string    `json:"source"`
	Type            string    `json:"type"`
	Subject         string    `json:"subject"`
	Time            time.Time `json:"time"`
	DataContentType string    `json:"datacontenttype"`
	Data            eventData `json:"data"`
}

type eventData struct {
	Version     int64        `json:"version"`
	ActorRole   trip.Role    `json:"actor_role"`
	ActorID     string       `json:"actor_id,omitempty"`
	Reason      string       `json:"reason,omitempty"`
	DriverID    string       `json:"driver_id,omitempty"`
	FormerID    string       `json:"former_driver_id,omitempty"`
	ClosedOffer *closedOffer `json:"closed_offer,omitempty"`
	Trip        Trip         `json:"trip"`
}

type closedOffer struct {
	OfferID  string `json:"offer_id"`
	DriverID string `json:"driver_id"`
	Reason   string `json:"reason"`
}

const eventTypePrefix = "cabstand.trip."

// EncodeEvent is the event as CloudEvents 1.0 JSON: type
// "cabstand.trip.<state>", subject the trip's id, id "<trip id>:<version>".
func EncodeEvent(ev trip.Event) []byte {
	ce := cloudEvent{
		SpecVersion: "1.0", ID: ev.ID(), Source: "cabstand", Type: eventTypePrefix + string(ev.Trip.State),
		Subject: ev.TripID, Time: ev.At.UTC(), DataContentType: "application/json",
		Data: eventData{
			Version: ev.Version, ActorRole: ev.Actor.Role, ActorID: ev.Actor.ID, Reason: ev.Reason,
			DriverID: ev.DriverID, FormerID: ev.FormerDriverID, Trip: FromTrip(&ev.Trip),
		},
	}
	if ev.ClosedOffer != nil {
		ce.Data.ClosedOffer = &closedOffer{ev.ClosedOffer.OfferID, ev.ClosedOffer.DriverID, ev.ClosedOffer.Reason}
	}
	return mustJSON(ce)
}

// DecodeEvent reads what EncodeEvent wrote.
func DecodeEvent(data []byte) (trip.Event, error) {
	var ce cloudEvent
	if err := json.Unmarshal(data, &ce); err != nil {
		return trip.Event{}, fmt.Errorf("trip event: %w", err)
	}
	if ce.SpecVersion != "1.0" || ce.Subject == "" || ce.Data.Version < 1 {
		return trip.Event{}, fmt.Errorf("trip event %q: not a CloudEvent 1.0 of a trip", ce.ID)
	}
	ev := trip.Event{
		TripID: ce.Subject, Version: ce.Data.Version, At: ce.Time,
		Actor: trip.Actor{Role: ce.Data.ActorRole, ID: ce.Data.ActorID}, Reason: ce.Data.Reason,
		DriverID: ce.Data.DriverID, FormerDriverID: ce.Data.FormerID, Trip: ce.Data.Trip.Trip(),
	}
	if c := ce.Data.ClosedOffer; c != nil {
		ev.ClosedOffer = &trip.ClosedOffer{OfferID: c.OfferID, DriverID: c.DriverID, Reason: c.Reason}
	}
	return ev, checkTimes(ev)
}

// checkTimes refuses times that could not be written again: JSON has the years 0
// to 9999, and another zone's may be others in UTC.
func checkTimes(ev trip.Event) error {
	t := &ev.Trip
	for _, at := range []time.Time{
		ev.At, t.RequestedAt, t.ScheduledFor, t.AssignedAt, t.ArrivedAt, t.RidingAt, t.CompletedAt, t.CancelledAt, t.ExpiredAt,
	} {
		if year := at.UTC().Year(); year < 0 || year > 9999 {
			return fmt.Errorf("trip event %q: its year %d is not accepted: 0 to 9999", ev.ID(), year)
		}
	}
	return nil
}

// mustJSON encodes a value of this package's own types, which always encode.
func mustJSON(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("wire: %T: %v", v, err))
	}
	return data
}
