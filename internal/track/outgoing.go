package track

import (
	"encoding/json"
	"slices"
	"sync"

	"github.com/cabstand/cabstand/internal/wire"
)

// rememberedTrips is how many trips' versions a session keeps apart: a driver
// has a current trip and a next one.
const rememberedTrips = 8

// outgoing is the frames that wait for one phone. When it is full the phone
// reads too slowly: push reports it and the session ends; the phone reconnects
// and gets what is pending.
type outgoing struct {
	limit int
	ready chan struct{} // signals that something waits; capacity one, coalescing

	mu     sync.Mutex
	frames []outFrame
	ack    uint64 // the highest seq to acknowledge
	acked  uint64
	quiet  bool        // no ack is due before rested is called
	held   bool        // pushes wait in early for release
	early  []wire.Push // at most limit
	trips  []tripVersion
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
	return &outgoing{limit: limit, ready: make(chan struct{}, 1), held: true}
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
		if !o.quiet { // else the writer, who looks when that is over, is not woken for nothing
			o.signal()
		}
	}
}

// rested ends the time after an ack in which there is no other.
func (o *outgoing) rested() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.quiet = false
}

// next removes the first frame, if there is one.
func (o *outgoing) next() (outFrame, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.frames) == 0 {
		return outFrame{}, false
	}
	f := o.frames[0]
	o.frames[0] = outFrame{}
	o.frames = o.frames[1:]
	return f, true
}

// nextAck is the ack that is due, if one is. After it there is none until rested
// is called.
func (o *outgoing) nextAck() (outFrame, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.quiet || o.ack == o.acked {
		return outFrame{}, false
	}
	o.acked, o.quiet = o.ack, true
	return outFrame{wire.FrameAck, wire.Encode(wire.AckFrame{Type: wire.FrameAck, Seq: o.ack})}, true
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

func (o *outgoing) signal() {
	select {
	case o.ready <- struct{}{}:
	default:
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
