package wire_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

func TestDecodeDriverFrame(t *testing.T) {
	full := driver.Position{
		Point: geo.Point{Lat: 40.73, Lon: -73.98}, Seq: 7, FixedAt: time.UnixMilli(1700000000123).UTC(),
		Speed: 8.2, Heading: 271, Accuracy: 6,
	}
	bare := driver.Position{
		Point: geo.Point{Lat: 40.73, Lon: -73.98},
		Speed: driver.Unknown, Heading: driver.Unknown, Accuracy: driver.Unknown,
	}
	coarse := bare
	coarse.Approximate = true
	timed := bare
	timed.FixedAt = time.UnixMilli(5).UTC()
	for text, want := range map[string]wire.DriverFrame{
		`{"type":"position","seq":7,"lat":40.73,"lon":-73.98,"t":1700000000123,"speed":8.2,"heading":271,"accuracy":6}`: {Type: "position", Positions: []driver.Position{full}},
		`{"type":"position","lat":40.73,"lon":-73.98}`:                                                                  {Type: "position", Positions: []driver.Position{bare}},
		`{"type":"position","lat":40.73,"lon":-73.98,"seq":null,"speed":null,"heading":-1,"accuracy":-1.0}`:             {Type: "position", Positions: []driver.Position{bare}},
		`{"type":"position","lat":40.73,"lon":-73.98,"t":5.75}`:                                                         {Type: "position", Positions: []driver.Position{timed}},
		`{"type":"positions","positions":[{"type":"position","lat":40.73,"lon":-73.98,"t":5}]}`:                         {Type: "positions", Positions: []driver.Position{timed}},
		`{"type":"position","lat":40.73,"lon":-73.98,"approximate":true}`:                                               {Type: "position", Positions: []driver.Position{coarse}},
		`{"type":"position","lat":40.73,"lon":-73.98,"approximate":false}`:                                              {Type: "position", Positions: []driver.Position{bare}},
		`{"type":"status","status":"available"}`:                                                                        {Type: "status", Status: driver.Available},
		`{"status":"offline","type":"status"}`:                                                                          {Type: "status", Status: driver.Offline},
		`{"type":"received","offer_id":"o-1"}`:                                                                          {Type: "received", OfferID: "o-1"},
		`{"type":"accept","offer_id":"o-1"}`:                                                                            {Type: "accept", OfferID: "o-1"},
		`{"type":"decline","offer_id":"o-1","reason":"too far ✋"}`:                                                      {Type: "decline", OfferID: "o-1", Reason: "too far ✋"},
		`{"type":"decline","offer_id":"o-1"}`:                                                                           {Type: "decline", OfferID: "o-1"},
		`{"type":"arrive","trip_id":"t-1"}`:                                                                             {Type: "arrive", TripID: "t-1"},
		`{"type":"arrive","trip_id":"t-1","epoch":3}`:                                                                   {Type: "arrive", TripID: "t-1", Epoch: 3},
		`{"type":"cancel","trip_id":"t-1","epoch":3}`:                                                                   {Type: "cancel", TripID: "t-1", Epoch: 3},
		`{"type":"start","trip_id":"t-1","pin":"0042"}`:                                                                 {Type: "start", TripID: "t-1", PIN: "0042"},
		`{"type":"start","trip_id":"t-1","pin":null}`:                                                                   {Type: "start", TripID: "t-1"},
		`{"type":"start","trip_id":"t-1"}`:                                                                              {Type: "start", TripID: "t-1"},
		`{"type":"complete","trip_id":"t-1"}`:                                                                           {Type: "complete", TripID: "t-1"},
		`{"type":"cancel","trip_id":"t-1","reason":"flat tyre"}`:                                                        {Type: "cancel", TripID: "t-1", Reason: "flat tyre"},
	} {
		got, err := wire.DecodeDriverFrame([]byte(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n got %+v, %v\nwant %+v", text, got, err, want)
		}
	}
}

// badFrames has frames that must be refused, with the code, the field that the
// error names, and a word that its detail has.
var badFrames = []struct {
	text  string
	code  fault.Code
	field string
	word  string
}{
	{``, fault.Malformed, "", "not JSON"},
	{`hello`, fault.Malformed, "", "not JSON"},
	{`{"type":"status","status":"available"} x`, fault.Malformed, "", "not JSON"},
	{`{"type":"position","lat":NaN,"lon":1}`, fault.Malformed, "", "not JSON"},
	{"\xff\xfe\x00\x01", fault.Malformed, "", "UTF-8"},
	{"{\"type\":\"\xff\"}", fault.Malformed, "", "UTF-8"},
	{`null`, fault.Malformed, "", "object"},
	{`[]`, fault.Malformed, "", "object"},
	{`"position"`, fault.Malformed, "", "object"},
	{`{}`, fault.Invalid, "type", "missing"},
	{`{"type":7}`, fault.Invalid, "type", "7"},
	{`{"type":null}`, fault.Invalid, "type", "null"},
	{`{"type":"teleport"}`, fault.Invalid, "type", "teleport"},
	{`{"type":"hello"}`, fault.Invalid, "type", "hello"},
	{`{"Type":"status","status":"available"}`, fault.Invalid, "type", "missing"},
	{`{"type":"status"}`, fault.Invalid, "status", "missing"},
	{`{"type":"status","status":"busy"}`, fault.Invalid, "status", "busy"},
	{`{"type":"status","status":"available","lat":1}`, fault.Invalid, "lat", "not a field"},
	{`{"type":"status","status":"available","b":1,"":2,"a":3}`, fault.Invalid, "", "not a field"},
	{`{"type":"status","Status":"available"}`, fault.Invalid, "status", "missing"},
	{`{"type":"position"}`, fault.Invalid, "lat", "missing"},
	{`{"type":"position","lat":1}`, fault.Invalid, "lon", "missing"},
	{`{"type":"position","lat":"1","lon":1}`, fault.Invalid, "lat", `"1"`},
	{`{"type":"position","lat":null,"lon":1}`, fault.Invalid, "lat", "null"},
	{`{"type":"position","lat":1e999,"lon":1}`, fault.Invalid, "lat", "1e999"},
	{`{"type":"position","lat":1,"lon":1,"approximate":1}`, fault.Invalid, "approximate", "true or false"},
	{`{"type":"position","lat":1,"lon":1,"alt":3}`, fault.Invalid, "alt", "not a field"},
	{`{"type":"position","lat":1,"lon":1,"seq":-1}`, fault.Invalid, "seq", "-1"},
	{`{"type":"position","lat":1,"lon":1,"seq":1.5}`, fault.Invalid, "seq", "whole"},
	{`{"type":"position","lat":1,"lon":1,"seq":1e30}`, fault.Invalid, "seq", "1e30"},
	{`{"type":"position","lat":1,"lon":1,"t":-1}`, fault.Invalid, "t", "-1"},
	{`{"type":"position","lat":1,"lon":1,"t":1e17}`, fault.Invalid, "t", "1e17"},
	{`{"type":"position","lat":1,"lon":1,"t":"2026-03-01T12:00:00Z"}`, fault.Invalid, "t", "2026"},
	{`{"type":"position","lat":1,"lon":1,"speed":-2}`, fault.Invalid, "speed", "-2"},
	{`{"type":"position","lat":1,"lon":1,"heading":361}`, fault.Invalid, "heading", "361"},
	{`{"type":"position","lat":1,"lon":1,"accuracy":true}`, fault.Invalid, "accuracy", "true"},
	{`{"type":"positions"}`, fault.Invalid, "positions", "missing"},
	{`{"type":"positions","positions":[]}`, fault.Invalid, "positions", "list of 0"},
	{`{"type":"positions","positions":null}`, fault.Invalid, "positions", "null"},
	{`{"type":"positions","positions":{}}`, fault.Invalid, "positions", "{}"},
	{`{"type":"positions","positions":[1]}`, fault.Malformed, "", "object"},
	{`{"type":"positions","positions":[{"lat":1,"lon":1}]}`, fault.Invalid, "positions[0].t", "missing"},
	{`{"type":"positions","positions":[{"lat":1,"lon":1,"t":1},{"lon":1,"t":1}]}`, fault.Invalid, "positions[1].lat", "missing"},
	{`{"type":"positions","positions":[{"type":"status","lat":1,"lon":1,"t":1}]}`, fault.Invalid, "positions[0].type", "status"},
	{`{"type":"positions","positions":[{"lat":1,"lon":1,"t":1,"x":1}]}`, fault.Invalid, "positions[0].x", "not a field"},
	{`{"type":"accept"}`, fault.Invalid, "offer_id", "missing"},
	{`{"type":"accept","offer_id":""}`, fault.Invalid, "offer_id", "letters"},
	{`{"type":"accept","offer_id":"a.>"}`, fault.Invalid, "offer_id", "letters"},
	{`{"type":"accept","offer_id":12}`, fault.Invalid, "offer_id", "12"},
	{`{"type":"accept","trip_id":"t"}`, fault.Invalid, "offer_id", "missing"},
	{`{"type":"start","trip_id":"t","epoch":-1}`, fault.Invalid, "epoch", "-1"},
	{`{"type":"accept","offer_id":"o","epoch":1}`, fault.Invalid, "epoch", "not a field"},
	{`{"type":"complete","trip_id":"` + strings.Repeat("x", 65) + `"}`, fault.Invalid, "trip_id", "64"},
	{`{"type":"decline","offer_id":"o","reason":null}`, fault.Invalid, "reason", "null"},
	{`{"type":"decline","offer_id":"o","reason":"a\u0000b"}`, fault.Invalid, "reason", "control"},
	{`{"type":"decline","offer_id":"o","reason":"` + strings.Repeat("ü", 201) + `"}`, fault.Invalid, "reason", "200"},
}

func TestDecodeDriverFrame_Bad(t *testing.T) {
	for _, bad := range badFrames {
		_, err := wire.DecodeDriverFrame([]byte(bad.text))
		var f *fault.Error
		if f, _ = err.(*fault.Error); f == nil {
			t.Errorf("%s: error %v", bad.text, err)
			continue
		}
		if f.Code != bad.code || f.Field != bad.field || !strings.Contains(f.Detail, bad.word) {
			t.Errorf("%s:\n got %s, field %q, %q\nwant %s, field %q, …%s…", bad.text, f.Code, f.Field, f.Detail, bad.code, bad.field, bad.word)
		}
		if len(f.Detail) > 500 {
			t.Errorf("%s: a detail of %d bytes", bad.text, len(f.Detail))
		}
	}
}

func TestDecodeDriverFrame_BatchLimit(t *testing.T) {
	batch := func(n int) []byte {
		entry := `{"lat":40.7,"lon":-74,"t":1700000000000,"seq":1,"speed":8,"heading":90,"accuracy":5}`
		return fmt.Appendf(nil, `{"type":"positions","positions":[%s]}`, strings.TrimSuffix(strings.Repeat(entry+",", n), ","))
	}
	full := batch(wire.MaxPositions)
	if f, err := wire.DecodeDriverFrame(full); err != nil || len(f.Positions) != wire.MaxPositions {
		t.Errorf("%d positions: %v", wire.MaxPositions, err)
	}
	if len(full) > wire.MaxFrameBytes {
		t.Errorf("a full batch of %d bytes does not fit into a frame of %d", len(full), wire.MaxFrameBytes)
	}
	if _, err := wire.DecodeDriverFrame(batch(wire.MaxPositions + 1)); !fault.Is(err, fault.Invalid) {
		t.Errorf("%d positions: %v", wire.MaxPositions+1, err)
	}
}

// Whatever a phone can mean is read as it is meant.
func TestDecodeDriverFrame_Positions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := driver.Position{
			Point:    geo.Point{Lat: rapid.Float64().Draw(t, "lat"), Lon: rapid.Float64().Draw(t, "lon")},
			Seq:      rapid.Uint64Range(0, 1<<53).Draw(t, "seq"),
			FixedAt:  time.UnixMilli(rapid.Int64Range(0, 253402300799999).Draw(t, "t")).UTC(),
			Speed:    rapid.Float64Range(0, 1000).Draw(t, "speed"),
			Heading:  rapid.Float64Range(0, 360).Draw(t, "heading"),
			Accuracy: rapid.Float64Range(0, 1e6).Draw(t, "accuracy"),
		}
		data, err := json.Marshal(map[string]any{
			"type": "position", "lat": want.Lat, "lon": want.Lon, "seq": want.Seq, "t": want.FixedAt.UnixMilli(),
			"speed": want.Speed, "heading": want.Heading, "accuracy": want.Accuracy,
		})
		if err != nil {
			t.Skip("JSON has no such number")
		}
		f, err := wire.DecodeDriverFrame(data)
		if err != nil || len(f.Positions) != 1 || f.Positions[0] != want {
			t.Fatalf("%s: got %+v, %v", data, f, err)
		}
	})
}

