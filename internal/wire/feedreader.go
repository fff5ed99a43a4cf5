package wire

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
)

// feedLeast is how many bytes an entry of a packed message has at least: flags,
// an id, a session, two times, a seq, a place and measures.
const feedLeast = 1 + 2 + 1 + 2 + 1 + 8 + 6

// feedReader takes a packed message apart. After a failure all reads as zero.
type feedReader struct {
	data   []byte
	failed bool
}

// location reads the entry that follows last.
func (r *feedReader) location(l, last *driver.Location, first bool) {
	flags := r.byte()
	if flags > feedFlags || first && flags&feedSameVehicle != 0 {
		r.failed = true
	}
	l.Available, l.Gone = flags&feedAvailable != 0, flags&feedGone != 0
	l.Approximate = flags&feedApproximate != 0
	id := r.text()
	l.Class, l.Seats = last.Class, last.Seats
	if flags&feedSameVehicle == 0 {
		r.vehicle(l, last)
	}
	l.DriverID, l.Session = r.names(id, flags&feedUUID != 0)
	r.times(l, last, first)
	l.Seq = r.uvarint()
	r.place(l, flags&feedShortPlace != 0)
	r.measures(l, flags&feedShortMeasures != 0)
}

// vehicle reads class and seats. There are few classes: one that comes again
// costs no memory.
func (r *feedReader) vehicle(l, last *driver.Location) {
	if class := r.text(); string(class) != string(last.Class) {
		l.Class = driver.Class(class)
	}
	l.Seats = int(r.varint())
}

// names is the id, and the session that is read, in one piece of memory: they
// come and go together.
func (r *feedReader) names(id []byte, packed bool) (driverID, session string) {
	var room [64 + uuidLength]byte
	both := append(room[:0], id...)
	if packed {
		both = appendUUID(both, r.take(16))
	} else {
		both = append(both, r.text()...)
	}
	text := string(both)
	return text[:len(id)], text[len(id):]
}

func (r *feedReader) times(l, last *driver.Location, first bool) {
	before := int64(0)
	if !first {
		before = last.SeenAt.UnixMilli()
	}
	seen := before + r.varint()
	l.SeenAt = time.UnixMilli(seen).UTC()
	l.FixedAt = time.UnixMilli(seen - r.varint()).UTC()
}

func (r *feedReader) place(l *driver.Location, short bool) {
	if short {
		if b := r.take(8); b != nil {
			l.Lat, l.Lon = degrees(b), degrees(b[4:])
		}
		return
	}
	l.Lat, l.Lon = r.float(), r.float()
}

func (r *feedReader) measures(l *driver.Location, short bool) {
	if short {
		if b := r.take(6); b != nil {
			l.Speed = measured(binary.BigEndian.Uint16(b), perSpeed)
			l.Heading = measured(binary.BigEndian.Uint16(b[2:]), perHeading)
			l.Accuracy = measured(binary.BigEndian.Uint16(b[4:]), perMetre)
		}
		return
	}
	l.Speed, l.Heading, l.Accuracy = r.float(), r.float(), r.float()
}

// take is the next n bytes, nil when there are not so many.
func (r *feedReader) take(n int) []byte {
	if r.failed || n > len(r.data) {
		r.failed = true
		return nil
	}
	b := r.data[:n:n]
	r.data = r.data[n:]
	return b
}

func (r *feedReader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *feedReader) text() []byte {
	n := r.uvarint()
	if n > uint64(len(r.data)) {
		r.failed = true
		return nil
	}
	return r.take(int(n))
}

func (r *feedReader) float() float64 {
	if b := r.take(8); b != nil {
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	}
	return 0
}

func (r *feedReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.data)
	return pass(r, v, n)
}

func (r *feedReader) varint() int64 {
	v, n := binary.Varint(r.data)
	return pass(r, v, n)
}

// pass goes past a varint of n bytes; none, or too many of them, is a failure.
func pass[T int64 | uint64](r *feedReader, v T, n int) T {
	if r.failed || n <= 0 {
		r.failed = true
		return 0
	}
	r.data = r.data[n:]
	return v
}

// sound reports whether l can be worked with: it names a driver, the place is on
// the earth, and every value can be told to others as JSON.
func sound(l *driver.Location) bool {
	return l.DriverID != "" && l.Valid() &&
		finite(l.Speed) && finite(l.Heading) && finite(l.Accuracy) &&
		tellable(l.SeenAt) && tellable(l.FixedAt)
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// tellable reports whether RFC 3339 has the time; the zero time is the first.
func tellable(t time.Time) bool {
	ms := t.UnixMilli()
	return ms >= time.Time{}.UnixMilli() && ms <= maxUnixMs
}
