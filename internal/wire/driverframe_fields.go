package wire

import (
	"encoding/json"
	"maps"
	"math"
	"slices"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// fieldReader takes the fields of a JSON object one by one. It keeps the first
// error; after it every field reads as its zero value. Names are compared to
// the letter, which encoding/json alone does not do.
type fieldReader struct {
	fields map[string]json.RawMessage
	prefix string // of the names in errors
	read   []string
	err    error
}

func (r *fieldReader) fail(name, format string, args ...any) {
	if r.err == nil {
		r.err = fault.Field(r.prefix+name, format, args...)
	}
}

// take is the raw value of the field, nil when it is not there.
func (r *fieldReader) take(name string) json.RawMessage {
	if !slices.Contains(r.read, name) {
		r.read = append(r.read, name)
	}
	return r.fields[name]
}

// required is take for a field that has to be there.
func (r *fieldReader) required(name string) json.RawMessage {
	raw := r.take(name)
	if raw == nil {
		r.fail(name, "is missing")
	}
	return raw
}

// finish is the first error; a field that nobody asked for is one. Of several
// the first by name is told, so that the same frame gets the same answer.
func (r *fieldReader) finish() error {
	if r.err != nil || len(r.fields) == 0 {
		return r.err
	}
	for _, name := range slices.Sorted(maps.Keys(r.fields)) {
		if !slices.Contains(r.read, name) {
			r.fail(shown([]byte(name)), "is not a field of this frame: %v", r.read)
		}
	}
	return r.err
}

// into decodes a value, and reports whether it could.
func (r *fieldReader) into(name string, raw json.RawMessage, to any, accepted string) bool {
	if r.err != nil {
		return false
	}
	if string(raw) == "null" || json.Unmarshal(raw, to) != nil {
		r.fail(name, "%s is not accepted: %s", shown(raw), accepted)
		return false
	}
	return true
}

func (r *fieldReader) text(name string) string {
	var s string
	r.into(name, r.required(name), &s, "a string")
	return s
}

func (r *fieldReader) id(name string) string {
	s := r.text(name)
	if r.err == nil && !driver.ValidID(s) {
		r.fail(name, "%s is not accepted: 1 to 64 letters, digits, '-' or '_'", shown(r.fields[name]))
	}
	return s
}

// reason is an optional text for people.
func (r *fieldReader) reason(name string) string {
	raw := r.take(name)
	if raw == nil {
		return ""
	}
	var s string
	if r.into(name, raw, &s, "a string") {
		r.err = driver.CheckText(r.prefix+name, s)
	}
	return s
}

// pin is a rider's PIN, "" when it is not given.
func (r *fieldReader) pin(name string) string {
	var s string
	if r.given(name) && r.into(name, r.required(name), &s, "a string") {
		r.err = trip.CheckPIN(s)
	}
	return s
}

func (r *fieldReader) number(name string) float64 {
	var v float64
	r.into(name, r.required(name), &v, "a number")
	return v
}

// within is a number that has to be there and in the range.
func (r *fieldReader) within(name string, least, most float64) float64 {
	v := r.number(name)
	if r.err == nil && (v < least || v > most) {
		r.fail(name, "%s is not accepted: %.0f to %.0f", shown(r.fields[name]), least, most)
	}
	return v
}

// count is a whole number of 0 to most, 0 when it is not given.
func (r *fieldReader) count(name string, most float64) uint64 {
	if !r.given(name) {
		return 0
	}
	v := r.within(name, 0, most)
	if r.err == nil && v != math.Trunc(v) {
		r.fail(name, "%s is not accepted: a whole number", shown(r.fields[name]))
	}
	if r.err != nil {
		return 0
	}
	return uint64(v)
}

// measure is a number of 0 to most, or driver.Unknown when the phone leaves it
// out, sends null (as browsers do) or -1 (as iOS does).
func (r *fieldReader) measure(name string, most float64) float64 {
	if !r.given(name) {
		return driver.Unknown
	}
	v := r.number(name)
	if r.err == nil && v != driver.Unknown && (v < 0 || v > most) {
		r.fail(name, "%s is not accepted: 0 to %.0f, or -1 for unknown", shown(r.fields[name]), most)
	}
	return v
}

// flag is true, or false when it is not given.
func (r *fieldReader) flag(name string) (set bool) {
	if r.given(name) {
		r.into(name, r.required(name), &set, "true or false")
	}
	return set
}

func (r *fieldReader) given(name string) bool {
	raw := r.take(name)
	return raw != nil && string(raw) != "null"
}
