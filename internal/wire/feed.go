package wire

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/cabstand/cabstand/internal/driver"
)

// feedVersion is the first byte of a packed message. A message in JSON begins
// with '['.
const feedVersion = 1

// A packed message is the version, the number of its entries, and the entries:
//
//	flags     1 byte
//	id        length, bytes
//	class     length, bytes    } left out where they are
//	seats     signed           } those of the entry before
//	session   16 bytes, or length and bytes
//	seen, t   signed, unix ms: seen as the difference to that of the entry
//	          before, t as how long it was before seen
//	seq       unsigned
//	lat, lon  4 bytes each in 1e-7 degrees, or 8 bytes each
//	speed, heading, accuracy   2 bytes each in the units of a binary frame, or
//	                           8 bytes each
//
// Numbers without a size are varints of encoding/binary, the others are in
// network order, those of 8 bytes are float64. The short forms stand only for
// values that they hold exactly, so that all arrives as it was sent.
const (
	feedAvailable     = 1 << iota // what the driver said
	feedGone                      // the driver went offline
	feedSameVehicle               // class and seats are left out
	feedUUID                      // the session is a UUID in 16 bytes
	feedShortPlace                // lat and lon have 4 bytes each
	feedShortMeasures             // speed, heading and accuracy have 2 bytes each
	feedApproximate               // the place is not by satellite

	feedFlags = feedApproximate<<1 - 1 // all of them
)

// EncodeLocations is a message of the position feed: subject
// "positions.<cell4>". Times keep their milliseconds, everything else its value.
func EncodeLocations(batch []driver.Location) []byte {
	const usual = 64 // bytes of an entry
	b := make([]byte, 0, 16+usual*len(batch))
	b = append(b, feedVersion)
	b = binary.AppendUvarint(b, uint64(len(batch)))
	last := &driver.Location{}
	for i := range batch {
		b = appendLocation(b, &batch[i], last, i == 0)
		last = &batch[i]
	}
	return b
}

// appendLocation appends l, which follows last.
func appendLocation(b []byte, l, last *driver.Location, first bool) []byte {
	at := len(b)
	b = append(b, 0)
	flags := flagIf(feedAvailable, l.Available) | flagIf(feedGone, l.Gone) | flagIf(feedApproximate, l.Approximate)
	b = appendText(b, l.DriverID)
	if !first && l.Class == last.Class && l.Seats == last.Seats {
		flags |= feedSameVehicle
	} else {
		b = appendText(b, string(l.Class))
		b = binary.AppendVarint(b, int64(l.Seats))
	}
	if id, ok := packUUID(l.Session); ok {
		flags |= feedUUID
		b = append(b, id[:]...)
	} else {
		b = appendText(b, l.Session)
	}
	seen, before := l.SeenAt.UnixMilli(), int64(0)
	if !first {
		before = last.SeenAt.UnixMilli()
	}
	b = binary.AppendVarint(b, seen-before)
	b = binary.AppendVarint(b, seen-l.FixedAt.UnixMilli())
	b = binary.AppendUvarint(b, l.Seq)
	b, short := appendPlace(b, l)
	flags |= flagIf(feedShortPlace, short)
	b, short = appendMeasures(b, l)
	b[at] = flags | flagIf(feedShortMeasures, short)
	return b
}

func flagIf(flag byte, set bool) byte {
	if set {
		return flag
	}
	return 0
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendPlace(b []byte, l *driver.Location) (_ []byte, short bool) {
	lat, latOK := shortDegrees(l.Lat)
	lon, lonOK := shortDegrees(l.Lon)
	if latOK && lonOK {
		b = binary.BigEndian.AppendUint32(b, uint32(lat))
		return binary.BigEndian.AppendUint32(b, uint32(lon)), true
	}
	return appendFloat(appendFloat(b, l.Lat), l.Lon), false
}

func appendMeasures(b []byte, l *driver.Location) (_ []byte, short bool) {
	speed, speedOK := shortMeasure(l.Speed, perSpeed)
	heading, headingOK := shortMeasure(l.Heading, perHeading)
	accuracy, accuracyOK := shortMeasure(l.Accuracy, perMetre)
	if speedOK && headingOK && accuracyOK {
		b = binary.BigEndian.AppendUint16(b, speed)
		b = binary.BigEndian.AppendUint16(b, heading)
		return binary.BigEndian.AppendUint16(b, accuracy), true
	}
	return appendFloat(appendFloat(appendFloat(b, l.Speed), l.Heading), l.Accuracy), false
}

func appendFloat(b []byte, v float64) []byte {
	return binary.BigEndian.AppendUint64(b, math.Float64bits(v))
}

// shortDegrees is v in 1e-7 degrees, if that is exactly v.
func shortDegrees(v float64) (n int32, exact bool) {
	r := math.Round(v * perDegree)
	if !(math.Abs(r) <= math.MaxInt32) {
		return 0, false
	}
	return int32(r), r/perDegree == v
}

// shortMeasure is v in parts of its unit, if that is exactly v.
func shortMeasure(v, per float64) (n uint16, exact bool) {
	if v == driver.Unknown {
		return unknown16, true
	}
	r := math.Round(v * per)
	if !(r >= 0 && r < unknown16) {
		return 0, false
	}
	return uint16(r), r/per == v
}

// DecodeLocations reads what EncodeLocations wrote, also what it wrote when it
// wrote JSON: trackers and dispatchers need not be renewed at the same time, as
// long as the dispatchers are first.
func DecodeLocations(data []byte) ([]driver.Location, error) {
	if len(data) == 0 || data[0] != feedVersion {
		return decodeJSONLocations(data)
	}
	r := feedReader{data: data[1:]}
	n := r.uvarint()
	if r.failed || n > uint64(len(data)/feedLeast) {
		return nil, fmt.Errorf("position feed: %d entries in %d bytes", n, len(data))
	}
	batch := make([]driver.Location, n)
	last := &driver.Location{}
	for i := range batch {
		l := &batch[i]
		r.location(l, last, i == 0)
		if r.failed || !sound(l) {
			return nil, fmt.Errorf("position feed: entry %d of %d: driver %.64q at %v", i, n, l.DriverID, l.Point)
		}
		last = l
	}
	if len(r.data) > 0 {
		return nil, fmt.Errorf("position feed: %d bytes after %d entries", len(r.data), n)
	}
	return batch, nil
}
