package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
)

// Bounds of a driver's frame.
const (
	MaxFrameBytes = 32 << 10 // a longer frame closes the socket
	MaxPositions  = 100      // in a "positions" frame
	maxUnixMs     = 253402300799999
	maxSpeed      = 1000.0  // m/s
	maxHeading    = 360.0   // degrees
	maxAccuracy   = 1e6     // metres
	maxSeq        = 1 << 53 // beyond it JavaScript cannot count
)

// DriverFrame is a frame that a driver sent. Type says which of the fields
// count:
//
//	position    Positions, one
//	positions   Positions, 1 to MaxPositions, oldest first
//	status      Status: driver.Available or driver.Offline
//	received, accept                 OfferID
//	decline                          OfferID, Reason (may be "")
//	arrive, complete                 TripID, Epoch (may be 0)
//	start                            TripID, Epoch (may be 0), PIN (may be "")
//	cancel                           TripID, Epoch (may be 0), Reason (may be "")
//
// A phone sends its status after every hello: what it said in an earlier
// session holds only while the tracker still remembers that session.
type DriverFrame struct {
	Type      string
	Positions []driver.Position
	Status    driver.Status
	OfferID   string
	TripID    string
	Epoch     int64
	Reason    string
	PIN       string // the rider's, four digits
}

// Ref is the offer or trip that the frame is about, "" if it is about none.
func (f DriverFrame) Ref() string {
	if f.OfferID != "" {
		return f.OfferID
	}
	return f.TripID
}

// DecodeDriverFrame reads a frame of the driver's socket: one JSON object with
// exactly the fields of its type. The error is fault.Malformed for what is not
// a JSON object and fault.Invalid for a field that is missing, unknown or has a
// value that is not accepted.
//
// Coordinates may be any numbers: whether a place is on the earth is the
// filter's to judge, position by position, so that one wild fix costs a batch
// nothing but itself. "seq" is optional. "speed", "heading" and "accuracy" are
// optional, and -1 or null where the phone does not know them. "t" may be left
// out of a single position (its FixedAt is zero then, and the time of receipt
// counts) but not in a batch, where it gives the order.
func DecodeDriverFrame(data []byte) (DriverFrame, error) {
	all, err := decodeObject(data)
	if err != nil {
		return DriverFrame{}, err
	}
	r := &fieldReader{fields: all}
	f := DriverFrame{Type: r.text("type")}
	if r.err != nil {
		return DriverFrame{}, r.err
	}
	read, ok := frameReaders[f.Type]
	if !ok {
		return DriverFrame{}, fault.Field("type", "%s is not a frame that drivers send", shown(all["type"]))
	}
	read(r, &f)
	if err := r.finish(); err != nil {
		return DriverFrame{}, err
	}
	return f, nil
}

// frameReaders has the fields of each type of frame.
var frameReaders = map[string]func(*fieldReader, *DriverFrame){
	FramePosition: func(r *fieldReader, f *DriverFrame) {
		f.Positions = []driver.Position{readPosition(r, false)}
	},
	FramePositions: func(r *fieldReader, f *DriverFrame) { f.Positions = readPositions(r) },
	FrameStatus:    func(r *fieldReader, f *DriverFrame) { f.Status = readStatus(r) },
	FrameReceived:  func(r *fieldReader, f *DriverFrame) { f.OfferID = r.id("offer_id") },
	FrameAccept:    func(r *fieldReader, f *DriverFrame) { f.OfferID = r.id("offer_id") },
	FrameDecline: func(r *fieldReader, f *DriverFrame) {
		f.OfferID, f.Reason = r.id("offer_id"), r.reason("reason")
	},
	FrameArrive: readStep,
	FrameStart: func(r *fieldReader, f *DriverFrame) {
		readStep(r, f)
		f.PIN = r.pin("pin")
	},
	FrameComplete: readStep,
	FrameCancel: func(r *fieldReader, f *DriverFrame) {
		readStep(r, f)
		f.Reason = r.reason("reason")
	},
}

func readStep(r *fieldReader, f *DriverFrame) {
	f.TripID, f.Epoch = r.id("trip_id"), int64(r.count("epoch", maxSeq))
}

func readStatus(r *fieldReader) driver.Status {
	s := driver.Status(r.text("status"))
	if r.err == nil && s != driver.Available && s != driver.Offline {
		r.fail("status", "%s is not accepted: %q or %q", shown(r.fields["status"]), driver.Available, driver.Offline)
	}
	return s
}

func readPosition(r *fieldReader, timed bool) driver.Position {
	p := driver.Position{
		Point:    geo.Point{Lat: r.number("lat"), Lon: r.number("lon")},
		Seq:      r.count("seq", maxSeq),
		Speed:    r.measure("speed", maxSpeed),
		Heading:  r.measure("heading", maxHeading),
		Accuracy: r.measure("accuracy", maxAccuracy),

		Approximate: r.flag("approximate"),
	}
	if _, given := r.fields["t"]; given || timed {
		// Some phones send fractions of a millisecond; they are cut off.
		if ms := r.within("t", 0, maxUnixMs); r.err == nil {
			p.FixedAt = time.UnixMilli(int64(ms)).UTC()
		}
	}
	return p
}

func readPositions(r *fieldReader) []driver.Position {
	var objects []json.RawMessage
	raw := r.required("positions")
	if r.err != nil {
		return nil
	}
	if err := json.Unmarshal(raw, &objects); err != nil || len(objects) == 0 || len(objects) > MaxPositions {
		r.fail("positions", "%s is not accepted: a list of 1 to %d positions", describeList(objects, raw), MaxPositions)
		return nil
	}
	positions := make([]driver.Position, len(objects))
	for i, o := range objects {
		positions[i] = readEntry(r, i, o)
	}
	return positions
}

// readEntry reads one position of a batch. Apps that collect their frames may
// leave the type in.
func readEntry(r *fieldReader, i int, data []byte) driver.Position {
	fields, err := decodeObject(data)
	entry := &fieldReader{fields: fields, prefix: fmt.Sprintf("positions[%d].", i), err: err}
	if _, given := fields["type"]; given && entry.text("type") != FramePosition {
		entry.fail("type", "%s is not accepted: %q", shown(fields["type"]), FramePosition)
	}
	p := readPosition(entry, true)
	if err := entry.finish(); err != nil && r.err == nil {
		r.err = err
	}
	return p
}

func describeList(objects []json.RawMessage, raw []byte) string {
	if objects == nil {
		return shown(raw)
	}
	return fmt.Sprintf("a list of %d", len(objects))
}

// decodeObject reads a JSON object without looking into its values.
func decodeObject(data []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(data) {
		return nil, fault.New(fault.Malformed, "not UTF-8: a frame is one JSON object as text")
	}
	var fields map[string]json.RawMessage
	err := json.Unmarshal(data, &fields)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong), err == nil && fields == nil:
		return nil, fault.New(fault.Malformed, "%s is not a JSON object", shown(data))
	case err != nil:
		return nil, fault.New(fault.Malformed, "not JSON: %v", err)
	}
	return fields, nil
}

// shown is a refused value as an error repeats it.
func shown(raw []byte) string { return fault.Cut(string(raw)) }
