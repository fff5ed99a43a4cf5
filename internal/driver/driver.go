// Package driver has what the engine knows of a driver: the registered profile,
// the position that the phone last sent, the status that follows from both and
// from the trip at hand, and the filter that keeps implausible positions out.
//
// The package is pure: no I/O, no clock, no log.
package driver

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/fault"
)

// Class is a kind of vehicle, as the tariff prices it.
type Class string

// Standard is the class of a trip or driver that names none.
const Standard Class = "standard"

// MaxSeats is the largest vehicle that the engine dispatches.
const MaxSeats = 16

// Profile is a registered driver.
type Profile struct {
	ID        string
	Name      string
	Class     Class
	Seats     int
	Vehicle   Vehicle
	Inactive  bool // an operator took the driver off: no session, no offers
	CreatedAt time.Time
}

// Vehicle is how riders know the car. Each field may be empty.
type Vehicle struct{ Plate, Make, Colour string }

// SameData reports whether the two tell the same of the driver, whenever they
// were stored.
func (p Profile) SameData(q Profile) bool {
	p.CreatedAt, q.CreatedAt = time.Time{}, time.Time{}
	return p == q
}

var idPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// ValidID reports whether s can name a driver or a rider: 1 to 64 letters,
// digits, '-' and '_', so that it fits into a subject of the bus and into a key.
func ValidID(s string) bool { return idPattern.MatchString(s) }

// MaxText is how many characters a text for people may have.
const MaxText = 200

// CheckText checks a text for people that somebody sent in, a name or a reason:
// at most MaxText characters, none of them a control character, since not every
// store can keep those and no screen shows them.
func CheckText(field, s string) error {
	if n := utf8.RuneCountInString(s); n > MaxText {
		return fault.Field(field, "%d characters are too many: at most %d", n, MaxText)
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return fault.Field(field, "%q is not accepted: text without control characters", s)
	}
	return nil
}

// Validate checks a profile that somebody sent in.
func (p Profile) Validate() error {
	if !ValidID(p.ID) {
		return fault.Field("id", "%q is not accepted: 1 to 64 letters, digits, '-' or '_'", p.ID)
	}
	for field, text := range map[string]string{
		"name": p.Name, "vehicle.plate": p.Vehicle.Plate, "vehicle.make": p.Vehicle.Make, "vehicle.colour": p.Vehicle.Colour,
	} {
		if err := CheckText(field, text); err != nil {
			return err
		}
	}
	switch {
	case !ValidID(string(p.Class)):
		return fault.Field("class", "%q is not accepted: 1 to 64 letters, digits, '-' or '_'", p.Class)
	case p.Seats < 1 || p.Seats > MaxSeats:
		return fault.Field("seats", "%d is not accepted: 1 to %d", p.Seats, MaxSeats)
	}
	return nil
}

// Unknown is the value of a Position's Speed, Heading or Accuracy that the
// phone did not send.
const Unknown = -1

// TopSpeed is what no car goes beyond, in m/s.
const TopSpeed = 60

// Position is one fix of a phone.
type Position struct {
	geo.Point
	Seq         uint64    // the phone's own count, 0 when it has none
	FixedAt     time.Time // when the phone was there, by its clock
	Speed       float64   // m/s, Unknown if not known
	Heading     float64   // degrees clockwise from north, Unknown if not known
	Accuracy    float64   // metres, Unknown if not known
	Approximate bool      // the phone says that it is not by satellite; for the filter, and stores need not keep it
}

// Location is the latest that is known of a driver who is online: what the
// tracker publishes and what matching reads.
type Location struct {
	DriverID string
	Position
	Class     Class
	Seats     int
	Available bool      // what the driver said; whether a claim stands is the store's to know
	Session   string    // the tracker's session that sent it
	SeenAt    time.Time // when the tracker received it, by the tracker's clock
	Gone      bool      // the driver went offline: forget the driver
}

// ClocksApart is how far the clocks of two machines may differ. A location from
// further ahead is one from before a clock was set back.
const ClocksApart = 15 * time.Second

// Age is how long before now the location was received. It is 0 for one that
// was received a moment later by another machine's clock.
func (l Location) Age(now time.Time) time.Duration { return max(0, now.Sub(l.SeenAt)) }

// Fresh reports whether the location was received within limit of now. Clocks
// of machines may differ by as much: a location from further ahead tells of a
// clock that was set back, and would be fresh for ever.
func (l Location) Fresh(now time.Time, limit time.Duration) bool {
	return now.Sub(l.SeenAt).Abs() <= limit
}

// Serves reports whether the vehicle can take a trip of the given class and
// number of seats.
func (l Location) Serves(class Class, seats int) bool {
	return l.Class == class && l.Seats >= seats
}

// Located is a Location with its distance from the place that was asked about.
type Located struct {
	Location
	Metres float64
}

// Status is what a driver is doing.
type Status string

// The statuses.
const (
	Offline   Status = "offline"   // no session, or said so
	Available Status = "available" // waiting for an offer
	Offered   Status = "offered"   // an offer is pending
	EnRoute   Status = "enroute"   // on the way to a pickup
	Waiting   Status = "waiting"   // at the pickup
	Riding    Status = "riding"    // with a rider
	Silent    Status = "silent"    // online, but no fresh position
)