func FuzzDecodeDriverFrame(f *testing.F) {
	for _, bad := range badFrames {
		f.Add([]byte(bad.text))
	}
	f.Add([]byte(`{"type":"position","seq":7,"lat":40.73,"lon":-73.98,"t":1700000000123,"speed":8.2,"heading":271,"accuracy":6}`))
	f.Add([]byte(`{"type":"positions","positions":[{"lat":1,"lon":1,"t":1},{"lat":2,"lon":2,"t":2}]}`))
	f.Add([]byte(`{"type":"status","status":"available"}`))
	f.Add([]byte(`{"type":"decline","offer_id":"o-1","reason":"far"}`))
	f.Add([]byte(strings.Repeat(`{"a":`, 20_000)))
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, err := wire.DecodeDriverFrame(data)
		if err != nil {
			checkFault(t, data, err)
			return
		}
		checkFrame(t, data, frame)
	})
}

func checkFault(t *testing.T, data []byte, err error) {
	if code := fault.CodeOf(err); code != fault.Malformed && code != fault.Invalid {
		t.Errorf("%q: code %s", data, code)
	}
	if !json.Valid(wire.Encode(wire.NewErrorFrame(err, ""))) {
		t.Errorf("%q: the error %v does not fit into a frame", data, err)
	}
}

func checkFrame(t *testing.T, data []byte, f wire.DriverFrame) {
	for _, p := range f.Positions {
		if math.IsNaN(p.Lat) || math.IsNaN(p.Lon) || p.Speed < driver.Unknown || p.Heading > 360 || p.Seq > 1<<53 {
			t.Errorf("%q: position %+v", data, p)
		}
		if _, err := p.FixedAt.MarshalJSON(); err != nil {
			t.Errorf("%q: time %v", data, err)
		}
	}
	if ref := f.Ref(); ref != "" && !driver.ValidID(ref) {
		t.Errorf("%q: id %q", data, ref)
	}
}
