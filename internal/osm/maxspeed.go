package osm

import (
	"strconv"
	"strings"
)

// What stands for a limit that is no number, in km/h.
const (
	unlimited = 130 // what is advised, and driven, where there is none
	walking   = 7
)

// Limits are 1 to 150 km/h; more is posted nowhere but by mistake.
const mostLimit = 150

const (
	kmPerMile         = 1.609344
	kmPerNauticalMile = 1.852
)

// postedLimit is the limit in km/h that the tags post in a direction ("forward"
// or "backward"); 0 for none.
func postedLimit(t tags, direction string, bad func(key, value string)) float64 {
	for _, key := range [...]string{"maxspeed:" + direction, "maxspeed", "maxspeed:type", "zone:maxspeed"} {
		value := t.get(key)
		if value == "" {
			continue
		}
		limit, ok := readLimit(value)
		if !ok {
			bad(key, value)
		}
		if limit > 0 {
			return limit
		}
	}
	return 0
}

// readLimit reads a limit; of a list the lowest, as the lanes that it is for are
// not known. ok is false where a part of it says nothing.
func readLimit(value string) (limit float64, ok bool) {
	ok = true
	for one := range strings.SplitSeq(value, ";") {
		l, understood := readOneLimit(strings.TrimSpace(one))
		ok = ok && understood
		if l > 0 && (limit == 0 || l < limit) {
			limit = l
		}
	}
	return limit, ok
}

func readOneLimit(s string) (limit float64, ok bool) {
	switch s {
	case "none", "unlimited":
		return unlimited, true
	case "walk":
		return walking, true
	case "signals", "variable", "sign", "signed", "implicit", "unposted":
		return 0, true // there is one, and the map does not say which
	}
	if _, zone, ok := strings.Cut(s, ":"); ok {
		return zoneLimit(s, zone)
	}
	return readNumber(s)
}

var units = []struct {
	suffix     string
	kilometres float64
}{{"mph", kmPerMile}, {"km/h", 1}, {"kmh", 1}, {"kph", 1}, {"knots", kmPerNauticalMile}}

// readNumber reads a number with or without a unit.
func readNumber(s string) (limit float64, ok bool) {
	unit := 1.0
	for _, u := range units {
		if number, found := strings.CutSuffix(s, u.suffix); found {
			s, unit = strings.TrimSpace(number), u.kilometres
			break
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	if v *= unit; err != nil || !(v >= 1 && v <= mostLimit) {
		return 0, false
	}
	return v, true
}

// Limits by country and zone, for "DE:urban" and the like, where they differ from
// those by zone alone.
var (
	zoneLimits = map[string]float64{
		"urban": 50, "rural": 90, "trunk": 100, "motorway": 120, "living_street": 20, "bicycle_road": 30, "school": 30,
		"pedestrian_zone": walking, "nsl_single": 60 * kmPerMile, "nsl_dual": 70 * kmPerMile, "nsl_restricted": 30 * kmPerMile,
	}
	countryLimits = map[string]float64{
		"de:rural": 100, "de:trunk": unlimited, "de:motorway": unlimited, "de:living_street": walking,
		"at:rural": 100, "at:motorway": 130, "at:living_street": walking,
		"ch:rural": 80, "li:rural": 80, "fr:rural": 80, "fr:trunk": 110, "fr:motorway": 130, "it:trunk": 110, "it:motorway": 130,
		"be:rural": 70, "nl:rural": 80, "nl:motorway": 100, "dk:rural": 80, "dk:motorway": 130,
		"no:rural": 80, "se:rural": 70, "se:motorway": 110, "fi:rural": 80, "pl:motorway": 140, "cz:motorway": 130,
		"gb:urban": 30 * kmPerMile, "gb:motorway": 70 * kmPerMile, "gb:rural": 60 * kmPerMile,
		"us:urban": 25 * kmPerMile, "us:rural": 55 * kmPerMile, "us:motorway": 65 * kmPerMile, "us:trunk": 55 * kmPerMile,
		"ru:urban": 60, "ru:motorway": 110, "ua:urban": 50, "jp:urban": 60, "jp:rural": 60, "jp:motorway": 100,
	}
)

// zoneLimit is the limit of a zone with its country, "de:urban" or "de:zone:30".
func zoneLimit(s, zone string) (float64, bool) {
	if limit, ok := countryLimits[s]; ok {
		return limit, true
	}
	if limit, ok := zoneLimits[zone]; ok {
		return limit, true
	}
	zone = strings.TrimLeft(strings.TrimPrefix(zone, "zone"), ":")
	return readNumber(zone)
}
