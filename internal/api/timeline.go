package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/trip"
)

func (a *API) timelineRoutes() {
	handle(a, huma.Operation{
		OperationID: "trip-timeline", Method: http.MethodGet, Path: "/v1/trips/{id}/timeline", Tags: []string{"trip"},
		Summary:     "What happened to a trip, the oldest first: its events and its offers",
		Description: "Riders see no offers, drivers their own; who else was asked, or drove before, is shown to operators only.",
	}, a.timeline)
}

// timelineEntry is an event of the trip or an offer of it.
type timelineEntry struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind" enum:"event,offer"`

	Type    string         `json:"type,omitempty" enum:"requested,released,assigned,exchanged,arrived,riding,completed,redispatched,cancelled,expired" doc:"of an event"`
	Version int64          `json:"version,omitempty" doc:"of an event"`
	Actor   *timelineActor `json:"actor,omitempty" doc:"of an event"`

	OfferID    string          `json:"offer_id,omitempty"`
	Status     trip.OfferState `json:"status,omitempty" enum:"pending,accepted,declined,expired,revoked"`
	By         string          `json:"by,omitempty" doc:"the operator who made the offer by hand"`
	OfferedAt  *time.Time      `json:"offered_at,omitempty"`
	ReceivedAt *time.Time      `json:"received_at,omitempty"`
	ClosedAt   *time.Time      `json:"closed_at,omitempty"`

	DriverID       string `json:"driver_id,omitempty"`
	FormerDriverID string `json:"former_driver_id,omitempty" doc:"of exchanged: whom the trip was taken from"`
	Reason         string `json:"reason,omitempty"`
}

type timelineActor struct {
	Role trip.Role `json:"role" enum:"rider,driver,operator,system"`
	ID   string    `json:"id,omitempty" doc:"left out where it is not the caller's to know"`
}

type timelineOutput struct {
	Body struct {
		Entries []timelineEntry `json:"entries" nullable:"false"`
	}
}

func (a *API) timeline(ctx context.Context, in *IDInput) (*timelineOutput, error) {
	if _, err := a.seen(ctx, in.ID); err != nil {
		return nil, err
	}
	events, err := a.Trips.Events(ctx, in.ID, 0)
	if err != nil {
		return nil, err
	}
	offers, err := a.Trips.Offers(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	who, out := caller(ctx), &timelineOutput{}
	var made, happened []timelineEntry
	for _, o := range offers {
		if who.Role == trip.Operator || who.Role == trip.Driver && o.DriverID == who.Subject {
			made = append(made, offerEntry(who, o))
		}
	}
	for _, ev := range events {
		happened = append(happened, eventEntry(who, ev))
	}
	out.Body.Entries = merged(made, happened)
	return out, nil
}

// merged puts offers, the oldest first, among events by version. An offer is made
// before the event that it leads to, also where both are of one moment. Of two
// commands that met, the one that came earlier may have been carried out later: the
// versions say what happened, and not the times.
func merged(offers, events []timelineEntry) []timelineEntry {
	all := make([]timelineEntry, 0, len(offers)+len(events))
	for _, ev := range events {
		for len(offers) > 0 && !offers[0].At.After(ev.At) {
			all, offers = append(all, offers[0]), offers[1:]
		}
		all = append(all, ev)
	}
	return append(all, offers...)
}

func offerEntry(who auth.Identity, o trip.Offer) timelineEntry {
	e := timelineEntry{
		At: o.CreatedAt, Kind: "offer", OfferID: o.ID, DriverID: o.DriverID, Status: o.State, Reason: o.Reason,
		OfferedAt: &o.CreatedAt, ReceivedAt: ifAny(o.ReceivedAt), ClosedAt: ifAny(o.ClosedAt),
	}
	if who.Role == trip.Operator {
		e.By = o.By
	}
	return e
}

// eventEntry is the event as the caller may see it: riders are not told which
// operator acted, and drivers of nobody else who drives.
func eventEntry(who auth.Identity, ev trip.Event) timelineEntry {
	e := timelineEntry{
		At: ev.At, Kind: "event", Type: ev.Kind(), Version: ev.Version, Reason: ev.Reason,
		Actor:    &timelineActor{ev.Actor.Role, ev.Actor.ID},
		DriverID: ev.DriverID, FormerDriverID: ev.FormerDriverID,
	}
	if who.Role == trip.Operator {
		return e
	}
	if ev.Actor.Role == trip.Operator {
		e.Actor.ID = ""
	}
	if who.Role == trip.Driver {
		for _, id := range []*string{&e.DriverID, &e.FormerDriverID} {
			if *id != who.Subject {
				*id = ""
			}
		}
		if ev.Actor.ID != who.Subject {
			e.Actor.ID = ""
		}
	}
	return e
}

// ifAny is nil for the zero time.
func ifAny(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
