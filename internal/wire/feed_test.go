package wire_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/wire"
)

// jsonEntry is an entry of the feed as trackers sent it before it was packed.
type jsonEntry struct {
	ID        string  `json:"id"`
	Lat       float64 `json:"lat"`
	Lon       float64 `json:"lon"`
	Seq       uint64  `json:"seq,omitempty"`
	T         int64   `json:"t"`
	Speed     float64 `json:"speed"`
	Heading   float64 `json:"heading"`
	Accuracy  float64 `json:"accuracy"`
	Class     string  `json:"class"`
	Seats     int     `json:"seats"`
	Available bool    `json:"available"`
	Session   string  `json:"session"`
	Seen      int64   `json:"seen"`
	Gone      bool    `json:"gone,omitempty"`
	Rough     bool    `json:"approximate,omitempty"`
}

func feedJSON(batch []driver.Location) []byte {
	entries := make([]jsonEntry, len(batch))
	for i, l := range batch {
		entries[i] = jsonEntry{
			l.DriverID, l.Lat, l.Lon, l.Seq, l.FixedAt.UnixMilli(), l.Speed, l.Heading, l.Accuracy,
			string(l.Class), l.Seats, l.Available, l.Session, l.SeenAt.UnixMilli(), l.Gone, l.Approximate,
		}
	}
	return wire.Encode(entries)
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// usualBatch is what a flush sends to a cell.
func usualBatch(n int) []driver.Location {
	batch := make([]driver.Location, n)
	for i := range batch {
		session := uuid.NewSHA1(uuid.Nil, []byte{byte(i), byte(i >> 8)}).String()
		batch[i] = driver.Location{
			DriverID: fmt.Sprintf("driver-%05d", i), Class: driver.Standard, Seats: 4, Available: true, Session: session,
			SeenAt: noon.Add(time.Duration(i%50) * time.Millisecond),
			Position: driver.Position{
				Point: geo.Point{Lat: float64(407_000_000+1001*i) / 1e7, Lon: float64(-739_000_000-999*i) / 1e7},
				Seq:   uint64(1000 + i), FixedAt: noon.Add(-300 * time.Millisecond), Speed: 8.2, Heading: 271, Accuracy: 6,
			},
		}
	}
	return batch
}

// Each field on its own: a field that is added to Location and forgotten here
// arrives as nothing. Approximate is for the tracker's filter and stays there.
func TestLocations_EveryFieldArrives(t *testing.T) {
	for _, path := range fieldsOf(reflect.TypeFor[driver.Location]()) {
		l := driver.Location{DriverID: "d1", SeenAt: noon, Position: driver.Position{FixedAt: noon}}
		switch f := reflect.ValueOf(&l).Elem().FieldByIndex(path); f.Interface().(type) {
		case time.Time:
			f.Set(reflect.ValueOf(noon.Add(time.Second)))
		case bool:
			f.SetBool(true)
		case int:
			f.SetInt(3)
		case uint64:
			f.SetUint(1 << 63)
		case float64:
			f.SetFloat(math.Pi)
		case string, driver.Class:
			f.SetString("x")
		default:
			t.Fatalf("%s: the feed knows no type %s", reflect.TypeFor[driver.Location]().FieldByIndex(path).Name, f.Type())
		}
		checkArrives(t, []driver.Location{l})
	}
}

// fieldsOf is the paths of the fields that travel, those of embedded structs one by one.
func fieldsOf(of reflect.Type) (paths [][]int) {
	for _, f := range reflect.VisibleFields(of) {
		if !f.Anonymous && f.Name != "Approximate" {
			paths = append(paths, f.Index)
		}
	}
	return paths
}

func checkArrives(t interface{ Errorf(string, ...any) }, batch []driver.Location) {
	for name, data := range map[string][]byte{"packed": wire.EncodeLocations(batch), "JSON": feedJSON(batch)} {
		if got, err := wire.DecodeLocations(data); err != nil || !slices.Equal(got, batch) {
			t.Errorf("%s: got %+v, %v; want %+v", name, got, err, batch)
		}
	}
}

func TestLocations_Empty(t *testing.T) {
	checkArrives(t, []driver.Location{})
}

var (
	places = rapid.OneOf(
		rapid.Float64Range(-85, 85),
		rapid.Map(rapid.Int32Range(-850_000_000, 850_000_000), func(n int32) float64 { return float64(n) / 1e7 }),
	)
	measures = rapid.OneOf(
		rapid.Just(float64(driver.Unknown)), rapid.Float64Range(-2, 1e6),
		rapid.Map(rapid.Uint16(), func(n uint16) float64 { return float64(n) / 100 }),
		rapid.Map(rapid.Uint16(), func(n uint16) float64 { return float64(n) / 10 }),
	)
	sessions = rapid.OneOf(
		rapid.Just(""), rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 16, 16), func(b []byte) string { return uuid.UUID(b).String() }),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 16, 16), func(b []byte) string { return strings.ToUpper(uuid.UUID(b).String()) }),
		rapid.StringMatching(`[0-9a-g-]{36}`),
	)
	times = rapid.Map(rapid.OneOf(
		rapid.Int64Range(noon.UnixMilli()-1000, noon.UnixMilli()+1000),
		rapid.Int64Range(time.Time{}.UnixMilli(), 253402300799999),
	), func(ms int64) time.Time { return time.UnixMilli(ms).UTC() })
	locations = rapid.Custom(func(t *rapid.T) driver.Location {
		return driver.Location{
			DriverID: rapid.StringN(1, 70, -1).Draw(t, "id"), Session: sessions.Draw(t, "session"),
			Class: rapid.SampledFrom([]driver.Class{"", "standard", "van"}).Draw(t, "class"),
			Seats: rapid.SampledFrom([]int{-1, 0, 4, 4, 8, math.MaxInt}).Draw(t, "seats"),
			Position: driver.Position{
				Point: geo.Point{Lat: places.Draw(t, "lat"), Lon: 2 * places.Draw(t, "lon")},
				Seq:   rapid.Uint64().Draw(t, "seq"), FixedAt: times.Draw(t, "t"),
				Speed: measures.Draw(t, "speed"), Heading: measures.Draw(t, "heading"), Accuracy: measures.Draw(t, "accuracy"),
			},
			Available: rapid.Bool().Draw(t, "available"), Gone: rapid.Bool().Draw(t, "gone"), SeenAt: times.Draw(t, "seen"),
		}
	})
)

