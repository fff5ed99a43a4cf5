package wire

import (
	"encoding/json"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Command is what a tracker asks of a dispatcher for a driver: request-reply on
// the subject "dispatch.command".
type Command struct {
	Kind     CommandKind `json:"kind"`
	DriverID string      `json:"driver_id"`
	Session  string      `json:"session,omitempty"`
	OfferID  string      `json:"offer_id,omitempty"`
	TripID   string      `json:"trip_id,omitempty"`
	Epoch    int64       `json:"epoch,omitempty"` // of the trip, as the driver has it; 0 if the driver did not say
	Reason   string      `json:"reason,omitempty"`
	PIN      string      `json:"pin,omitempty"`    // of start: what the rider said
	Device   string      `json:"device,omitempty"` // of device: the hash of the token
	Fixes    []byte      `json:"fixes,omitempty"`  // of track: see EncodeFixes
}

// Repeatable reports whether the command may be carried out twice. A start with a
// PIN may not, since a wrong one would count as two tries, and a cancel that names
// no epoch may not, since by the second one the trip is not the driver's any more.
func (c Command) Repeatable() bool {
	switch c.Kind {
	case CommandStart:
		return c.PIN == ""
	case CommandCancel:
		return c.Epoch != 0
	}
	return true
}

// Check is nil for a command that names whom and what its kind is about, in the
// forms that ids, reasons and PINs have. The error is fault.Invalid, and names the
// field. Trackers check what their drivers send: this is for whatever else reaches
// a dispatcher.
func (c Command) Check() error {
	switch c.Kind {
	case CommandTime:
		return nil
	case CommandDevice:
		return checkID("device", c.Device)
	case CommandConnect:
		return checkID("driver_id", c.DriverID)
	case CommandReceived, CommandAccept, CommandDecline:
		return c.checkAbout("offer_id", c.OfferID)
	case CommandArrive, CommandStart, CommandComplete, CommandCancel, CommandStand, CommandTrack:
		return c.checkAbout("trip_id", c.TripID)
	}
	return fault.Field("kind", "%q is not a command", c.Kind)
}

// checkAbout is Check of a command about an offer or a trip.
func (c Command) checkAbout(field, id string) error {
	if err := checkID("driver_id", c.DriverID); err != nil {
		return err
	}
	if err := checkID(field, id); err != nil {
		return err
	}
	if c.Epoch < 0 || c.Epoch > maxSeq {
		return fault.Field("epoch", "%d is not accepted: 0 to %d", c.Epoch, int64(maxSeq))
	}
	if c.PIN != "" {
		if err := trip.CheckPIN(c.PIN); err != nil {
			return err
		}
	}
	return driver.CheckText("reason", c.Reason)
}

func checkID(field, id string) error {
	if !driver.ValidID(id) {
		return fault.Field(field, "%q is not accepted: 1 to 64 letters, digits, '-' or '_'", id)
	}
	return nil
}

// CommandKind is what a Command wants. But for connect, device, stand, track and time they
// are named as the driver's frames are.
type CommandKind string

// The commands.
const (
	CommandConnect  CommandKind = "connect" // who is this, and what is pending?
	CommandDevice   CommandKind = "device"  // whose device is this? Names no driver
	CommandReceived CommandKind = "received"
	CommandAccept   CommandKind = "accept"
	CommandDecline  CommandKind = "decline"
	CommandArrive   CommandKind = "arrive"
	CommandStart    CommandKind = "start"
	CommandComplete CommandKind = "complete"
	CommandCancel   CommandKind = "cancel"
	CommandStand    CommandKind = "stand" // how is a trip that the driver has, or had?
	CommandTrack    CommandKind = "track" // keep a part of the way of the trip that is ridden
	CommandTime     CommandKind = "time"  // what time is it? Names no driver
)

// Reply answers a Command: a fault (Code is not empty), or what the command
// brought about.
type Reply struct {
	Code   fault.Code `json:"code,omitempty"`
	Detail string     `json:"detail,omitempty"`

	Profile *Driver     `json:"profile,omitempty"` // of connect and device
	Offer   *OfferFrame `json:"offer,omitempty"`   // of connect: the pending offer
	Trip    *Trip       `json:"trip,omitempty"`    // of connect: the trip at hand; else the trip after the command
	Next    *Trip       `json:"next,omitempty"`    // of connect: the trip after the one at hand

	Available bool `json:"available,omitempty"` // of device: the driver is, while it reports and no session says otherwise

	At int64 `json:"at,omitempty"` // when it was given, unix ms by the dispatcher's clock
}

// Fault is the fault that the reply tells of, nil if it tells of success.
func (r Reply) Fault() error {
	if r.Code == "" {
		return nil
	}
	return &fault.Error{Code: r.Code, Detail: r.Detail}
}

// FaultReply is the reply that tells of err.
func FaultReply(err error) Reply {
	code, detail := Describe(err)
	return Reply{Code: code, Detail: detail}
}

// Push is what somebody sends to a driver's session, wherever it is: subject
// "drivers.<id>.push".
type Push struct {
	// Session, when set, announces that this session of the driver is open: an
	// older one closes.
	Session string `json:"session,omitempty"`
	// Frame, when set, goes to the driver as it is.
	Frame json.RawMessage `json:"frame,omitempty"`
	// TripID and Version are set when Frame is a "trip" frame: a session sends
	// no version twice and none after a newer one.
	TripID  string `json:"trip_id,omitempty"`
	Version int64  `json:"version,omitempty"`
	// Fixes are positions that an app of the driver sent to another tracker than
	// the session's.
	Fixes []Fix `json:"fixes,omitempty"`
	// Devices tells that a device of the driver was revoked: what is remembered of
	// them is to be asked for again.
	Devices bool `json:"devices,omitempty"`
	// Profile, when set, is how the driver is registered from now on.
	Profile *Driver `json:"profile,omitempty"`
	// Ask, when set, is where to answer with an [OpenSession]: the address that the
	// message came with.
	Ask string `json:"-"`
	// End, when set, ends the driver's sessions, and says why.
	End EndReason `json:"end,omitempty"`
}

// EndReason says why somebody ended a driver's sessions.
type EndReason string

// The reasons.
const (
	EndByOperator EndReason = "operator" // the driver may come again
	EndInactive   EndReason = "inactive" // the driver is not active any more
)

// Nudge tells dispatchers that a trip changed in a way that has no event (its
// offer did): subject "dispatch.nudge". It may get lost; the sweep finds the
// trip all the same.
type Nudge struct {
	TripID string `json:"trip_id"`
	Cell   string `json:"cell"` // the trip's owner cell
	From   string `json:"from"` // the dispatcher that changed it, and knows already
}

// Describe is the public code and detail of err. A fault outside of the
// vocabulary is internal, and its text stays inside.
func Describe(err error) (fault.Code, string) {
	if e, ok := asFault(err); ok {
		return e.Code, e.Detail
	}
	return fault.Internal, "an error of ours; it is in the log"
}
