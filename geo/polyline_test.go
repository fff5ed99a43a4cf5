package geo_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
)

// The line of Google's description of the format.
var documented = []geo.Point{{Lat: 38.5, Lon: -120.2}, {Lat: 40.7, Lon: -120.95}, {Lat: 43.252, Lon: -126.453}}

const documentedText = "_p~iF~ps|U_ulLnnqC_mqNvxq`@"

func TestEncodePolyline_Documented(t *testing.T) {
	if got := geo.EncodePolyline(documented); got != documentedText {
		t.Errorf("%q, want %q", got, documentedText)
	}
	if got, err := geo.DecodePolyline(documentedText); err != nil || !slices.Equal(got, documented) {
		t.Errorf("%v, %v", got, err)
	}
	if got := geo.EncodePolyline([]geo.Point{{Lon: -179.9832104}}); got != "?`~oia@" { // of the same page
		t.Errorf("%q", got)
	}
}

func TestDecodePolyline_ReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.SliceOfN(anyPoint(), 0, 40).Draw(t, "line")
		got, err := geo.DecodePolyline(geo.EncodePolyline(line))
		if err != nil || len(got) != len(line) {
			t.Fatalf("%v, %v", got, err)
		}
		for i, p := range line {
			if math.Abs(got[i].Lat-p.Lat) > 0.5001e-5 || math.Abs(got[i].Lon-p.Lon) > 0.5001e-5 {
				t.Fatalf("%v became %v", p, got[i])
			}
		}
	})
}

func TestDecodePolyline_Err(t *testing.T) {
	for name, text := range map[string]string{
		"CutOff":      "_p~iF~ps|",
		"LatAlone":    "_p~iF",
		"Space":       "_p~iF ps|U",
		"Control":     "\x7f",
		"OffTheEarth": geo.EncodePolyline([]geo.Point{{Lat: 91}}),
		"LongNumber":  "~~~~~~~~~~~~~~~~~~~~",
	} {
		t.Run(name, func(t *testing.T) {
			if line, err := geo.DecodePolyline(text); err == nil {
				t.Errorf("read as %v", line)
			}
		})
	}
}

// Whatever is accepted lies on the earth, and says the same again.
func FuzzDecodePolyline(f *testing.F) {
	f.Add(documentedText)
	f.Add("")
	f.Add("??")
	f.Add("`~oia@")
	f.Fuzz(func(t *testing.T, text string) {
		line, err := geo.DecodePolyline(text)
		if err != nil {
			return
		}
		if slices.ContainsFunc(line, func(p geo.Point) bool { return !p.Valid() }) {
			t.Fatalf("%q is off the earth: %v", text, line)
		}
		again, err := geo.DecodePolyline(geo.EncodePolyline(line))
		if err != nil || !slices.Equal(again, line) {
			t.Fatalf("%q is %v, then %v, %v", text, line, again, err)
		}
	})
}
