// Package audit is the record of what operators did: who, when, to what. An
// entry is stored in the transaction of what it tells of, wherever that is
// stored in the same database, so that neither is there without the other.
//
// The package is pure: no I/O, no clock, no log.
package audit

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
)

// Entry tells of one action.
type Entry struct {
	At      time.Time
	By      string         // the operator
	Action  string         // what was done, to what kind of thing: "trip.cancel"
	Subject string         // what it was done to, by kind and id: "trip:…"
	Detail  map[string]any // whatever else there is to know; nil for nothing
}

// Trip is the subject of entries about the trip.
func Trip(id string) string { return "trip:" + id }

// Driver is the subject of entries about the driver.
func Driver(id string) string { return "driver:" + id }

// Account is the subject of entries about the account.
func Account(id string) string { return "account:" + id }

// Area is the subject of entries about the area.
func Area(id string) string { return "area:" + id }

// Policy is the subject of entries about how requests and drivers are paired.
const Policy = "policy"

// Encode is the detail as a JSON object, as stores keep it.
func (e Entry) Encode() (string, error) {
	if len(e.Detail) == 0 {
		return "{}", nil
	}
	data, err := json.Marshal(e.Detail)
	return string(data), err
}

// Decode takes over the detail as Encode wrote it. An empty one becomes nil.
func (e *Entry) Decode(data []byte) error {
	e.Detail = nil
	if err := json.Unmarshal(data, &e.Detail); err != nil {
		return err
	}
	if len(e.Detail) == 0 {
		e.Detail = nil
	}
	return nil
}

// DefaultPage is the length of a page of a Query that names no limit.
const DefaultPage = 100

// Query selects a page of entries, the newest first.
type Query struct {
	Subject string // "" for any
	Cursor  string // of the page before; "" for the first
	Limit   int
}

// Before is the place that the page begins behind: the places of its entries
// are lower.
func (q Query) Before() (place int64, err error) {
	if q.Cursor == "" {
		return 1<<63 - 1, nil
	}
	place, err = strconv.ParseInt(q.Cursor, 10, 64)
	if err != nil || place < 1 {
		return 0, fault.Field("cursor", "%q is not the cursor of a page", q.Cursor)
	}
	return place, nil
}

// Cursor names the place.
func Cursor(place int64) string { return strconv.FormatInt(place, 10) }