// Whatever is sent arrives as it was sent, from a tracker of now and from one of
// before.
func TestLocations_Arrive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkArrives(t, rapid.SliceOfN(locations, 0, 5).Draw(t, "batch"))
	})
}

// The short forms are what the packing is for. A location of the usual kind:
// flags 1, id 13, session 16, times 1 to 3, seq 2, place 8, measures 6.
func TestEncodeLocations_Size(t *testing.T) {
	const n, most = 1000, 50
	if size := len(wire.EncodeLocations(usualBatch(n))); size > n*most {
		t.Errorf("%d bytes for %d locations, want at most %d each", size, n, most)
	}
}

func TestDecodeLocations_Bad(t *testing.T) {
	good := wire.EncodeLocations(usualBatch(3))
	for i := range good {
		if got, err := wire.DecodeLocations(good[:i]); err == nil {
			t.Errorf("the first %d of %d bytes: %+v", i, len(good), got)
		}
	}
	of := func(change func(*driver.Location)) []byte {
		batch := usualBatch(2)
		change(&batch[1])
		return wire.EncodeLocations(batch)
	}
	var shortest driver.Location // whose flags and length of id are known
	shortest.DriverID = "d"
	flagged := func(flags byte) []byte {
		b := wire.EncodeLocations([]driver.Location{shortest})
		b[2] |= flags
		return b
	}
	for name, data := range map[string][]byte{
		"TooLong":       append(slices.Clone(good), 0),
		"NextVersion":   append([]byte{2}, good[1:]...),
		"HugeCount":     {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
		"EndlessCount":  {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"UnknownFlag":   flagged(0x80),
		"NothingBefore": flagged(0x04),
		"Nobody":        of(func(l *driver.Location) { l.DriverID = "" }),
		"OffTheEarth":   of(func(l *driver.Location) { l.Lat = 90.0000001 }),
		"NoNumber":      of(func(l *driver.Location) { l.Lon = math.NaN() }),
		"NoSpeed":       of(func(l *driver.Location) { l.Speed = math.Inf(1) }),
		"NoHeading":     of(func(l *driver.Location) { l.Heading = math.NaN() }),
		"NoAccuracy":    of(func(l *driver.Location) { l.Accuracy = math.Inf(-1) }),
		"NoTime":        of(func(l *driver.Location) { l.SeenAt = time.UnixMilli(253402300800000) }),
		"NoFix":         of(func(l *driver.Location) { l.FixedAt = time.UnixMilli(math.MinInt64) }),
		"JSONNobody":    []byte(`[{"lat":1,"lon":1}]`),
		"JSONCut":       feedJSON(usualBatch(1))[:100],
	} {
		if got, err := wire.DecodeLocations(data); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A driver's id, kept by who follows the feed, must not keep the message.
func TestDecodeLocations_Allocations(t *testing.T) {
	const n = 100
	data := wire.EncodeLocations(usualBatch(n))
	allocs := testing.AllocsPerRun(20, func() {
		if got, err := wire.DecodeLocations(data); err != nil || len(got) != n {
			t.Error(err)
		}
	})
	if most := float64(n + 5); allocs > most {
		t.Errorf("%v allocations for %d locations, want at most %v", allocs, n, most)
	}
}

func FuzzDecodeLocations(f *testing.F) {
	f.Add(wire.EncodeLocations(usualBatch(3)))
	f.Add(wire.EncodeLocations([]driver.Location{{DriverID: "d", Session: "s", Position: driver.Position{Speed: math.Pi}}}))
	f.Add(feedJSON(usualBatch(2)))
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, data []byte) {
		batch, err := wire.DecodeLocations(data)
		if err != nil {
			return
		}
		again, err := wire.DecodeLocations(wire.EncodeLocations(batch))
		if err != nil || !slices.Equal(again, batch) {
			t.Errorf("%q: %+v became %+v, %v", data, batch, again, err)
		}
		if _, err := json.Marshal(batch); err != nil {
			t.Errorf("%q: %v", data, err)
		}
	})
}

func BenchmarkLocations(b *testing.B) {
	const n = 500
	batch := usualBatch(n)
	for name, encode := range map[string]func([]driver.Location) []byte{"JSON": feedJSON, "Packed": wire.EncodeLocations} {
		data := encode(batch)
		b.Run("Encode"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				encode(batch)
			}
			b.ReportMetric(float64(len(data))/n, "bytes/location")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/location")
		})
		b.Run("Decode"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := wire.DecodeLocations(data); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/location")
		})
	}
}
