package redisgeo

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// A packed location has all of a driver.Location but the driver and Gone, to
// the last bit, in some fifty bytes:
//
//	7  the score in the GEO set, big-endian: scripts read it
//	6  seen, unix ms, big-endian: scripts compare it
//	1  version
//	1  flags
//	   latitude and longitude: 4 bytes each, 1e-7 degrees; flagExact: 8 each, as they are
//	   fixed: varint, ms after seen
//	   seq: uvarint
//	   speed, heading, accuracy: uvarint, 0 for unknown, else hundredths plus one; flagged: 8 bytes
//	   seats: uvarint
//	   class: length and text; flagStandard: nothing
//	   session: length and text; flagUUID: 16 bytes
const packVersion = 1

const (
	scoreBytes = 7
	seenBytes  = 6
	headBytes  = scoreBytes + seenBytes + 2
)

const (
	flagAvailable = 1 << iota
	flagExact
	flagSpeed
	flagHeading
	flagAccuracy
	flagStandard
	flagUUID
)

// pack appends the packed location. tail is what packTail made of it.
func pack(dst []byte, l *driver.Location, score uint64, tail []byte) []byte {
	seen := l.SeenAt.UnixMilli()
	flags := tail[0]
	if l.Available {
		flags |= flagAvailable
	}
	start := len(dst)
	dst = appendUint(dst, score, scoreBytes)
	dst = appendUint(dst, uint64(max(seen, 0)), seenBytes)
	dst = append(dst, packVersion, 0)
	lat, lon, fits := degrees(l.Point)
	if fits {
		dst = binary.BigEndian.AppendUint32(dst, uint32(lat))
		dst = binary.BigEndian.AppendUint32(dst, uint32(lon))
	} else {
		flags |= flagExact
		dst = appendFloat(appendFloat(dst, l.Lat), l.Lon)
	}
	dst = binary.AppendVarint(dst, l.FixedAt.UnixMilli()-seen)
	dst = binary.AppendUvarint(dst, l.Seq)
	for i, v := range [...]float64{l.Speed, l.Heading, l.Accuracy} {
		n, fits := hundredths(v)
		if fits {
			dst = binary.AppendUvarint(dst, n)
		} else {
			flags |= flagSpeed << i
			dst = appendFloat(dst, v)
		}
	}
	dst[start+headBytes-1] = flags
	return append(dst, tail[1:]...)
}

// packTail is what seldom changes of a location: its flags, then the end of the
// packed form.
func packTail(l *driver.Location) []byte {
	tail := binary.AppendUvarint([]byte{0}, uint64(max(l.Seats, 0)))
	if l.Class == driver.Standard {
		tail[0] |= flagStandard
	} else {
		tail = appendText(tail, string(l.Class))
	}
	if id, ok := parseUUID(l.Session); ok {
		tail[0] |= flagUUID
		return append(tail, id...)
	}
	return appendText(tail, l.Session)
}

// degrees is p in 1e-7 degrees, if that tells it to the last bit.
func degrees(p geo.Point) (lat, lon int32, fits bool) {
	y, x := math.Round(p.Lat*1e7), math.Round(p.Lon*1e7)
	return int32(y), int32(x), y/1e7 == p.Lat && x/1e7 == p.Lon
}

// hundredths is v as it is packed, if that tells it to the last bit.
func hundredths(v float64) (n uint64, fits bool) {
	if v == driver.Unknown {
		return 0, true
	}
	h := math.Round(v * 100)
	if !(h >= 0 && h < 1<<32) || h/100 != v {
		return 0, false
	}
	return uint64(h) + 1, true
}

func appendUint(dst []byte, v uint64, bytes int) []byte {
	for i := bytes - 1; i >= 0; i-- {
		dst = append(dst, byte(v>>(8*i)))
	}
	return dst
}

func appendFloat(dst []byte, v float64) []byte {
	return binary.BigEndian.AppendUint64(dst, math.Float64bits(v))
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// parseUUID reads the canonical form alone, which is written back the same.
func parseUUID(s string) ([]byte, bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return nil, false
	}
	id, err := hex.DecodeString(s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:])
	return id, err == nil && formatUUID(id) == s
}

func formatUUID(b []byte) string {
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

var errPacked = errors.New("not a packed location of this version")

// unpack reads a packed location of the driver.
func unpack(id string, data string) (driver.Location, error) {
	if len(data) < headBytes || data[headBytes-2] != packVersion {
		return driver.Location{}, errPacked
	}
	flags := data[headBytes-1]
	seen := int64(readUint(data[scoreBytes : scoreBytes+seenBytes]))
	r := unpacker{data: []byte(data[headBytes:])}
	l := driver.Location{DriverID: id, SeenAt: millis(seen), Available: flags&flagAvailable != 0}
	l.Point = r.point(flags&flagExact != 0)
	l.FixedAt = millis(seen + r.varint())
	l.Seq = r.uvarint()
	l.Speed = r.number(flags&flagSpeed != 0)
	l.Heading = r.number(flags&flagHeading != 0)
	l.Accuracy = r.number(flags&flagAccuracy != 0)
	l.Seats = int(r.uvarint())
	if l.Class = driver.Standard; flags&flagStandard == 0 {
		l.Class = driver.Class(r.text())
	}
	if flags&flagUUID != 0 {
		l.Session = formatUUID(r.take(16))
	} else {
		l.Session = r.text()
	}
	if r.failed || !l.Valid() {
		return driver.Location{}, errPacked
	}
	return l, nil
}

func readUint(data string) (v uint64) {
	for i := range len(data) {
		v = v<<8 | uint64(data[i])
	}
	return v
}

func millis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// unpacker reads field by field, and remembers a failure.
type unpacker struct {
	data   []byte
	failed bool
}

// take is the next n bytes; zeros once the data has ended.
func (r *unpacker) take(n int) []byte {
	if n > len(r.data) {
		r.failed = true
		return make([]byte, min(n, 16))
	}
	taken := r.data[:n]
	r.data = r.data[n:]
	return taken
}

func (r *unpacker) point(exact bool) geo.Point {
	if exact {
		return geo.Point{Lat: r.float(), Lon: r.float()}
	}
	lat, lon := int32(binary.BigEndian.Uint32(r.take(4))), int32(binary.BigEndian.Uint32(r.take(4)))
	return geo.Point{Lat: float64(lat) / 1e7, Lon: float64(lon) / 1e7}
}

func (r *unpacker) float() float64 {
	return math.Float64frombits(binary.BigEndian.Uint64(r.take(8)))
}

func (r *unpacker) varint() int64 {
	v, n := binary.Varint(r.data)
	r.take(max(n, 0))
	r.failed = r.failed || n <= 0
	return v
}

func (r *unpacker) uvarint() uint64 {
	v, n := binary.Uvarint(r.data)
	r.take(max(n, 0))
	r.failed = r.failed || n <= 0
	return v
}

func (r *unpacker) number(exact bool) float64 {
	if exact {
		return r.float()
	}
	n := r.uvarint()
	if n == 0 {
		return driver.Unknown
	}
	return float64(n-1) / 100
}

func (r *unpacker) text() string {
	n := r.uvarint()
	if n > uint64(len(r.data)) {
		r.failed = true
		return ""
	}
	return string(r.take(int(n)))
}
