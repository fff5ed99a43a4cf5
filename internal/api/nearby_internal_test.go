package api

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// encoding/json is the oracle.
func TestAppendNumber(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, f float64) {
		want, err := json.Marshal(f)
		if got := string(appendNumber([]byte("x"), f)); err == nil && got != "x"+string(want) {
			t.Fatalf("%v is written as %s, want x%s", f, got, want)
		}
	}
	for _, f := range []float64{
		0, math.Copysign(0, -1), 1, -1, 0.1, 1e-6, 1e-7, 9.9e-7, -1e-6, 99999999.9999999, 1e8, 1e15, 123456789012345680, 1e21, 1e-9, 73.9800001, -0.0000015,
		math.MaxFloat64, math.SmallestNonzeroFloat64, 0.30000000000000004, 40.7300001, 89.9999999, 99999999, 12345678.1234567,
	} {
		check(t, f)
	}
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64().Draw(t, "any")
		check(t, f)
		scale := math.Pow(10, float64(rapid.IntRange(0, 9).Draw(t, "places")))
		check(t, math.Round(math.Mod(f, 1e6)*scale)/scale)
		check(t, float64(rapid.Int64().Draw(t, "whole"))/scale)
	})
}

func TestAppendText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		var back string
		if err := json.Unmarshal(appendText(nil, s), &back); err != nil || back != strings.ToValidUTF8(s, "�") {
			t.Fatalf("%q comes back as %q, %v", s, back, err)
		}
	})
}

// What is left out means what the schema says.
func TestPlainNearby_Defaults(t *testing.T) {
	in, ok := plainNearby("lat=1&lon=2")
	if want := (nearbyInput{Lat: 1, Lon: 2, RadiusM: 2000, Limit: 20}); !ok || in != want {
		t.Errorf("got %+v, %v", in, ok)
	}
}
