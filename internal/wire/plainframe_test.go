package wire_test

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/wire"
)

// plainFrame is what nearly every frame looks like.
const plainFrame = `{"type":"position","seq":7,"lat":40.7306123,"lon":-73.9866011,"t":1700000000123,"speed":8.2,"heading":271,"accuracy":6}`

// plainBatch is a frame of n positions.
func plainBatch(n int) string {
	entry := strings.Replace(plainFrame, `"type":"position",`, "", 1)
	return `{"type":"positions","positions":[` + strings.TrimSuffix(strings.Repeat(entry+",", n), ",") + `]}`
}

// likePositions has frames at the border of what is plain.
var likePositions = []string{
	plainFrame,
	plainBatch(1), plainBatch(4), plainBatch(100), plainBatch(101),
	" {\t\"type\" :\r\n\"position\" , \"lat\" : 1 , \"lon\" : -0 } \n",
	`{"type":"position","lat":1,"lon":1}{}`,
	`{"type":"position","lat":1,"lon":1,}`,
	`{"type":"position","lat":1,"lon":1`,
	`{"type":"position","lat":1 "lon":1}`,
	"\xef\xbb\xbf" + plainFrame,
	`{"lat":1,"lon":1,"type":"position"}`,
	`{"lat":1,"lon":1}`,
	`{"type":"position","type":"position","lat":1,"lon":1}`,
	`{"type":"position","type":"positions","lat":1,"lon":1}`,
	`{"type":"position","lat":1,"lat":2,"lon":1}`,
	`{"type":"position","lat":1,"Lat":2,"lon":1}`,
	`{"type":"position","lat":1,"lon":1,"speed":null,"heading":null,"accuracy":null,"seq":null}`,
	`{"type":"position","lat":1,"lon":1,"t":null}`,
	`{"type":"position","lat":1,"lon":1,"speed":nullx}`,
	`{"type":"position","lat":null,"lon":1}`,
	`{"type":"pos\u0069tion","lat":1,"lon":1}`,
	`{"type":"position","l\u0061t":1,"lon":1}`,
	`{"type":"position","lat":1e0,"lon":1E+2}`,
	`{"type":"position","lat":01,"lon":1}`,
	`{"type":"position","lat":-01,"lon":1}`,
	`{"type":"position","lat":+1,"lon":1}`,
	`{"type":"position","lat":1.,"lon":1}`,
	`{"type":"position","lat":.5,"lon":1}`,
	`{"type":"position","lat":-,"lon":1}`,
	`{"type":"position","lat":0x1,"lon":1}`,
	`{"type":"position","lat":-0.0,"lon":0.000}`,
	`{"type":"position","lat":9007199254740993,"lon":9007199254740992}`,
	`{"type":"position","lat":0.9007199254740993,"lon":40.73061234567890123456}`,
	`{"type":"position","lat":0.0000000000000000001,"lon":0.00000000000000000001}`,
	`{"type":"position","lat":` + strings.Repeat("9", 400) + `,"lon":1}`,
	`{"type":"position","lat":0.` + strings.Repeat("1", 400) + `,"lon":1}`,
	`{"type":"position","lat":1,"lon":1,"seq":-0}`,
	`{"type":"position","lat":1,"lon":1,"seq":7.0}`,
	`{"type":"position","lat":1,"lon":1,"seq":9007199254740992}`,
	`{"type":"position","lat":1,"lon":1,"seq":9007199254740993}`,
	`{"type":"position","lat":1,"lon":1,"seq":9007199254740994}`,
	`{"type":"position","lat":1,"lon":1,"t":0.999}`,
	`{"type":"position","lat":1,"lon":1,"t":253402300799999}`,
	`{"type":"position","lat":1,"lon":1,"t":253402300799999.5}`,
	`{"type":"position","lat":1,"lon":1,"t":253402300800000}`,
	`{"type":"position","lat":1,"lon":1,"speed":1000.0000000000001}`,
	`{"type":"position","lat":1,"lon":1,"speed":-1.0}`,
	`{"type":"position","lat":1,"lon":1,"speed":-0.5}`,
	`{"type":"position","lat":1,"lon":1,"heading":360}`,
	`{"type":"position","lat":1,"lon":1,"heading":360.0001}`,
	`{"type":"position","lat":1,"lon":1,"accuracy":1000000.1}`,
	`{"type":"position","lat":1,"lon":1,"positions":[{"lat":1,"lon":1,"t":1}]}`,
	`{"positions":[{"lat":1,"lon":1,"t":1}],"type":"positions"}`,
	`{"type":"positions","positions":[{"lat":1,"lon":1,"t":1}],"seq":1}`,
	`{"type":"positions","positions":[{"lat":1,"lon":1,"t":1}],"positions":[{"lat":2,"lon":2,"t":2}]}`,
	`{"type":"positions","positions":[{"type":"position","lat":1,"lon":1,"t":1},{"type":"positions","lat":1,"lon":1,"t":1}]}`,
	`{"type":"positions","positions":[{"lat":1,"lon":1,"t":1},]}`,
	`{"type":"positions","positions":[{"lat":1,"lon":1,"t":1}`,
	`{"type":"positions","positions":[{"positions":[{"lat":1,"lon":1,"t":1}]}]}`,
	`{"type":"positions","lat":1,"lon":1}`,
	`{"type":"position","lat":1,"lon":1,"type":null}`,
}

