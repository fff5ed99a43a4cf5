package wire

import (
	"time"

	"github.com/cabstand/cabstand/internal/driver"
)

// DecodeDriverFrameInto is DecodeDriverFrame for who reads many frames: same
// verdict, same values. Positions come in the memory of into, as far as that
// reaches, and are good until it is used again; with room for one a plain
// position costs no allocation.
//
// Phones send nearly always the same few fields, written plainly. Those frames
// are read in one pass. Whatever is unusual about a frame (an escape, an
// exponent, an unknown or repeated field, a value that is refused) leaves it to
// DecodeDriverFrame, which alone knows what is wrong.
func DecodeDriverFrameInto(data []byte, into []driver.Position) (DriverFrame, error) {
	if f, ok := readPlainFrame(data, into[:0]); ok {
		return f, nil
	}
	return DecodeDriverFrame(data)
}

// plainFields is a set of fields that were given.
type plainFields uint16

const (
	gaveSeq plainFields = 1 << iota
	gaveLat
	gaveLon
	gaveT
	gaveSpeed
	gaveHeading
	gaveAccuracy
	gavePosition // the type "position"
	gaveBatch    // the type "positions"
	gaveList     // the field "positions"

	gavePlace = gaveLat | gaveLon
	gaveType  = gavePosition | gaveBatch
)

// all reports whether every one of some was given.
func (g plainFields) all(some plainFields) bool { return g&some == some }

// readPlainFrame reads a frame of positions. ok is false for every other frame,
// and for one that is not plain.
func readPlainFrame(data []byte, into []driver.Position) (f DriverFrame, ok bool) {
	r := plainReader{data: data}
	p, given, ok := r.object(&into)
	if !ok || !r.end() {
		return f, false
	}
	switch {
	case given.all(gavePosition|gavePlace) && given&gaveList == 0:
		return DriverFrame{Type: FramePosition, Positions: append(into, p)}, true
	case given == gaveBatch|gaveList:
		return DriverFrame{Type: FramePositions, Positions: into}, true
	}
	return f, false
}

// object reads an object with the fields of a position and, where list is not
// nil, with a list of positions.
func (r *plainReader) object(list *[]driver.Position) (p driver.Position, given plainFields, ok bool) {
	p = driver.Position{Speed: driver.Unknown, Heading: driver.Unknown, Accuracy: driver.Unknown}
	if !r.token('{') {
		return p, 0, false
	}
	for {
		name, ok := r.text()
		if !ok || !r.token(':') {
			return p, 0, false
		}
		var field plainFields
		if list != nil && string(name) == "positions" {
			field, ok = gaveList, r.list(list)
		} else {
			field, ok = r.field(name, &p)
		}
		if !ok || given&field != 0 || field&gaveType != 0 && given&gaveType != 0 {
			return p, 0, false
		}
		given |= field
		if !r.token(',') {
			return p, given, r.token('}')
		}
	}
}

// list appends the positions of a list.
func (r *plainReader) list(to *[]driver.Position) bool {
	if !r.token('[') {
		return false
	}
	for len(*to) < MaxPositions {
		p, given, ok := r.object(nil)
		if !ok || !given.all(gavePlace|gaveT) || given&gaveBatch != 0 {
			return false
		}
		*to = append(*to, p)
		if !r.token(',') {
			return r.token(']')
		}
	}
	return false
}

// field reads the value of a field of a position.
func (r *plainReader) field(name []byte, p *driver.Position) (field plainFields, ok bool) {
	switch string(name) {
	case "type":
		return r.kind()
	case "seq":
		return gaveSeq, r.count(&p.Seq)
	case "lat":
		p.Lat, ok = r.number()
		return gaveLat, ok
	case "lon":
		p.Lon, ok = r.number()
		return gaveLon, ok
	case "t":
		return gaveT, r.instant(&p.FixedAt)
	case "speed":
		return gaveSpeed, r.measure(&p.Speed, maxSpeed)
	case "heading":
		return gaveHeading, r.measure(&p.Heading, maxHeading)
	case "accuracy":
		return gaveAccuracy, r.measure(&p.Accuracy, maxAccuracy)
	}
	return 0, false
}

func (r *plainReader) kind() (field plainFields, ok bool) {
	text, ok := r.text()
	switch string(text) {
	case FramePosition:
		return gavePosition, ok
	case FramePositions:
		return gaveBatch, ok
	}
	return 0, false
}

func (r *plainReader) count(to *uint64) bool {
	if r.null() {
		return true
	}
	v, ok := r.number()
	if !ok || v < 0 || v > maxSeq || v != float64(uint64(v)) {
		return false
	}
	*to = uint64(v)
	return true
}

func (r *plainReader) instant(to *time.Time) bool {
	ms, ok := r.number()
	if !ok || ms < 0 || ms > maxUnixMs {
		return false
	}
	*to = time.UnixMilli(int64(ms)).UTC()
	return true
}

func (r *plainReader) measure(to *float64, most float64) bool {
	if r.null() {
		return true
	}
	v, ok := r.number()
	if !ok || v != driver.Unknown && (v < 0 || v > most) {
		return false
	}
	*to = v
	return true
}
