package sim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/wire"
)

// tracking is a tracker that says hello, and ends when it has heard a position.
type tracking struct {
	protocols []string // that it knows
	status    websocket.MessageType
	kind      websocket.MessageType // of the position
	heard     driver.Position
	over      chan struct{} // closed when the phone's only session has ended
}

func (k *tracking) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer close(k.over)
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: k.protocols})
	if err != nil {
		return
	}
	defer conn.CloseNow()
	hello := wire.Encode(wire.HelloFrame{Type: wire.FrameHello, Session: "s", DriverID: "d", HeartbeatS: 5, ServerTime: noon})
	if conn.Write(r.Context(), websocket.MessageText, hello) != nil {
		return
	}
	if k.status, _, err = conn.Read(r.Context()); err != nil {
		return
	}
	kind, data, err := conn.Read(r.Context())
	if err != nil {
		return
	}
	decode := wire.DecodeDriverFrame
	if kind == websocket.MessageBinary {
		decode = func(data []byte) (wire.DriverFrame, error) { return wire.DecodeBinaryFrame(data, nil) }
	}
	if f, err := decode(data); err == nil && len(f.Positions) == 1 {
		k.kind, k.heard = kind, f.Positions[0]
	}
}

// A phone sends positions in binary where it wants to and the tracker knows how,
// and means the same by them.
func TestPhone_Binary(t *testing.T) {
	binary := []string{wire.SubprotocolBinary}
	for name, test := range map[string]struct {
		wants, known []string
		kind         websocket.MessageType
	}{
		"Agreed":     {binary, binary, websocket.MessageBinary},
		"OldTracker": {binary, nil, websocket.MessageText},
		"NotWanted":  {nil, binary, websocket.MessageText},
	} {
		t.Run(name, func(t *testing.T) {
			k := &tracking{protocols: test.known, over: make(chan struct{})}
			server := httptest.NewServer(k)
			defer server.Close()
			s := newShift(t, steadfast)
			c, _ := newClient(nil)
			c.http = server.Client()
			c.tracker = server.URL
			now := time.UnixMilli(noon.UnixMilli()).UTC()
			p := &phone{cabbie: s.c, client: c, ledger: newLedger(true, noon), now: func() time.Time { return now }, protocols: test.wants}
			begun, err := p.session(t.Context())
			<-k.over
			if !begun || err == nil {
				t.Errorf("begun %v, error %v", begun, err)
			}
			want := driver.Position{Point: here, Seq: s.c.seq, FixedAt: now, Heading: 0, Accuracy: 6}
			if k.status != websocket.MessageText || k.kind != test.kind || !reflect.DeepEqual(k.heard, want) {
				t.Errorf("status as %v, position as %v %+v; want text, %v %+v", k.status, k.kind, k.heard, test.kind, want)
			}
		})
	}
}

// Whatever a cabbie's phone shows, both forms of it say the same.
func TestEncode_SaysTheSame(t *testing.T) {
	for _, f := range []positionFrame{
		{Type: "position", Seq: 1, Lat: 40.123456, Lon: -73.999999, T: noon.UnixMilli(), Speed: 13.4, Heading: 271, Accuracy: 6},
		{Type: "position", Seq: 1 << 40, Lat: -33.9, Lon: 179.999999, T: 1, Speed: topSpeed, Heading: 359, Accuracy: 6},
	} {
		_, text, err := encode(f, false)
		if err != nil || !json.Valid(text) {
			t.Fatalf("%s: %v", text, err)
		}
		kind, data, err := encode(f, true)
		if err != nil || kind != websocket.MessageBinary {
			t.Fatalf("%v, %v", kind, err)
		}
		want, err := wire.DecodeDriverFrame(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := wire.DecodeBinaryFrame(data, nil); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	}
}
