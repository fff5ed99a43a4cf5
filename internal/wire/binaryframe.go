package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
)

// SubprotocolBinary is the WebSocket subprotocol that lets a driver send
// positions as binary messages. Everything else, in both directions, stays JSON
// in text messages.
const SubprotocolBinary = "cabstand.v1.binary"

// A binary message is a header and positions of fixed size, numbers in network
// order. docs/protocol.md has the layout and a test vector.
const (
	binaryVersion   = 1
	binaryPositions = 1 // the only kind

	binaryHeader = 3  // version, kind, count
	binaryEntry  = 30 // seq 8, t 8, lat 4, lon 4, speed 2, heading 2, accuracy 2

	unknown16 = math.MaxUint16
	unknown64 = math.MaxUint64
)

// Units of a binary position, in parts of the unit that JSON has.
const (
	perDegree  = 1e7 // of latitude and longitude
	perMetre   = 10  // of accuracy
	perSpeed   = 100 // cm/s
	perHeading = 100 // hundredths of a degree
)

// DecodeBinaryFrame reads a binary message of the driver's socket, into the
// memory of into as far as that reaches. What it finds is what
// DecodeDriverFrame finds in the same positions as JSON. The error is
// fault.Malformed for what is no such message and fault.Invalid for a value that
// is not accepted.
func DecodeBinaryFrame(data []byte, into []driver.Position) (DriverFrame, error) {
	n, err := binaryCount(data)
	if err != nil {
		return DriverFrame{}, err
	}
	into = into[:0]
	for i := range n {
		p, err := decodeEntry(data[binaryHeader+i*binaryEntry:], i, n)
		if err != nil {
			return DriverFrame{}, err
		}
		into = append(into, p)
	}
	if n == 1 {
		return DriverFrame{Type: FramePosition, Positions: into}, nil
	}
	return DriverFrame{Type: FramePositions, Positions: into}, nil
}

// binaryCount checks the form of a binary message and counts its positions.
func binaryCount(data []byte) (n int, err error) {
	if len(data) < binaryHeader {
		return 0, fault.New(fault.Malformed, "a binary frame of %d bytes is not accepted: %d at least", len(data), binaryHeader+binaryEntry)
	}
	version, kind, n := data[0], data[1], int(data[2])
	switch {
	case version != binaryVersion:
		return 0, fault.Field("version", "%d is not accepted: %d", version, binaryVersion)
	case kind != binaryPositions:
		return 0, fault.Field("kind", "%d is not accepted: %d", kind, binaryPositions)
	case n == 0 || n > MaxPositions:
		return 0, fault.Field("count", "%d is not accepted: 1 to %d", n, MaxPositions)
	case len(data) != binaryHeader+n*binaryEntry:
		return 0, fault.Field("count", "%d is not accepted: it takes a frame of %d bytes, and this one has %d", n, binaryHeader+n*binaryEntry, len(data))
	}
	return n, nil
}

// decodeEntry reads entry i of n.
func decodeEntry(data []byte, i, n int) (driver.Position, error) {
	seq, t := binary.BigEndian.Uint64(data), binary.BigEndian.Uint64(data[8:])
	heading := binary.BigEndian.Uint16(data[26:])
	switch {
	case seq > maxSeq:
		return driver.Position{}, entryFault(i, "seq", "%d is not accepted: 0 to %.0f", seq, float64(maxSeq))
	case t == unknown64 && n > 1:
		return driver.Position{}, entryFault(i, "t", "is missing")
	case t > maxUnixMs && t != unknown64:
		return driver.Position{}, entryFault(i, "t", "%d is not accepted: 0 to %d", t, int64(maxUnixMs))
	case heading > maxHeading*perHeading && heading != unknown16:
		return driver.Position{}, entryFault(i, "heading", "%d is not accepted: 0 to %.0f, or %d for unknown", heading, maxHeading*perHeading, unknown16)
	}
	p := driver.Position{
		Point:    geo.Point{Lat: degrees(data[16:]), Lon: degrees(data[20:])},
		Seq:      seq,
		Speed:    measured(binary.BigEndian.Uint16(data[24:]), perSpeed),
		Heading:  measured(heading, perHeading),
		Accuracy: measured(binary.BigEndian.Uint16(data[28:]), perMetre),
	}
	if t != unknown64 {
		p.FixedAt = time.UnixMilli(int64(t)).UTC()
	}
	return p, nil
}

