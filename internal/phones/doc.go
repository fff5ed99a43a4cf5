// Package phones reads what tracking apps from the stores send: OsmAnd and
// Traccar Client, OwnTracks in HTTP mode, and GPSLogger's custom URL. Each form
// becomes a [Report] in the units of Cabstand.
//
//	form                   speed    time                        token
//	OsmAnd, by parameters  knots    s, ms or ISO 8601           id, deviceid
//	Traccar Client, JSON   m/s      ISO 8601, s or ms           device_id
//	OwnTracks, JSON        km/h     s                           not in the message
//	GPSLogger              m/s      ISO 8601, s or ms           id, token
//
// These apps cannot be mended from here, and many send a position again until it
// is taken. So the package is lenient where nothing is lost by it: parameters
// and fields that it does not know are passed over, a measure that cannot be
// (a negative speed) is unknown, and a place that is off the earth is left to
// the driver's filter. What cannot be understood is a fault that names the field.
//
// The package is pure: no I/O, no clock, no log.
package phones

import "github.com/cabstand/cabstand/internal/driver"

// Report is what an app sent.
type Report struct {
	// Token is the device token, "" where the form has none in its message.
	Token string
	// Positions are as they came: mostly one, none where the message tells of
	// something else. FixedAt is zero where the app sent no time.
	Positions []driver.Position
}

// MaxPositions is how many positions one message may have.
const MaxPositions = 100