// checkSame compares the two decoders on one frame: the same verdict, and every
// float to the bit.
func checkSame(t interface{ Errorf(string, ...any) }, data []byte) {
	want, wantErr := wire.DecodeDriverFrame(data)
	scratch := make([]driver.Position, 1, 8)
	scratch[0].Seq = 1 << 40 // must not shine through
	got, err := wire.DecodeDriverFrameInto(data, scratch)
	if !reflect.DeepEqual(err, wantErr) {
		t.Errorf("%q:\n got error %v\nwant error %v", data, err, wantErr)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q:\n got %+v\nwant %+v", data, got, want)
		return
	}
	for i, p := range got.Positions {
		if bitsOf(p) != bitsOf(want.Positions[i]) {
			t.Errorf("%q: position %d: got %v, want %v", data, i, p, want.Positions[i])
		}
	}
}

func bitsOf(p driver.Position) (bits [5]uint64) {
	for i, v := range []float64{p.Lat, p.Lon, p.Speed, p.Heading, p.Accuracy} {
		bits[i] = math.Float64bits(v)
	}
	return bits
}

func TestDecodeDriverFrameInto_SameAsEncodingJSON(t *testing.T) {
	for _, text := range likePositions {
		checkSame(t, []byte(text))
	}
	for _, bad := range badFrames {
		checkSame(t, []byte(bad.text))
	}
}

// Frames that are put together of good and bad parts, most of them good.
func TestDecodeDriverFrameInto_Assembled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkSame(t, []byte(frames.Draw(t, "frame"))) })
}

