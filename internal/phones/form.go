package phones

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
)

// form is parameters of a query or of a form's body.
type form struct {
	url.Values
	reader
}

// one is the first of the names that has a value, and the value. A parameter
// that is given twice could be understood in two ways.
func (f *form) one(names ...string) (name, value string) {
	for _, n := range names {
		values := f.Values[n]
		if len(values) > 1 {
			f.fail(n, "is given %d times: once is accepted", len(values))
		}
		if len(values) > 0 && value == "" {
			if v := strings.TrimSpace(values[0]); v != "" {
				name, value = n, v
			}
		}
	}
	return cmp.Or(name, names[0]), value
}

// position reads the parameters of one position; has is false where there is
// none.
func (f *form) position(r raw, n names) (p []driver.Position, err error) {
	if f.err != nil {
		return nil, f.err
	}
	if r.lat == "" && r.lon == "" {
		return nil, nil
	}
	one, err := r.position(n)
	if err != nil {
		return nil, err
	}
	return []driver.Position{one}, nil
}

// OsmAnd reads the parameters that OsmAnd's online tracking and Traccar Client
// up to version 8 send, in the address or in a form's body:
//
//	id, deviceid       the token
//	lat, lon           degrees; or both in location, with a comma
//	timestamp          seconds, milliseconds, ISO 8601
//	speed              knots, as Traccar understands it
//	speed_mps          metres a second, in place of speed: what OsmAnd itself has
//	bearing, heading   degrees
//	accuracy           metres; or hacc
//	valid              false or 0: the phone has no fix
//
// A message without a place (cells and access points only) has no position.
func OsmAnd(values url.Values) (Report, error) {
	f := form{Values: values}
	var r raw
	var n names
	_, token := f.one("id", "deviceid")
	n.lat, r.lat = f.one("lat")
	n.lon, r.lon = f.one("lon")
	n.at, r.at = f.one("timestamp")
	n.heading, r.heading = f.one("bearing", "heading")
	n.accuracy, r.accuracy = f.one("accuracy", "hacc")
	r.unit = metrePerSecond
	if n.speed, r.speed = f.one("speed_mps"); r.speed == "" {
		n.speed, r.speed = f.one("speed")
		r.unit = knot
	}
	if _, both := f.one("location"); both != "" {
		var comma bool
		if r.lat, r.lon, comma = strings.Cut(both, ","); !comma {
			return Report{}, fault.Field("location", "%q is not accepted: latitude and longitude with a comma between", both)
		}
		n.lat, n.lon = "location", "location"
	}
	if _, valid := f.one("valid"); valid == "false" || valid == "0" {
		r.lat, r.lon = "", ""
	}
	positions, err := f.position(r, n)
	return Report{token, positions}, err
}

// GPSLogger reads the parameters of GPSLogger's custom URL, by the names that
// its %ALL gives them:
//
//	id, token             the token
//	lat, lon (or long)    degrees
//	time, timestamp       ISO 8601, seconds or milliseconds
//	spd, speed            metres a second
//	dir, bearing          degrees
//	acc, accuracy         metres
func GPSLogger(values url.Values) (Report, error) {
	f := form{Values: values}
	r := raw{unit: metrePerSecond}
	var n names
	_, token := f.one("id", "token")
	n.lat, r.lat = f.one("lat")
	n.lon, r.lon = f.one("lon", "long")
	n.at, r.at = f.one("time", "timestamp")
	n.speed, r.speed = f.one("spd", "speed")
	n.heading, r.heading = f.one("dir", "bearing")
	n.accuracy, r.accuracy = f.one("acc", "accuracy")
	positions, err := f.position(r, n)
	if err == nil && len(positions) == 0 {
		err = fault.Field("lat", "is missing")
	}
	return Report{token, positions}, err
}
