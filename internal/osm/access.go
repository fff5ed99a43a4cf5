package osm

import "strings"

// byCar are the keys that tell whether a car may drive somewhere, the most
// precise first: it decides.
var byCar = [...]string{"motorcar", "motor_vehicle", "vehicle", "access"}

// access is what a value of these keys says.
type access int

const (
	unsaid access = iota
	open
	closed
)

// A street that is open to some is open to who is fetched there, where they are
// its customers or on their way to it. Private streets are closed: a driver
// cannot know whether the gate opens.
var accesses = map[string]access{
	"yes": open, "permissive": open, "designated": open, "official": open, "public": open, "allowed": open,
	"destination": open, "customers": open, "permit": closed,
	"no": closed, "private": closed, "restricted": closed, "residents": closed, "employees": closed,
	"agricultural": closed, "forestry": closed, "delivery": closed, "military": closed, "emergency": closed,
	"psv": closed, "bus": closed, "taxi": closed, "hov": closed, "use_sidepath": closed, "discouraged": closed,
	"unknown": unsaid, "variable": unsaid, "": unsaid,
}

// carAccess is what the tags say about cars. Values that say nothing are passed
// over, and bad is told of them.
func carAccess(t tags, bad func(key, value string)) access {
	for _, key := range byCar {
		if value := t.get(key); value != "" {
			if a := accessOf(key, value, bad); a != unsaid {
				return a
			}
		}
	}
	return unsaid
}

// accessOf reads a value, which may be a list: one that opens the street opens it.
func accessOf(key, value string, bad func(key, value string)) access {
	result := unsaid
	for one := range strings.SplitSeq(value, ";") {
		a, known := accesses[strings.TrimSpace(one)]
		switch {
		case !known:
			bad(key, value)
		case a == open:
			return open
		case a == closed:
			result = closed
		}
	}
	return result
}