func entryFault(i int, name, format string, args ...any) error {
	return fault.Field(fmt.Sprintf("positions[%d].%s", i, name), format, args...)
}

// degrees is a coordinate. Whether it is on the earth is the filter's to judge.
func degrees(data []byte) float64 {
	return float64(int32(binary.BigEndian.Uint32(data))) / perDegree
}

func measured(v uint16, per float64) float64 {
	if v == unknown16 {
		return driver.Unknown
	}
	return float64(v) / per
}

// AppendBinaryFrame appends positions, 1 to MaxPositions and oldest first, as a
// binary message. Values are rounded: places to 1e-7 degrees (a centimetre),
// speeds to cm/s, headings to hundredths of a degree, accuracies to a tenth of a
// metre, of which 6553.4 stands for all beyond. The error is fault.Invalid for a
// value that has no place in the message.
func AppendBinaryFrame(b []byte, positions []driver.Position) ([]byte, error) {
	n := len(positions)
	if n == 0 || n > MaxPositions {
		return b, fault.Field("positions", "a list of %d is not accepted: a list of 1 to %d positions", n, MaxPositions)
	}
	b = append(b, binaryVersion, binaryPositions, byte(n))
	for i, p := range positions {
		if err := checkEntry(p, i, n); err != nil {
			return b, err
		}
		b = appendEntry(b, p)
	}
	return b, nil
}

func appendEntry(b []byte, p driver.Position) []byte {
	t := uint64(unknown64)
	if !p.FixedAt.IsZero() {
		t = uint64(p.FixedAt.UnixMilli())
	}
	b = binary.BigEndian.AppendUint64(b, p.Seq)
	b = binary.BigEndian.AppendUint64(b, t)
	b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(p.Lat*perDegree))))
	b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(p.Lon*perDegree))))
	b = binary.BigEndian.AppendUint16(b, measure(p.Speed, perSpeed))
	b = binary.BigEndian.AppendUint16(b, measure(p.Heading, perHeading))
	return binary.BigEndian.AppendUint16(b, measure(p.Accuracy, perMetre))
}

// measure is v in parts of its unit; what is too much is the most there is.
func measure(v, per float64) uint16 {
	if v == driver.Unknown {
		return unknown16
	}
	return uint16(min(math.Round(v*per), unknown16-1))
}

// checkEntry reports a value that does not fit into entry i of n.
func checkEntry(p driver.Position, i, n int) error {
	const mostSpeed = (unknown16 - 1) / float64(perSpeed)
	ms := p.FixedAt.UnixMilli()
	switch {
	case !angular(p.Lat):
		return entryFault(i, "lat", "%v is not accepted: -214.7 to 214.7", p.Lat)
	case !angular(p.Lon):
		return entryFault(i, "lon", "%v is not accepted: -214.7 to 214.7", p.Lon)
	case p.Seq > maxSeq:
		return entryFault(i, "seq", "%d is not accepted: 0 to %.0f", p.Seq, float64(maxSeq))
	case p.FixedAt.IsZero() && n > 1:
		return entryFault(i, "t", "is missing")
	case !p.FixedAt.IsZero() && (ms < 0 || ms > maxUnixMs):
		return entryFault(i, "t", "%d is not accepted: 0 to %d", ms, int64(maxUnixMs))
	case !measurable(p.Speed, mostSpeed):
		return entryFault(i, "speed", "%v is not accepted: 0 to %.2f, or -1 for unknown", p.Speed, mostSpeed)
	case !measurable(p.Heading, maxHeading):
		return entryFault(i, "heading", "%v is not accepted: 0 to %.0f, or -1 for unknown", p.Heading, maxHeading)
	case !measurable(p.Accuracy, math.Inf(1)):
		return entryFault(i, "accuracy", "%v is not accepted: 0 or more, or -1 for unknown", p.Accuracy)
	}
	return nil
}

// angular reports whether the degrees have a place in an entry, also where they
// have none on the earth.
func angular(degrees float64) bool {
	n := math.Round(degrees * perDegree)
	return n >= math.MinInt32 && n <= math.MaxInt32
}

func measurable(v, most float64) bool { return v == driver.Unknown || v >= 0 && v <= most }
