package wire_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"os"
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

// The test vector of the protocol's page is what other people's encoders are
// held to.
func TestBinaryFrame_TestVectorOfTheDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "### Positions in binary\n")
	vector, text := fenced(t, section, "hex"), fenced(t, section, "json")
	var frame []byte
	for line := range strings.Lines(vector) {
		number, err := hex.DecodeString(strings.Fields(line)[0])
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		frame = append(frame, number...)
	}
	want, err := wire.DecodeDriverFrame([]byte(text))
	if err != nil || len(want.Positions) != 2 {
		t.Fatalf("%s: %+v, %v", text, want, err)
	}
	got, err := wire.DecodeBinaryFrame(frame, nil)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("decoded to %+v, %v; want %+v", got, err, want)
	}
	if again, err := wire.AppendBinaryFrame(nil, want.Positions); err != nil || !bytes.Equal(again, frame) {
		t.Errorf("encoded as %x, %v; want %x", again, err, frame)
	}
}

// fenced is the first block of the given language.
func fenced(t *testing.T, page, language string) string {
	t.Helper()
	_, rest, _ := strings.Cut(page, "```"+language+"\n")
	block, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatalf("no block of %s", language)
	}
	return block
}

// rawEntry is a position as the numbers of the message.
type rawEntry struct {
	Seq, T                   uint64
	Lat, Lon                 int32
	Speed, Heading, Accuracy uint16
}

func rawFrame(entries ...rawEntry) []byte {
	var b bytes.Buffer
	b.Write([]byte{1, 1, byte(len(entries))})
	for _, e := range entries {
		if err := binary.Write(&b, binary.BigEndian, e); err != nil {
			panic(err)
		}
	}
	return b.Bytes()
}

// asJSON is the position as a phone without the subprotocol would send it.
func (e rawEntry) asJSON() string {
	text := fmt.Sprintf(`{"seq":%d,"lat":%de-7,"lon":%de-7`, e.Seq, e.Lat, e.Lon)
	if e.T != math.MaxUint64 {
		text += fmt.Sprintf(`,"t":%d`, e.T)
	}
	for _, m := range []struct {
		name  string
		value uint16
		tenth int
	}{{"speed", e.Speed, 2}, {"heading", e.Heading, 2}, {"accuracy", e.Accuracy, 1}} {
		if m.value != math.MaxUint16 {
			text += fmt.Sprintf(`,%q:%de-%d`, m.name, m.value, m.tenth)
		}
	}
	return text + "}"
}

var rawEntries = rapid.Custom(func(t *rapid.T) rawEntry {
	return rawEntry{
		Seq: rapid.Uint64Range(0, 1<<53).Draw(t, "seq"), T: rapid.Uint64Range(0, 253402300799999).Draw(t, "t"),
		Lat: rapid.Int32().Draw(t, "lat"), Lon: rapid.Int32().Draw(t, "lon"),
		Speed: rapid.Uint16().Draw(t, "speed"), Accuracy: rapid.Uint16().Draw(t, "accuracy"),
		Heading: rapid.OneOf(rapid.Uint16Range(0, 36000), rapid.Just(uint16(math.MaxUint16))).Draw(t, "heading"),
	}
})

// Both forms of a position mean the same, to the last bit, and the binary one
// comes out of the encoder as it went in.
func TestBinaryFrame_SameAsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := rapid.SliceOfN(rawEntries, 1, wire.MaxPositions).Draw(t, "entries")
		texts := make([]string, len(entries))
		if len(entries) == 1 && rapid.Bool().Draw(t, "untimed") {
			entries[0].T = math.MaxUint64
		}
		for i, e := range entries {
			texts[i] = e.asJSON()
		}
		text := `{"type":"positions","positions":[` + strings.Join(texts, ",") + `]}`
		if len(entries) == 1 {
			text = `{"type":"position",` + texts[0][1:]
		}
		want, err := wire.DecodeDriverFrame([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got, err := wire.DecodeBinaryFrame(rawFrame(entries...), nil)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, %v; want %+v", got, err, want)
		}
		if again, err := wire.AppendBinaryFrame([]byte("x"), got.Positions); err != nil || !bytes.Equal(again[1:], rawFrame(entries...)) {
			t.Fatalf("encoded as %x, %v; want %x", again[1:], err, rawFrame(entries...))
		}
	})
}

func TestDecodeBinaryFrame_Bad(t *testing.T) {
	good := rawEntry{Seq: 1, T: 5, Lat: 1, Lon: 1}
	changed := func(change func(*rawEntry)) []byte {
		e := good
		change(&e)
		return rawFrame(good, e)
	}
	frame := rawFrame(good, good)
	for name, test := range map[string]struct {
		data  []byte
		code  fault.Code
		field string
		word  string
	}{
		"Empty":         {nil, fault.Malformed, "", "0 bytes"},
		"HeaderCut":     {frame[:2], fault.Malformed, "", "2 bytes"},
		"JSON":          {[]byte(plainFrame), fault.Invalid, "version", "123"},
		"NextVersion":   {append([]byte{2}, frame[1:]...), fault.Invalid, "version", "2 is not"},
		"OtherKind":     {append([]byte{1, 9}, frame[2:]...), fault.Invalid, "kind", "9 is not"},
		"NoPositions":   {rawFrame(), fault.Invalid, "count", "0 is not"},
		"TooMany":       {rawFrame(make([]rawEntry, 101)...), fault.Invalid, "count", "101 is not"},
		"CountTooHigh":  {append([]byte{1, 1, 3}, frame[3:]...), fault.Invalid, "count", "93 bytes, and this one has 63"},
		"CountTooLow":   {append([]byte{1, 1, 1}, frame[3:]...), fault.Invalid, "count", "33 bytes, and this one has 63"},
		"EntryCut":      {frame[:len(frame)-1], fault.Invalid, "count", "63 bytes, and this one has 62"},
		"SeqTooHigh":    {changed(func(e *rawEntry) { e.Seq = 1<<53 + 1 }), fault.Invalid, "positions[1].seq", "9007199254740993"},
		"TimeTooHigh":   {changed(func(e *rawEntry) { e.T = 253402300800000 }), fault.Invalid, "positions[1].t", "253402300800000 is not"},
		"TimeMissing":   {changed(func(e *rawEntry) { e.T = math.MaxUint64 }), fault.Invalid, "positions[1].t", "missing"},
		"HeadingAround": {changed(func(e *rawEntry) { e.Heading = 36001 }), fault.Invalid, "positions[1].heading", "36001 is not"},
	} {
		t.Run(name, func(t *testing.T) { checkRefused(t, decodeErr(test.data), test.code, test.field, test.word) })
	}
}

