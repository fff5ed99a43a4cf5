package phones

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
)

// traccarMessage is what Traccar Client sends from version 9 on.
type traccarMessage struct {
	DeviceID scalar          `json:"device_id"`
	Location json.RawMessage `json:"location"`
}

type traccarLocation struct {
	Timestamp scalar `json:"timestamp"`
	Coords    struct {
		Latitude  scalar `json:"latitude"`
		Longitude scalar `json:"longitude"`
		Speed     scalar `json:"speed"`
		Heading   scalar `json:"heading"`
		Accuracy  scalar `json:"accuracy"`
	} `json:"coords"`
}

var traccarNames = names{
	"location.coords.latitude", "location.coords.longitude", "location.timestamp",
	"location.coords.speed", "location.coords.heading", "location.coords.accuracy",
}

// Traccar reads the JSON of Traccar Client 9 and later: device_id, the token, and
// location, one or a list of them. Its speed is in metres a second.
func Traccar(body []byte) (Report, error) {
	var m traccarMessage
	if err := decode(body, "", &m); err != nil {
		return Report{}, err
	}
	locations, err := m.locations()
	if err != nil {
		return Report{}, err
	}
	report := Report{Token: string(m.DeviceID)}
	for _, l := range locations {
		c := l.Coords
		p, err := raw{
			string(c.Latitude), string(c.Longitude), string(l.Timestamp),
			string(c.Speed), string(c.Heading), string(c.Accuracy), metrePerSecond,
		}.position(traccarNames)
		if err != nil {
			return Report{}, err
		}
		report.Positions = append(report.Positions, p)
	}
	return report, nil
}

func (m traccarMessage) locations() ([]traccarLocation, error) {
	if len(m.Location) == 0 || string(m.Location) == "null" {
		return nil, fault.Field("location", "is missing")
	}
	if m.Location[0] != '[' {
		var one traccarLocation
		err := decode(m.Location, "location", &one)
		return []traccarLocation{one}, err
	}
	var many []traccarLocation
	if err := decode(m.Location, "location", &many); err != nil {
		return nil, err
	}
	if len(many) > MaxPositions {
		return nil, fault.Field("location", "%d locations are not accepted: at most %d", len(many), MaxPositions)
	}
	return many, nil
}

// ownTracksMessage is what OwnTracks publishes; it has more kinds than places.
type ownTracksMessage struct {
	Type scalar `json:"_type"`
	Lat  scalar `json:"lat"`
	Lon  scalar `json:"lon"`
	Tst  scalar `json:"tst"`
	Vel  scalar `json:"vel"`
	Cog  scalar `json:"cog"`
	Acc  scalar `json:"acc"`
}

var ownTracksNames = names{"lat", "lon", "tst", "vel", "cog", "acc"}

// OwnTracks reads a message of OwnTracks in HTTP mode. Its vel is in kilometres
// an hour. A message of another kind than location has no position, and neither
// has an empty one, which the app sends for a friend that was removed.
func OwnTracks(body []byte) (Report, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return Report{}, nil
	}
	var m ownTracksMessage
	if err := decode(body, "", &m); err != nil {
		return Report{}, err
	}
	switch m.Type {
	case "":
		return Report{}, fault.Field("_type", "is missing")
	case "encrypted":
		return Report{}, fault.Field("_type", "%q is not accepted: leave the encryption key of the app empty", m.Type)
	case "location":
		p, err := raw{
			string(m.Lat), string(m.Lon), string(m.Tst), string(m.Vel), string(m.Cog), string(m.Acc), kilometrePerHour,
		}.position(ownTracksNames)
		if err != nil {
			return Report{}, err
		}
		return Report{Positions: []driver.Position{p}}, nil
	}
	return Report{}, nil
}

// scalar is a number or a string of JSON as a text; "" for null.
type scalar string

// UnmarshalJSON takes the value as it is written.
func (s *scalar) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case 'n':
		*s = ""
	case '"':
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		*s = scalar(text)
	case '{', '[', 't', 'f':
		return &json.UnmarshalTypeError{Value: string(data[:1]), Type: reflect.TypeFor[scalar]()}
	default:
		*s = scalar(data)
	}
	return nil
}

// decode reads JSON; an error names what is wrong, within what is named.
func decode(data []byte, within string, to any) error {
	err := json.Unmarshal(data, to)
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind):
		return wrongKind(kind, within)
	}
	return fault.New(fault.Malformed, "the body is not JSON: %s", err.Error())
}

// wrongKind tells of a value that is of another kind than the field.
func wrongKind(e *json.UnmarshalTypeError, within string) error {
	field := e.Field
	if within != "" && field != "" {
		field = within + "." + field
	} else if field == "" {
		field = within
	}
	accepted := "an object"
	if e.Type == reflect.TypeFor[scalar]() {
		accepted = "a number or a text"
	}
	if field == "" {
		return fault.New(fault.Malformed, "the body is not accepted: %s", accepted)
	}
	return fault.Field(field, "%s", fmt.Sprintf("%s is not accepted: %s", strconv.Quote(e.Value), accepted))
}
