package wire

import (
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/trip"
)

// Trip is the public form of a trip.
type Trip struct {
	ID       string     `json:"id" doc:"UUID of the trip"`
	State    trip.State `json:"state" enum:"scheduled,searching,assigned,arrived,riding,completed,cancelled,expired"`
	Version  int64      `json:"version" doc:"1 at the request, one more with each change of state"`
	Epoch    int64      `json:"epoch" doc:"1 at the request, one more each time a driver is taken off"`
	RiderID  string     `json:"rider_id"`
	DriverID string     `json:"driver_id" doc:"empty until a driver accepted"`
	Slot     int        `json:"slot" doc:"1 while the driver has another trip to finish first"`
	Forward  bool       `json:"forward" doc:"it was given to its driver while another trip was under way"`
	Swaps    int        `json:"swaps" doc:"how often it was given to another driver who is nearer"`
	Class    string     `json:"class"`
	Seats    int        `json:"seats"`
	Pickup   geo.Point  `json:"pickup"`
	Dropoff  geo.Point  `json:"dropoff"`
	Fare     fare.Money `json:"fare"`

	RequestedAt  time.Time  `json:"requested_at"`
	ScheduledFor *time.Time `json:"scheduled_for,omitempty"`
	AssignedAt   *time.Time `json:"assigned_at,omitempty"`
	ArrivedAt    *time.Time `json:"arrived_at,omitempty"`
	RidingAt     *time.Time `json:"riding_at,omitempty"`
	CompletedAt  *time.Time `json:"completed_at,omitempty"`
	CancelledAt  *time.Time `json:"cancelled_at,omitempty"`
	ExpiredAt    *time.Time `json:"expired_at,omitempty"`
	CancelledBy  trip.Role  `json:"cancelled_by,omitempty" enum:"rider,driver,operator,system"`
	Reason       string     `json:"reason,omitempty"`

	PIN         string      `json:"pin,omitempty" doc:"what the rider tells the driver at the pickup: shown to the rider and to operators, over HTTP only"`
	PINRequired bool        `json:"pin_required,omitempty" doc:"the ride starts with the rider's PIN"`
	Driver      *TripDriver `json:"driver,omitempty" doc:"who drives: shown to the rider and to operators in GET of one trip"`
	Rating      *Rating     `json:"rating,omitempty" doc:"the rider's: shown to the rider and to operators"`

	DistanceM float64 `json:"distance_m,omitempty" doc:"metres that were driven with the rider on board; left out until the track is known, which is after the ride and counts no version"`
}

// TripDriver is the driver as the rider sees one.
type TripDriver struct {
	Name    string   `json:"name"`
	Class   string   `json:"class"`
	Seats   int      `json:"seats"`
	Vehicle *Vehicle `json:"vehicle,omitempty"`
	Rating  *float64 `json:"rating,omitempty" doc:"mean of the stars, one decimal; left out while there is none"`
}

// Rating is what a rider thought of a ride.
type Rating struct {
	Stars   int       `json:"stars" minimum:"1" maximum:"5"`
	Comment string    `json:"comment"`
	At      time.Time `json:"at"`
}

// FromRating is the public form of r, nil for nil.
func FromRating(r *trip.Rating) *Rating {
	if r == nil {
		return nil
	}
	return &Rating{r.Stars, r.Comment, r.At.UTC()}
}

// ForRider is the public form of t for its rider, and for operators.
func ForRider(t *trip.Trip) Trip {
	w := FromTrip(t)
	w.PIN, w.Rating = t.PIN.Code, FromRating(t.Rating)
	return w
}

// FromTrip is the public form of t, as everybody concerned may see it.
func FromTrip(t *trip.Trip) Trip {
	return Trip{
		ID: t.ID, State: t.State, Version: t.Version, Epoch: t.Epoch,
		RiderID: t.RiderID, DriverID: t.DriverID, Slot: t.Slot, Forward: t.Forward, Swaps: t.Swaps, Class: string(t.Class), Seats: t.Seats,
		Pickup: t.Pickup, Dropoff: t.Dropoff, Fare: t.Fare,
		RequestedAt: t.RequestedAt.UTC(), ScheduledFor: optional(t.ScheduledFor), AssignedAt: optional(t.AssignedAt),
		ArrivedAt: optional(t.ArrivedAt), RidingAt: optional(t.RidingAt), CompletedAt: optional(t.CompletedAt),
		CancelledAt: optional(t.CancelledAt), ExpiredAt: optional(t.ExpiredAt),
		CancelledBy: t.CancelledBy, Reason: t.Reason, PINRequired: t.PIN.Required, DistanceM: t.Metres,
	}
}

// Trip is the trip that the public form tells of. It has no offer, exclusions
// or search deadline.
func (w Trip) Trip() trip.Trip {
	return trip.Trip{
		ID: w.ID, State: w.State, Version: w.Version, Epoch: w.Epoch,
		RiderID: w.RiderID, DriverID: w.DriverID, Slot: w.Slot, Forward: w.Forward, Swaps: w.Swaps, Class: driver.Class(w.Class), Seats: w.Seats,
		Pickup: w.Pickup, Dropoff: w.Dropoff, Fare: w.Fare,
		RequestedAt: w.RequestedAt, ScheduledFor: given(w.ScheduledFor), AssignedAt: given(w.AssignedAt),
		ArrivedAt: given(w.ArrivedAt), RidingAt: given(w.RidingAt), CompletedAt: given(w.CompletedAt),
		CancelledAt: given(w.CancelledAt), ExpiredAt: given(w.ExpiredAt),
		CancelledBy: w.CancelledBy, Reason: w.Reason, PIN: trip.PIN{Required: w.PINRequired}, Metres: w.DistanceM,
	}
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func given(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
