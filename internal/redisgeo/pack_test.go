package redisgeo

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/testenv"
)

// anyLocation draws locations as phones send them, and others.
func anyLocation() *rapid.Generator[driver.Location] {
	return rapid.Custom(func(t *rapid.T) driver.Location {
		number := func(name string) float64 {
			return rapid.OneOf(
				rapid.Just(float64(driver.Unknown)), rapid.Just(0.0), rapid.Just(math.Inf(1)), rapid.Just(1e300),
				rapid.Map(rapid.IntRange(-500, 50_000), func(n int) float64 { return float64(n) / 100 }), rapid.Float64(),
			).Draw(t, name)
		}
		degrees := func(name string, most float64) float64 {
			return rapid.OneOf(
				rapid.Float64Range(-most, most), rapid.SampledFrom([]float64{-most, 0, most}),
				rapid.Map(rapid.IntRange(-int(most)*1e6, int(most)*1e6), func(n int) float64 { return float64(n) / 1e6 }),
			).Draw(t, name)
		}
		seen := rapid.Int64Range(0, 1<<45).Draw(t, "seen")
		return driver.Location{
			DriverID: "d1", Position: driver.Position{
				Point: geo.Point{Lat: degrees("lat", 90), Lon: degrees("lon", 180)}, Seq: rapid.Uint64().Draw(t, "seq"),
				FixedAt: millis(seen + rapid.Int64Range(-1<<40, 1<<40).Draw(t, "fixed")),
				Speed:   number("speed"), Heading: number("heading"), Accuracy: number("accuracy"),
			},
			Class: driver.Class(rapid.SampledFrom([]string{"standard", "van", ""}).Draw(t, "class")),
			Seats: rapid.IntRange(0, 16).Draw(t, "seats"), Available: rapid.Bool().Draw(t, "available"),
			Session: rapid.SampledFrom([]string{
				"", "s1", "019a3f5e-7c1b-7d2e-8f3a-4b5c6d7e8f90", "019A3f5e-7c1b-7d2e-8f3a-4b5c6d7e8f90", "019a3f5e-7c1b-7d2e-8f3a-4b5c6d7e8f9g",
			}).Draw(t, "session"),
			SeenAt: millis(seen),
		}
	})
}

func TestPack_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLocation().Draw(t, "l")
		packed := pack(nil, &l, scoreOf(l.Point), packTail(&l))
		if got, err := unpack("d1", string(packed)); err != nil || got != l {
			t.Fatalf("%x:\n got %+v, %v\nwant %+v", packed, got, err, l)
		}
		cut := rapid.IntRange(0, len(packed)-1).Draw(t, "cut")
		if got, err := unpack("d1", string(packed[:cut])); err == nil {
			t.Fatalf("%d of %d bytes were read as %+v", cut, len(packed), got)
		}
	})
}

// What phones send fits into the 64 bytes that Redis keeps small hashes compact
// for.
func TestPack_Small(t *testing.T) {
	l := driver.Location{
		Position: driver.Position{
			Point: geo.Point{Lat: 40.7580123, Lon: -73.9855678}, Seq: 1 << 20, FixedAt: millis(1_700_000_000_000),
			Speed: 33.33, Heading: 359.99, Accuracy: 12.5,
		},
		Class: driver.Standard, Seats: 4, Session: "019a3f5e-7c1b-7d2e-8f3a-4b5c6d7e8f90", SeenAt: millis(1_700_000_000_999),
	}
	if n := len(pack(nil, &l, scoreOf(l.Point), packTail(&l))); n >= 64 {
		t.Errorf("%d bytes", n)
	}
}

func FuzzUnpack(f *testing.F) {
	l := driver.Location{Position: driver.Position{Point: geo.Point{Lat: 1.5, Lon: 2}, Speed: math.Pi}, SeenAt: time.UnixMilli(5), Class: "van", Session: "s"}
	f.Add(string(pack(nil, &l, 7, packTail(&l))))
	f.Add("")
	f.Fuzz(func(t *testing.T, data string) {
		l, err := unpack("d", data)
		if err != nil {
			return
		}
		if _, err := json.Marshal(l.SeenAt); err != nil || !l.Valid() {
			t.Errorf("%q is read as %+v", data, l)
		}
	})
}

// Redis reads the scores back as the places that they stand for, so other
// programs may search the sets.
func TestScoreOf_IsThatOfGEOADD(t *testing.T) {
	options, err := redis.ParseURL(testenv.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(options)
	defer c.Close()
	rapid.Check(t, func(rt *rapid.T) {
		p := geo.Point{Lat: rapid.Float64Range(-85.05, 85.05).Draw(rt, "lat"), Lon: rapid.Float64Range(-180, 179.999999).Draw(rt, "lon")}
		if err := c.GeoAdd(t.Context(), "g", &redis.GeoLocation{Name: "d", Latitude: p.Lat, Longitude: p.Lon}).Err(); err != nil {
			rt.Fatal(err)
		}
		if want := c.ZScore(t.Context(), "g", "d").Val(); float64(scoreOf(p)) != want {
			rt.Fatalf("%v: %d, GEOADD gives %.0f", p, scoreOf(p), want)
		}
	})
}
