package track

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/wire"
)

// rememberedTrips is how many trips' versions a session keeps apart: a driver
// has a current trip and a next one.
const rememberedTrips = 8

// outgoing is the frames that wait for one phone. When it is full the phone
// reads too slowly: push reports it and the session ends; the phone reconnects
// and gets what is pending. A writer is there only while something waits.
type outgoing struct {
	limit int

	mu     sync.Mutex
	start  func() // starts a writer, which calls next until there is nothing; nil before open
	writes bool   // there is a writer
	last   bool   // it is to end the socket
	frames []outFrame
	ack    uint64 // the highest seq to acknowledge
	acked  uint64
	quiet  bool        // no ack is due before rested is called
	held   bool        // pushes wait in early for release
	early  []wire.Push // at most limit
	trips  []tripVersion
	stale  time.Time // since when the phone was told that frames may be late; zero: they are not
}

type outFrame struct {
	kind string
	data []byte
}

// tripVersion is the newest version of a trip that was sent.
type tripVersion struct {
	tripID  string
	version int64
}

// newOutgoing holds pushes back until release is called.
func newOutgoing(limit int) *outgoing {
	return &outgoing{limit: limit, held: true}
}

// open has writers started from now on, by start, which must not block.
func (o *outgoing) open(start func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.start = start; o.last || len(o.frames) > 0 {
		o.signal()
	}
}

// push adds a frame; false: the queue is full.
func (o *outgoing) push(kind string, frame any) bool {
	data := wire.Encode(frame)
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.add(kind, data)
}

// note adds a frame that is dropped, and false returned, when the queue is half
// full: answers to a flood of bad frames do not fill it.
func (o *outgoing) note(kind string, frame any) bool {
	data := wire.Encode(frame)
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.frames) < o.limit/2 && o.add(kind, data)
}

// trip adds a trip frame unless this version or a newer one was sent.
func (o *outgoing) trip(t wire.Trip) bool {
	data := wire.Encode(wire.TripFrame{Type: wire.FrameTrip, Trip: t})
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.addTrip(t.ID, t.Version, data)
}

// late tells the phone whether frames may be late, if it was not told. since is
// asked here so that of two calls the later truth is told last.
func (o *outgoing) late(since func() time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := since()
	if now.Equal(o.stale) {
		return true
	}
	o.stale = now
	kind := wire.FrameStale
	if now.IsZero() {
		kind = wire.FrameFresh
	}
	return o.add(kind, wire.Encode(wire.NewStaleFrame(now)))
}

// version is that of the trip that was sent last; 0 for a trip that is not
// remembered.
func (o *outgoing) version(tripID string) int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, v := range o.trips {
		if v.tripID == tripID {
			return v.version
		}
	}
	return 0
}

// forward adds what the driver's line brought, or holds it back.
func (o *outgoing) forward(p wire.Push) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.held {
		return o.addPush(p)
	}
	o.early = append(o.early, p)
	return len(o.early) <= o.limit
}

// release lets pushes through, those that were held back first.
func (o *outgoing) release() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held = false
	ok := true
	for _, p := range o.early {
		ok = o.addPush(p) && ok
	}
	o.early = nil
	return ok
}

// acknowledge notes the highest seq that was believed.
func (o *outgoing) acknowledge(seq uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if seq > o.ack {
		o.ack = seq
		if !o.quiet { // else it is looked at when that is over
			o.signal()
		}
	}
}

// recount forgets what was acknowledged of the phone's old count.
func (o *outgoing) recount() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ack, o.acked = 0, 0
}

// rested ends the time after an ack in which there is no other.
func (o *outgoing) rested() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.quiet = false; o.ack != o.acked {
		o.signal()
	}
}

// finish has a writer end the socket, when it is done with the frame at hand.
func (o *outgoing) finish() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = true
	o.signal()
}

// turn is what a writer is to do next.
type turn int

const (
	turnWrite turn = iota // the frame that next returns
	turnRest              // nothing: the writer ends
	turnEnd               // end the socket, then itself
)

// next removes the first frame, or makes the ack that is due. After an ack there
// is none until rested is called.
func (o *outgoing) next() (outFrame, turn) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.last:
		return outFrame{}, turnEnd
	case len(o.frames) > 0:
		return o.shift(), turnWrite
	case !o.quiet && o.ack != o.acked:
		o.acked, o.quiet = o.ack, true
		return outFrame{wire.FrameAck, wire.Encode(wire.AckFrame{Type: wire.FrameAck, Seq: o.ack})}, turnWrite
	}
	o.writes, o.frames = false, nil
	return outFrame{}, turnRest
}

// left removes the first of the frames that wait at the end of the session.
func (o *outgoing) left() (outFrame, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.frames) == 0 {
		return outFrame{}, false
	}
	return o.shift(), true
}

func (o *outgoing) shift() outFrame {
	f := o.frames[0]
	o.frames[0] = outFrame{}
	o.frames = o.frames[1:]
	return f
}

func (o *outgoing) add(kind string, data []byte) bool {
	if len(o.frames) >= o.limit {
		return false
	}
	o.frames = append(o.frames, outFrame{kind, data})
	o.signal()
	return true
}

func (o *outgoing) addPush(p wire.Push) bool {
	if p.TripID != "" {
		return o.addTrip(p.TripID, p.Version, p.Frame)
	}
	return o.add(kindOf(p.Frame), p.Frame)
}

func (o *outgoing) addTrip(tripID string, version int64, data []byte) bool {
	i := slices.IndexFunc(o.trips, func(v tripVersion) bool { return v.tripID == tripID })
	if i >= 0 && o.trips[i].version >= version {
		return true
	}
	if i >= 0 {
		o.trips = slices.Delete(o.trips, i, i+1)
	} else if len(o.trips) == rememberedTrips {
		o.trips = slices.Delete(o.trips, 0, 1)
	}
	o.trips = append(o.trips, tripVersion{tripID, version})
	return o.add(wire.FrameTrip, data)
}

// signal sees to it that there is a writer.
func (o *outgoing) signal() {
	if !o.writes && o.start != nil {
		o.writes = true
		o.start()
	}
}

// kindOf is the type of a frame that another part encoded.
func kindOf(frame json.RawMessage) string {
	var f struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(frame, &f) != nil {
		return frameBad
	}
	return f.Type
}
