package wire

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Driver is the public form of a driver.
type Driver struct {
	ID        string    `json:"id" doc:"1 to 64 letters, digits, '-' or '_'"`
	Name      string    `json:"name"`
	Class     string    `json:"class"`
	Seats     int       `json:"seats"`
	Vehicle   *Vehicle  `json:"vehicle,omitempty"`
	Active    bool      `json:"active" doc:"false: no session and no offers, until an operator changes it"`
	CreatedAt time.Time `json:"created_at"`
}

// Vehicle is how riders know a car.
type Vehicle struct {
	Plate  string `json:"plate,omitempty"`
	Make   string `json:"make,omitempty"`
	Colour string `json:"colour,omitempty"`
}

// FromVehicle is the public form of v; nil where nothing is known of it.
func FromVehicle(v driver.Vehicle) *Vehicle {
	if v == (driver.Vehicle{}) {
		return nil
	}
	return &Vehicle{v.Plate, v.Make, v.Colour}
}

// Vehicle is the vehicle that the public form tells of.
func (v *Vehicle) Vehicle() driver.Vehicle {
	if v == nil {
		return driver.Vehicle{}
	}
	return driver.Vehicle{Plate: v.Plate, Make: v.Make, Colour: v.Colour}
}

// FromProfile is the public form of p.
func FromProfile(p driver.Profile) Driver {
	return Driver{
		ID: p.ID, Name: p.Name, Class: string(p.Class), Seats: p.Seats, Vehicle: FromVehicle(p.Vehicle), Active: !p.Inactive, CreatedAt: p.CreatedAt.UTC(),
	}
}

// Profile is the profile that the public form tells of.
func (d Driver) Profile() driver.Profile {
	return driver.Profile{
		ID: d.ID, Name: d.Name, Class: driver.Class(d.Class), Seats: d.Seats, Vehicle: d.Vehicle.Vehicle(), Inactive: !d.Active, CreatedAt: d.CreatedAt,
	}
}

// Kinds of frames on the driver's socket.
const (
	FramePosition  = "position"
	FramePositions = "positions"
	FrameStatus    = "status"
	FrameReceived  = "received"
	FrameAccept    = "accept"
	FrameDecline   = "decline"
	FrameArrive    = "arrive"
	FrameStart     = "start"
	FrameComplete  = "complete"
	FrameCancel    = "cancel"

	FrameHello       = "hello"
	FrameAck         = "ack"
	FrameRejected    = "rejected"
	FrameOffer       = "offer"
	FrameOfferClosed = "offer_closed"
	FrameTrip        = "trip"
	FrameError       = "error"
)

// HelloFrame is the first frame that a driver gets.
type HelloFrame struct {
	Type       string    `json:"type"` // hello
	DriverID   string    `json:"driver_id"`
	Session    string    `json:"session"`
	ServerTime time.Time `json:"server_time"`
	HeartbeatS int       `json:"heartbeat_s"` // how often to send a position at least
	Seq        uint64    `json:"seq"`         // acknowledged so far, also in earlier sessions; 0 if nobody knows
}

// AckFrame names the position up to which nothing has to be sent again.
type AckFrame struct {
	Type string `json:"type"` // ack
	Seq  uint64 `json:"seq"`
}

// RejectedFrame names a position that the filter refused.
type RejectedFrame struct {
	Type string `json:"type"` // rejected
	Seq  uint64 `json:"seq"`
	Code string `json:"code"`
}

// OfferFrame offers a trip to a driver.
type OfferFrame struct {
	Type      string     `json:"type"` // offer
	OfferID   string     `json:"offer_id"`
	TripID    string     `json:"trip_id"`
	Epoch     int64      `json:"epoch"`
	Slot      int        `json:"slot"` // 1: for after the trip at hand
	Pickup    geo.Point  `json:"pickup"`
	Dropoff   geo.Point  `json:"dropoff"`
	EtaS      int        `json:"eta_s"` // to the pickup
	Fare      fare.Money `json:"fare"`
	Class     string     `json:"class"`
	Seats     int        `json:"seats"`
	ExpiresAt time.Time  `json:"expires_at"`   // server time: to be confirmed, then to be answered by
	Received  bool       `json:"received"`     // a phone of the driver confirmed it before
	By        trip.Role  `json:"by,omitempty"` // operator: it was made by hand
}

// NewOfferFrame is the frame of t's newest offer.
func NewOfferFrame(t *trip.Trip) OfferFrame {
	o := t.Offer
	return OfferFrame{
		Type: FrameOffer, OfferID: o.ID, TripID: t.ID, Epoch: o.Epoch, Slot: o.Slot,
		Pickup: t.Pickup, Dropoff: t.Dropoff, EtaS: int(o.PickupIn.Round(time.Second) / time.Second),
		Fare: t.Fare, Class: string(t.Class), Seats: t.Seats,
		ExpiresAt: o.ExpiresAt.UTC(), Received: !o.ReceivedAt.IsZero(), By: byHand(o),
	}
}

func byHand(o *trip.Offer) trip.Role {
	if o.By == "" {
		return ""
	}
	return trip.Operator
}

// OfferClosedFrame tells that an offer needs no answer any more.
type OfferClosedFrame struct {
	Type    string `json:"type"` // offer_closed
	OfferID string `json:"offer_id"`
	Reason  string `json:"reason"`
}

// TripFrame tells of a trip's change: to its driver, its rider, operators.
type TripFrame struct {
	Type   string `json:"type"` // trip
	Trip   Trip   `json:"trip"`
	Reason string `json:"reason,omitempty"` // of the change, where somebody gave one
}

// NewTripFrame is the frame of an event, as the trip's rider, its driver and
// operators see it.
func NewTripFrame(ev trip.Event) TripFrame {
	return TripFrame{Type: FrameTrip, Trip: FromTrip(&ev.Trip), Reason: ev.Reason}
}

// ErrorFrame answers a frame that was not accepted.
type ErrorFrame struct {
	Type   string     `json:"type"` // error
	Code   fault.Code `json:"code"`
	Detail string     `json:"detail"`
	// Ref repeats the offer_id or trip_id of the frame that failed, if it had one.
	Ref string `json:"ref,omitempty"`
}

// NewErrorFrame is the frame that tells of err.
func NewErrorFrame(err error, ref string) ErrorFrame {
	code, detail := Describe(err)
	return ErrorFrame{Type: FrameError, Code: code, Detail: detail, Ref: ref}
}

// OfferPush carries an offer to its driver.
func OfferPush(t *trip.Trip) Push { return Push{Frame: mustJSON(NewOfferFrame(t))} }

// OfferClosedPush tells a driver that an offer needs no answer any more.
func OfferClosedPush(offerID, reason string) Push {
	return Push{Frame: mustJSON(OfferClosedFrame{Type: FrameOfferClosed, OfferID: offerID, Reason: reason})}
}

// TripPush carries a trip's change to its driver.
func TripPush(ev trip.Event) Push { return tripPush(NewTripFrame(ev)) }

// FormerTripPush tells a driver that the trip went to another one: to whom is not
// this driver's to know.
func FormerTripPush(ev trip.Event) Push {
	f := NewTripFrame(ev)
	f.Trip.DriverID = ""
	return tripPush(f)
}

func tripPush(f TripFrame) Push {
	return Push{TripID: f.Trip.ID, Version: f.Trip.Version, Frame: mustJSON(f)}
}

// Encode is a frame as JSON.
func Encode(frame any) json.RawMessage { return mustJSON(frame) }

func asFault(err error) (*fault.Error, bool) {
	var e *fault.Error
	ok := errors.As(err, &e)
	return e, ok
}