func decodeErr(data []byte) error {
	_, err := wire.DecodeBinaryFrame(data, nil)
	return err
}

func checkRefused(t *testing.T, err error, code fault.Code, field, word string) {
	t.Helper()
	var f *fault.Error
	if f, _ = err.(*fault.Error); f == nil || f.Code != code || f.Field != field || !strings.Contains(f.Detail, word) {
		t.Errorf("got %#v; want %s, field %q, …%s…", err, code, field, word)
	}
}

// The encoder sends nothing that the decoder would refuse, and nothing else
// than what it was given.
func TestAppendBinaryFrame_Bad(t *testing.T) {
	good := driver.Position{Point: geo.Point{Lat: 40.73, Lon: -73.98}, FixedAt: time.UnixMilli(5), Speed: -1, Heading: -1, Accuracy: -1}
	for field, change := range map[string]func(*driver.Position){
		"lat":      func(p *driver.Position) { p.Lat = math.NaN() },
		"lon":      func(p *driver.Position) { p.Lon = 214.8 },
		"seq":      func(p *driver.Position) { p.Seq = 1<<53 + 1 },
		"t":        func(p *driver.Position) { p.FixedAt = time.Time{} },
		"speed":    func(p *driver.Position) { p.Speed = 655.36 },
		"heading":  func(p *driver.Position) { p.Heading = -2 },
		"accuracy": func(p *driver.Position) { p.Accuracy = math.NaN() },
	} {
		bad := good
		change(&bad)
		_, err := wire.AppendBinaryFrame(nil, []driver.Position{good, bad})
		checkRefused(t, err, fault.Invalid, "positions[1]."+field, "")
	}
	early := good
	early.FixedAt = time.UnixMilli(-1)
	_, err := wire.AppendBinaryFrame(nil, []driver.Position{early})
	checkRefused(t, err, fault.Invalid, "positions[0].t", "-1")
	for _, n := range []int{0, 101} {
		_, err := wire.AppendBinaryFrame(nil, make([]driver.Position, n))
		checkRefused(t, err, fault.Invalid, "positions", fmt.Sprintf("a list of %d", n))
	}
}

func TestAppendBinaryFrame_Rounds(t *testing.T) {
	b, err := wire.AppendBinaryFrame(nil, []driver.Position{{
		Point: geo.Point{Lat: 1.00000006, Lon: -1.00000006}, FixedAt: time.UnixMilli(5),
		Speed: 8.206, Heading: 359.999, Accuracy: 1e6,
	}})
	if err != nil {
		t.Fatal(err)
	}
	f, err := wire.DecodeBinaryFrame(b, nil)
	want := driver.Position{
		Point: geo.Point{Lat: 1.0000001, Lon: -1.0000001}, FixedAt: time.UnixMilli(5).UTC(),
		Speed: 8.21, Heading: 360, Accuracy: 6553.4,
	}
	if err != nil || f.Positions[0] != want {
		t.Errorf("got %+v, %v; want %+v", f.Positions, err, want)
	}
}

func TestDecodeBinaryFrame_DoesNotAllocate(t *testing.T) {
	scratch := make([]driver.Position, 0, wire.MaxPositions)
	data := rawFrame(make([]rawEntry, wire.MaxPositions)...)
	allocs := testing.AllocsPerRun(100, func() {
		if f, err := wire.DecodeBinaryFrame(data, scratch); err != nil || len(f.Positions) != wire.MaxPositions {
			t.Error(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func FuzzDecodeBinaryFrame(f *testing.F) {
	f.Add(rawFrame(rawEntry{Seq: 7, T: 1700000000123, Lat: 407300000, Lon: -739800000, Speed: 820, Heading: 27100, Accuracy: 60}))
	f.Add(rawFrame(rawEntry{T: math.MaxUint64, Speed: math.MaxUint16, Heading: math.MaxUint16, Accuracy: math.MaxUint16}))
	f.Add(rawFrame(rawEntry{T: 1}, rawEntry{T: 2}))
	f.Add(rawFrame(rawEntry{Heading: 36001}))
	f.Add([]byte{1, 1, 1})
	f.Add([]byte(plainFrame))
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, err := wire.DecodeBinaryFrame(data, nil)
		if err != nil {
			checkFault(t, data, err)
			return
		}
		checkFrame(t, data, frame)
		if again, err := wire.AppendBinaryFrame(nil, frame.Positions); err != nil || !bytes.Equal(again, data) {
			t.Errorf("%x came back as %x, %v", data, again, err)
		}
	})
}

func BenchmarkDecodeBinaryFrame(b *testing.B) {
	scratch := make([]driver.Position, 0, wire.MaxPositions)
	for _, n := range []int{1, 4} {
		data := rawFrame(make([]rawEntry, n)...)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := wire.DecodeBinaryFrame(data, scratch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
