package sim

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/cabstand/cabstand/internal/wire"
)

func seqsOf(frames []any) (seqs []uint64) {
	for _, f := range frames {
		for _, p := range f.(batchFrame).Positions {
			seqs = append(seqs, p.Seq)
		}
	}
	return seqs
}

func TestUnheard(t *testing.T) {
	u := &unheard{}
	for seq := range uint64(5) {
		u.keep(positionFrame{Seq: seq + 11})
	}
	u.acknowledged(12)
	u.acknowledged(10)
	u.rejected(14)
	u.acknowledged(4711) // of an earlier life
	if got := seqsOf(u.batches()); !reflect.DeepEqual(got, []uint64{13, 15}) {
		t.Errorf("kept %v", got)
	}
	for seq := range uint64(1000) {
		u.keep(positionFrame{Seq: seq + 16})
	}
	got := u.batches()
	if all := seqsOf(got); len(all) != mostUnheard || all[0] != 1016-mostUnheard || all[mostUnheard-1] != 1015 {
		t.Errorf("of very many %d are kept, from %d on", len(all), all[0])
	}
	for _, f := range got {
		if n := len(f.(batchFrame).Positions); n > wire.MaxPositions {
			t.Errorf("%d in a frame", n)
		}
	}
}

// forgetful is a tracker that dies after a few positions, of which it
// acknowledged the first.
type forgetful struct {
	first uint64
	heard chan []wire.DriverFrame // of each session
}

func (k *forgetful) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	say := func(frame any) { _ = conn.Write(context.Background(), websocket.MessageText, wire.Encode(frame)) }
	say(wire.HelloFrame{Type: wire.FrameHello, Session: "s", DriverID: "d", HeartbeatS: 5, ServerTime: noon})
	var frames []wire.DriverFrame
	for len(frames) == 0 || frames[len(frames)-1].Type != wire.FrameReceived {
		_, data, err := conn.Read(context.Background())
		if err != nil {
			break
		}
		f, err := wire.DecodeDriverFrame(data)
		if err != nil {
			break
		}
		frames = append(frames, f)
		if k.first == 0 && len(f.Positions) > 0 {
			k.first = f.Positions[0].Seq
		}
		if len(frames) == 4 { // whoever confirms the offer has heard the ack
			say(wire.AckFrame{Type: wire.FrameAck, Seq: k.first})
			say(wire.OfferFrame{Type: wire.FrameOffer, OfferID: "o", TripID: "t", ExpiresAt: time.Now().Add(time.Minute)})
		}
	}
	k.heard <- frames
}

// A phone sends again what was not acknowledged when its tracker died: after its
// status, before anything new, in order.
func TestPhone_SendsAgain(t *testing.T) {
	k := &forgetful{heard: make(chan []wire.DriverFrame, 1)}
	server := httptest.NewServer(k)
	defer server.Close()
	s := newShift(t, steadfast)
	s.c.every = time.Millisecond
	c, _ := newClient(nil)
	c.http, c.tracker = server.Client(), server.URL
	p := &phone{cabbie: s.c, client: c, ledger: newLedger(true, noon), now: time.Now}
	var sent []uint64
	for session := range 2 {
		if begun, _ := p.session(t.Context()); !begun {
			t.Fatal("no session")
		}
		frames := <-k.heard
		if frames[0].Type != wire.FrameStatus {
			t.Fatalf("session %d begins with %q", session, frames[0].Type)
		}
		if session == 1 {
			again := frames[1]
			if again.Type != wire.FramePositions || again.Positions[0].Seq != k.first+1 {
				t.Fatalf("sent again: %+v; want all from %d on", again, k.first+1)
			}
		}
		for _, f := range frames {
			for _, p := range f.Positions {
				sent = append(sent, p.Seq-k.first+1)
			}
		}
	}
	for i := 1; i < len(sent); i++ {
		if sent[i] > sent[i-1]+1 {
			t.Errorf("position %d came after %d: %v", sent[i], sent[i-1], sent)
		}
	}
}
