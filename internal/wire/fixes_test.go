package wire_test

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

func TestFixes_ReadBack(t *testing.T) {
	fix := rapid.Custom(func(r *rapid.T) trip.Fix {
		return trip.Fix{
			Point: geo.Point{Lat: rapid.Float64Range(-90, 90).Draw(r, "lat"), Lon: rapid.Float64Range(-180, 180).Draw(r, "lon")},
			At:    time.Unix(0, rapid.Int64Range(0, 1<<61).Draw(r, "ns")),
		}
	})
	rapid.Check(t, func(r *rapid.T) {
		fixes := rapid.SliceOfN(fix, 1, 50).Draw(r, "fixes")
		got, err := wire.DecodeFixes(wire.EncodeFixes(fixes))
		for i := range fixes {
			if geo.Distance(fixes[i].Point, wire.RoundFix(fixes[i]).Point) > 0.08 {
				r.Fatalf("%v was rounded to %v", fixes[i], wire.RoundFix(fixes[i]))
			}
			fixes[i] = wire.RoundFix(fixes[i])
		}
		if err != nil || !reflect.DeepEqual(got, fixes) {
			r.Fatalf("%v, %v; want %v", got, err, fixes)
		}
	})
}

// The form is in databases: it must not change under the same number.
func TestFixes_Form(t *testing.T) {
	fixes := []trip.Fix{
		{Point: geo.Point{Lat: 40.73, Lon: -73.98}, At: time.UnixMilli(1_700_000_000_123)},
		{Point: geo.Point{Lat: 40.7301, Lon: -73.9802}, At: time.UnixMilli(1_700_000_004_123)},
	}
	want, _ := hex.DecodeString("01" + "f6a1abfef962" + "a0f6eb26" + "bfe1c646" + "c03e" + "c801" + "8f03")
	if got := wire.EncodeFixes(fixes); !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

func TestDecodeFixes_Err(t *testing.T) {
	one := trip.Fix{Point: geo.Point{Lat: 1, Lon: 1}, At: time.UnixMilli(1)}
	whole := wire.EncodeFixes([]trip.Fix{one})
	for name, data := range map[string][]byte{
		"Empty":       nil,
		"OtherForm":   {2},
		"CutOff":      whole[:len(whole)-1],
		"OffTheEarth": wire.EncodeFixes([]trip.Fix{{Point: geo.Point{Lat: 91}}}),
		"Before1970":  wire.EncodeFixes([]trip.Fix{{At: time.UnixMilli(-1)}}),
		"TooMany":     wire.EncodeFixes(make([]trip.Fix, wire.MaxFixes+1)),
	} {
		if fixes, err := wire.DecodeFixes(data); err == nil {
			t.Errorf("%s: read as %v", name, fixes)
		}
	}
}

func FuzzDecodeFixes(f *testing.F) {
	f.Add(wire.EncodeFixes([]trip.Fix{{Point: geo.Point{Lat: 40.73, Lon: -73.98}, At: time.UnixMilli(1_700_000_000_123)}}))
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, data []byte) {
		fixes, err := wire.DecodeFixes(data)
		if err != nil {
			return
		}
		again, err := wire.DecodeFixes(wire.EncodeFixes(fixes))
		if err != nil || !reflect.DeepEqual(again, fixes) {
			t.Fatalf("%v, then %v, %v", fixes, again, err)
		}
	})
}
