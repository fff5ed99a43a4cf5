package api_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/wire"
)

// dialBinary opens a socket as a phone that offers subprotocols does.
func (w *trackerWorld) dialBinary(t *testing.T, driverID string, offered ...string) *websocket.Conn {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), w.server.URL+trackerPath+"?access_token=driver:"+driverID,
		&websocket.DialOptions{Subprotocols: offered})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.CloseNow() })
	expectFrame(t, conn, "hello")
	return conn
}

func sendBinary(t *testing.T, conn *websocket.Conn, data []byte) {
	t.Helper()
	if err := conn.Write(t.Context(), websocket.MessageBinary, data); err != nil {
		t.Fatal(err)
	}
}

// mustBinary is a frame of n positions, the last of them with the given seq.
func mustBinary(t *testing.T, n int, seq uint64) []byte {
	t.Helper()
	positions := make([]driver.Position, n)
	for i := range positions {
		positions[i] = driver.Position{
			Point: geo.Point{Lat: 40.73, Lon: -73.98}, Seq: seq - uint64(n-1-i),
			FixedAt: time.Now(), Speed: driver.Unknown, Heading: driver.Unknown, Accuracy: 5,
		}
	}
	data, err := wire.AppendBinaryFrame(nil, positions)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTrackerRoutes_Binary(t *testing.T) {
	w := newTrackerWorld(t, api.TrackerOptions{})
	t.Run("AskedFor", func(t *testing.T) {
		conn := w.dialBinary(t, "d1", "something.else", wire.SubprotocolBinary)
		if got := conn.Subprotocol(); got != wire.SubprotocolBinary {
			t.Errorf("the server chose %q", got)
		}
		sendBinary(t, conn, mustBinary(t, 1, 7))
		if ack := expectFrame(t, conn, "ack"); ack["seq"] != 7.0 {
			t.Errorf("ack %v", ack)
		}
		sendText(t, conn, `{"type":"arrive","trip_id":"t1"}`)
		expectFrame(t, conn, "trip")
		sendBinary(t, conn, []byte{1, 1, 1, 0})
		if f := expectFrame(t, conn, "error"); f["code"] != "invalid" || !strings.HasPrefix(f["detail"].(string), "count: ") {
			t.Errorf("got %v", f)
		}
	})
	t.Run("AskedForSomethingElse", func(t *testing.T) {
		conn := w.dialBinary(t, "d2", "cabstand.v2.binary")
		if got := conn.Subprotocol(); got != "" {
			t.Errorf("the server chose %q", got)
		}
		sendBinary(t, conn, mustBinary(t, 1, 7))
		if f := expectFrame(t, conn, "error"); f["code"] != "malformed" || !strings.Contains(f["detail"].(string), wire.SubprotocolBinary) {
			t.Errorf("got %v", f)
		}
	})
	t.Run("TooLarge", func(t *testing.T) {
		conn := w.dialBinary(t, "d3", wire.SubprotocolBinary)
		sendBinary(t, conn, bytes.Repeat([]byte{1}, wire.MaxFrameBytes))
		expectFrame(t, conn, "error")
		sendBinary(t, conn, bytes.Repeat([]byte{1}, wire.MaxFrameBytes+1))
		expectSocketClosed(t, conn, int(websocket.StatusMessageTooBig))
	})
}

// Messages long and short, of two drivers in turn, share their memory and are
// read as they were sent.
func TestTrackerRoutes_FramesOfAllSizes(t *testing.T) {
	w := newTrackerWorld(t, api.TrackerOptions{})
	conns := map[string]*websocket.Conn{
		"d1": w.dialBinary(t, "d1", wire.SubprotocolBinary), "d2": w.dialBinary(t, "d2", wire.SubprotocolBinary),
	}
	seq := uint64(0)
	for _, n := range []int{1, 100, 16, 17, 18, 1} { // about the memory's first size
		seq += 1000
		for _, conn := range conns {
			sendBinary(t, conn, mustBinary(t, n, seq))
		}
	}
	for driverID, conn := range conns {
		for ack := 0.0; ack != float64(seq); {
			f, err := readFrame(t, conn)
			if err != nil || f["type"] != "ack" {
				t.Fatalf("%s: got %v, %v", driverID, f, err)
			}
			ack = f["seq"].(float64)
		}
	}
}
