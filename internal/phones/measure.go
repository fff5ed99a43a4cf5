package phones

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
)

// Units of speed, in m/s.
const (
	knot             = 1852.0 / 3600
	kilometrePerHour = 1000.0 / 3600
	metrePerSecond   = 1.0
)

// raw is a position as an app wrote it, in texts; "" is what it left out.
type raw struct {
	lat, lon, at, speed, heading, accuracy string
	unit                                   float64 // of speed, in m/s
}

// field names a text of a raw position as the app did.
type names struct{ lat, lon, at, speed, heading, accuracy string }

// position reads r; errors name the fields by n.
func (r raw) position(n names) (driver.Position, error) {
	var p reader
	position := driver.Position{
		Point:   geo.Point{Lat: p.degrees(n.lat, r.lat), Lon: p.degrees(n.lon, r.lon)},
		FixedAt: p.time(n.at, r.at),
		Speed:   p.measure(n.speed, r.speed),
		Heading: p.measure(n.heading, r.heading), Accuracy: p.measure(n.accuracy, r.accuracy),
	}
	if p.err != nil {
		return driver.Position{}, p.err
	}
	if position.Speed != driver.Unknown {
		position.Speed *= r.unit
	}
	switch {
	case position.Heading == 360:
		position.Heading = 0
	case position.Heading > 360:
		position.Heading = driver.Unknown
	}
	if position.Accuracy == 0 { // Android's word for unknown; nothing is exact
		position.Accuracy = driver.Unknown
	}
	return position, nil
}

// reader reads texts and keeps the first error.
type reader struct{ err error }

func (r *reader) fail(field, format string, args ...any) {
	if r.err == nil {
		r.err = fault.Field(field, format, args...)
	}
}

// degrees is a number that has to be there. Whether it is on the earth is the
// filter's to judge.
func (r *reader) degrees(field, text string) float64 {
	if text == "" {
		r.fail(field, "is missing")
		return 0
	}
	return r.number(field, text)
}

// measure is a number that may be left out; a negative one is unknown.
func (r *reader) measure(field, text string) float64 {
	if text == "" {
		return driver.Unknown
	}
	v := r.number(field, text)
	if v < 0 {
		return driver.Unknown
	}
	return v
}

// most is the largest number that any measure needs: units may be converted
// without leaving what JSON can carry.
const most = 1e12

func (r *reader) number(field, text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > most {
		r.fail(field, "%q is not accepted: a number", text)
		return 0
	}
	return v
}

// layouts of times that are no numbers. What names no zone is UTC: Traccar
// Client and GPSLogger write it so.
var layouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05",
}

// time is when a position was fixed; the zero time where the app did not say.
func (r *reader) time(field, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	if strings.Trim(text, "0123456789.") == "" {
		if at, ok := sinceEpoch(text); ok {
			return at
		}
	}
	for _, layout := range layouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC()
		}
	}
	r.fail(field, "%q is not accepted: seconds or milliseconds since 1970, or a time such as 2026-05-01T08:00:00Z", text)
	return time.Time{}
}

// From 1e11 on a number means milliseconds: as seconds it would be in the year
// 5138, and as milliseconds it is in 1973. Before the year 10000, JSON can carry
// the time.
const (
	leastMillis = 1e11
	mostMillis  = 253402300800e3
)

func sinceEpoch(text string) (time.Time, bool) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v >= mostMillis {
		return time.Time{}, false
	}
	if v < leastMillis {
		v *= 1000
	}
	return time.UnixMilli(int64(math.Round(v))).UTC(), true
}
