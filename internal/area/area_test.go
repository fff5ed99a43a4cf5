package area_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/area"
	"github.com/cabstand/cabstand/internal/fault"
)

const square = `[[0,0],[10,0],[10,10],[0,10],[0,0]]`

func TestDecode(t *testing.T) {
	for text, in := range map[string]geo.Point{
		`{"type":"Polygon","coordinates":[` + square + `]}`:                                        {Lat: 1, Lon: 9},
		`{"type":"Polygon","bbox":[0,0,10,10],"coordinates":[` + square + `]}`:                     {Lat: 1, Lon: 9},
		`{"type":"MultiPolygon","coordinates":[[` + square + `],[[[20,0],[30,0],[30,5],[20,0]]]]}`: {Lat: 1, Lon: 29},
		`{"coordinates":[[[0,0,7],[10,0,7],[10,10],[0,0,7]]],"type":"Polygon"}`:                    {Lat: 1, Lon: 9},
	} {
		r, err := area.Decode([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if out := (geo.Point{Lat: in.Lon, Lon: in.Lat + 40}); !r.Contains(in) || r.Contains(out) {
			t.Errorf("%s: %v in %v, %v in %v", text, in, r.Contains(in), out, r.Contains(out))
		}
	}
}

// bad is areas that must be refused, with a word that the error says.
var bad = map[string]string{
	``:                                      "GeoJSON",
	`[]`:                                    "GeoJSON",
	`null`:                                  "type",
	`{}`:                                    "type",
	`{"type":"Point","coordinates":[1,2]}`:  "Point",
	`{"type":"Feature","geometry":{}}`:      "geometry",
	`{"type":"Polygon"}`:                    "rings",
	`{"type":"Polygon","coordinates":null}`: "rings",
	`{"type":"Polygon","coordinates":[]}`:   "rings",
	`{"type":"Polygon","coordinates":[[]]}`: "four",
	`{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,0]]]}`:                "four",
	`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}`:          "first",
	`{"type":"Polygon","coordinates":[[[0,0],[1],[1,1],[0,0]]]}`:            "numbers",
	`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1,1,1],[0,0]]]}`:      "numbers",
	`{"type":"Polygon","coordinates":[[[0,0],[181,0],[1,1],[0,0]]]}`:        "earth",
	`{"type":"Polygon","coordinates":[[[0,0],[1,91],[1,1],[0,0]]]}`:         "earth",
	`{"type":"Polygon","coordinates":[[["0",0],[1,1],[1,1],[0,0]]]}`:        "positions",
	`{"type":"Polygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}`:        "positions",
	`{"type":"Polygon","coordinates":[[[0,0],[1,null],[1,1],[0,0]]]}`:       "positions",
	`{"type":"Polygon","coordinates":[[null,[1,0],[1,1],null]]}`:            "positions",
	`{"Type":"Polygon","coordinates":[` + square + `]}`:                     "type",
	`{"type":"Polygon","COORDINATES":[` + square + `]}`:                     "rings",
	`{"type":1,"coordinates":[` + square + `]}`:                             "GeoJSON",
	`{"type":"MultiPolygon","coordinates":[]}`:                              "polygon",
	`{"type":"MultiPolygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}`:     "polygons",
	`{"type":"Polygon","coordinates":[[[0,80],[120,80],[-120,80],[0,80]]]}`: "pole",
}

func TestDecode_Refuses(t *testing.T) {
	for text, word := range bad {
		checkRefused(t, text, word)
	}
	long := strings.Repeat("[0,0],", area.MaxPositions)
	checkRefused(t, `{"type":"Polygon","coordinates":[[`+long+`[0,0]]]}`, fmt.Sprint(area.MaxPositions))
	rings := strings.Repeat(square+",", area.MaxRings)
	checkRefused(t, `{"type":"Polygon","coordinates":[`+rings+square+`]}`, fmt.Sprint(area.MaxRings))
	checkRefused(t, strings.Repeat("[", 100_000), "GeoJSON")
	checkRefused(t, `{"type":"Polygon","coordinates":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`}`, "rings")
}

func checkRefused(t *testing.T, text, word string) {
	t.Helper()
	_, err := area.Decode([]byte(text))
	var wrong *fault.Error
	if !errors.As(err, &wrong) || wrong.Code != fault.Invalid || wrong.Field != "area" || !strings.Contains(wrong.Detail, word) || len(wrong.Detail) > 300 {
		t.Errorf("%.100s: %v, want a fault of the area that says %q", text, err, word)
	}
}

// What is kept of an area is what was read, so that pages draw what counts.
func TestPlain(t *testing.T) {
	told := `{"crs":{"coordinates":[]},"Type":"Point","coordinates":[` + square + `],"COORDINATES":[],"type":"Polygon"}`
	if got, err := area.Plain([]byte(told)); err != nil || string(got) != `{"type":"Polygon","coordinates":[`+square+`]}` {
		t.Errorf("%s, %v", got, err)
	}
}

func TestCheck(t *testing.T) {
	if err := area.Check("old-town_2", "Gamla stan", "#A0b1c2"); err != nil {
		t.Error(err)
	}
	for _, c := range []struct{ field, id, name, color string }{
		{"id", "a/b", "n", ""}, {"name", "a", strings.Repeat("ñ", area.MaxName+1), ""}, {"color", "a", "n", "red"},
		{"name", "a", "", ""}, {"name", "a", "n\x00", ""}, {"name", "a", "\x1b[31mred", ""}, {"name", "a", "\xff", ""},
	} {
		var wrong *fault.Error
		if err := area.Check(c.id, c.name, c.color); !errors.As(err, &wrong) || wrong.Field != c.field {
			t.Errorf("%q: %v, want a fault of the %s", c, err, c.field)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for text := range bad {
		f.Add([]byte(text))
	}
	f.Add([]byte(`{"type":"MultiPolygon","coordinates":[[` + square + `]]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := area.Decode(data)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", data, err)
			}
			return
		}
		r.Contains(geo.Point{Lat: 1, Lon: 1})
		r.Overlaps(r)
		plain, err := area.Plain(data)
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		again, err := area.Plain(plain)
		if _, refused := area.Decode(plain); refused != nil || err != nil || string(again) != string(plain) {
			t.Errorf("%q became %s: %v, then %s, %v", data, plain, refused, again, err)
		}
	})
}