var (
	blanks  = rapid.SampledFrom([]string{"", "", "", "", " ", "\n", "\t\r "})
	numbers = rapid.Custom(func(t *rapid.T) string {
		switch rapid.IntRange(0, 29).Draw(t, "form") {
		case 0:
			return rapid.SampledFrom([]string{"null", "-1", "0", "-0", "true", `"1"`, "1e3", "01", "1.", "-", "{}", "[]", ""}).Draw(t, "odd")
		case 1:
			return fmt.Sprint(rapid.Float64().Draw(t, "any"))
		case 2:
			return rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,22})?`).Draw(t, "decimal")
		case 3:
			return fmt.Sprint(rapid.Uint64Range(1<<53-2, 1<<53+2).Draw(t, "edge"))
		}
		return fmt.Sprintf("%.*f", rapid.IntRange(0, 17).Draw(t, "decimals"), rapid.Float64Range(0, 359).Draw(t, "usual"))
	})
	counts  = rapid.SampledFrom([]string{"0", "1", "7", "7", "99", "7.0", "7.5", "-1", "null"})
	kinds   = rapid.SampledFrom([]string{`"position"`, `"position"`, `"positions"`})
	objects = rapid.Custom(func(t *rapid.T) string {
		var fields []string
		for _, f := range []struct {
			name   string
			values *rapid.Generator[string]
			of100  int // how many objects have it
		}{
			{"lat", numbers, 97}, {"lon", numbers, 97}, {"t", numbers, 97},
			{"seq", counts, 50}, {"speed", numbers, 50}, {"heading", numbers, 50}, {"accuracy", numbers, 50},
			{"type", kinds, 5}, {"lat", numbers, 2}, {"x", numbers, 2}, {"positions", numbers, 2},
		} {
			if rapid.IntRange(1, 100).Draw(t, f.name) <= f.of100 {
				fields = append(fields, fmt.Sprintf("%q%s:%s%s", f.name, blanks.Draw(t, "blank"), blanks.Draw(t, "blank"), f.values.Draw(t, "value")))
			}
		}
		return "{" + strings.Join(rapid.Permutation(fields).Draw(t, "order"), ",") + "}"
	})
	frames = rapid.Custom(func(t *rapid.T) string {
		if rapid.Bool().Draw(t, "single") {
			return strings.Replace(objects.Draw(t, "object"), "{", `{"type":"position",`, 1)
		}
		list := rapid.SliceOfN(objects, 0, 4).Draw(t, "list")
		return `{"type":"positions","positions":[` + strings.Join(list, blanks.Draw(t, "blank")+",") + "]" + blanks.Draw(t, "blank") + "}"
	})
)

// The frames that phones do send are read without encoding/json: a decoder that
// always fell back would pass every other test of this file.
func TestDecodeDriverFrameInto_DoesNotAllocate(t *testing.T) {
	scratch := make([]driver.Position, 0, wire.MaxPositions)
	for _, text := range []string{
		plainFrame, plainBatch(wire.MaxPositions),
		`{"type":"position","lat":40.73061234567891,"lon":-73.986601234567891}`, // as JavaScript prints a double
		`{"lon":-73.98,"lat":40.73,"accuracy":null,"speed":-1,"type":"position"}`,
		`{ "type": "position", "lat": 1.5, "lon": 2.5 }`,
	} {
		data := []byte(text)
		allocs := testing.AllocsPerRun(100, func() {
			if f, err := wire.DecodeDriverFrameInto(data, scratch); err != nil || len(f.Positions) == 0 {
				t.Errorf("%s: %+v, %v", text, f, err)
			}
		})
		if allocs != 0 {
			t.Errorf("%.100s: %v allocations", text, allocs)
		}
	}
}

func TestDecodeDriverFrameInto_LongerThanItsMemory(t *testing.T) {
	f, err := wire.DecodeDriverFrameInto([]byte(plainBatch(50)), make([]driver.Position, 3, 7))
	if err != nil || len(f.Positions) != 50 || f.Positions[0] != f.Positions[49] || f.Positions[0].Seq != 7 {
		t.Errorf("got %+v, %v", f, err)
	}
}

func FuzzDecodeDriverFrameInto(f *testing.F) {
	for _, text := range likePositions {
		if len(text) < 1000 { // the fuzzer would spend its time on making long ones short
			f.Add([]byte(text))
		}
	}
	for _, bad := range badFrames {
		f.Add([]byte(bad.text))
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkSame(t, data) })
}

func BenchmarkDecodeDriverFrame(b *testing.B) {
	scratch := make([]driver.Position, 0, wire.MaxPositions)
	for _, n := range []int{1, 4} {
		data := []byte(plainFrame)
		if n > 1 {
			data = []byte(plainBatch(n))
		}
		for name, decode := range map[string]func() (wire.DriverFrame, error){
			"JSON": func() (wire.DriverFrame, error) { return wire.DecodeDriverFrame(data) },
			"Into": func() (wire.DriverFrame, error) { return wire.DecodeDriverFrameInto(data, scratch) },
		} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if f, err := decode(); err != nil || len(f.Positions) != n {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
