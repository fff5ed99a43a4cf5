package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

const subscribed = `{"type":"subscribe","bbox":[-74.1,40.6,-73.8,40.9]}`

func TestStream_RiderReconnects(t *testing.T) {
	c := newCity(t, nil)
	mine := c.assigned("r1", "d1")
	c.assigned("r2", "d2")
	s := c.dialStream("rider:r1")
	var f wire.TripFrame
	s.until("trip", &f)
	if f.Trip.ID != mine.ID || f.Trip.State != trip.Assigned {
		t.Errorf("got %+v, want where %s stands", f.Trip, mine.ID)
	}
	c.park("d1", "standard", geo.Destination(pickup, 0, 700), 0)
	var p wire.RiderPositionFrame
	s.until("position", &p)
	if p.TripID != mine.ID || p.Heading != 90 || p.EtaS < 125 || p.EtaS > 131 {
		t.Errorf("got %+v, want 130 s away", p)
	}
}

func TestStream_Operator(t *testing.T) {
	c := newCity(t, nil)
	there := c.assigned("r1", "d1")
	c.park("d1", "standard", pickup, 0)
	s := c.dialStream("operator:o1")
	s.send(subscribed)
	var confirmed wire.SubscribedFrame
	s.until("subscribed", &confirmed)
	if len(confirmed.Cells) == 0 || !strings.HasPrefix(confirmed.Cells[0], "dr5") {
		t.Errorf("got %+v", confirmed)
	}
	var f wire.TripFrame
	for f.Trip.State != trip.Assigned { // the hub hears of it when the relay has sent it
		if s.until("trip", &f); f.Trip.ID != there.ID {
			t.Fatalf("got %+v", f.Trip)
		}
	}
	var p wire.PositionsFrame
	for len(p.Drivers) != 1 || p.Drivers[0].Status != "enroute" {
		s.until("positions", &p)
	}
	if d := p.Drivers[0]; d.ID != "d1" || d.TripID != there.ID || d.Lat != pickup.Lat {
		t.Errorf("got %+v", d)
	}
	fresh := c.request("r2")
	s.until("trip", &f)
	if f.Trip.ID != fresh.ID || f.Trip.Version != 1 {
		t.Errorf("got %+v, want the new trip", f.Trip)
	}
	var counts wire.StatsFrame
	for counts.Drivers["enroute"] != 1 || counts.Open != 1 {
		s.until("stats", &counts)
	}
	if counts.Open != 1 || counts.Active != 1 || counts.Requests != 2 || counts.Drivers["enroute"] != 1 || counts.Degraded == nil {
		t.Errorf("got %+v", counts)
	}
}

func TestStream_BadFrames(t *testing.T) {
	c := newCity(t, nil)
	s := c.dialStream("operator:o1")
	for frame, want := range map[string]string{
		"hello":               "malformed",
		`{"type":"subscribe"`: "malformed",
		`{"type":"subscribe","cells":["dr5r"]} {}`:      "malformed",
		`{"type":"teleport"}`:                           "invalid",
		`{"type":"subscribe"}`:                          "invalid",
		`{"type":"subscribe","cells":[]}`:               "invalid",
		`{"type":"subscribe","cells":["dr5"]}`:          "invalid",
		`{"type":"subscribe","cells":["ai1o"]}`:         "invalid",
		`{"type":"subscribe","cells":"dr5r"}`:           "invalid",
		`{"type":"subscribe","zoom":3}`:                 "invalid",
		`{"type":"subscribe","bbox":[1,2,3]}`:           "invalid",
		`{"type":"subscribe","bbox":[1,5,2,4]}`:         "invalid",
		`{"type":"subscribe","bbox":[-180,-90,180,90]}`: "invalid",
	} {
		s.send(frame)
		var f wire.ErrorFrame
		s.until("error", &f)
		if string(f.Code) != want || f.Detail == "" {
			t.Errorf("%s: %+v, want %s", frame, f, want)
		}
	}
	if err := s.conn.Write(t.Context(), websocket.MessageBinary, []byte(subscribed)); err != nil {
		t.Fatal(err)
	}
	var f wire.ErrorFrame
	s.until("error", &f)
	if f.Code != "malformed" {
		t.Errorf("a binary frame: %+v", f)
	}
}

// A client that floods is told, and closed at last; the next one is served.
func TestStream_Flood(t *testing.T) {
	c := newCity(t, nil)
	s := c.dialStream("operator:o1")
	for range 200 {
		if err := s.conn.Write(t.Context(), websocket.MessageText, []byte(`{"type":"subscribe","cells":["dr5r"]}`)); err != nil {
			break
		}
	}
	var f wire.ErrorFrame
	s.until("error", &f)
	if f.Code != "rate_limited" {
		t.Errorf("got %+v", f)
	}
	s.closedWith(websocket.StatusPolicyViolation)
	again := c.dialStream("operator:o1")
	again.send(subscribed)
	again.until("subscribed", &struct{}{})
}

func TestStream_HugeFrame(t *testing.T) {
	c := newCity(t, nil)
	s := c.dialStream("operator:o1")
	s.send(`{"type":"subscribe","cells":["` + strings.Repeat("d", wire.MaxFrameBytes) + `"]}`)
	s.closedWith(websocket.StatusMessageTooBig)
}

func TestStream_RidersSayNothing(t *testing.T) {
	c := newCity(t, nil)
	s := c.dialStream("rider:r1")
	s.send(subscribed)
	var f wire.ErrorFrame
	s.until("error", &f)
	if f.Code != "invalid" {
		t.Errorf("got %+v", f)
	}
	mine := c.request("r1")
	var frame wire.TripFrame
	s.until("trip", &frame)
	if frame.Trip.ID != mine.ID {
		t.Errorf("got %+v", frame.Trip)
	}
}

func TestStream_Drain(t *testing.T) {
	c := newCity(t, nil)
	s := c.dialStream("rider:r1")
	drained := make(chan struct{})
	go func() {
		c.hub.Drain(t.Context())
		close(drained)
	}()
	s.closedWith(websocket.StatusServiceRestart)
	select {
	case <-drained:
	case <-time.After(soon):
		t.Error("Drain does not end")
	}
	c.dialStream("rider:r1").closedWith(websocket.StatusServiceRestart)
}

func TestStream_TokenExpires(t *testing.T) {
	c := newCity(t, nil)
	token := must[string](t)(c.issuer.Issue(trip.Rider, "r1", time.Second))
	conn, _, err := websocket.Dial(t.Context(), c.url+"/v1/stream?access_token="+token, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	(&socket{c, conn}).closedWith(websocket.StatusPolicyViolation)
}

func TestStream_Origins(t *testing.T) {
	c := newCity(t, func(d *api.Deps) { d.AllowedOrigins = []string{"https://fleet.example"} })
	for origin, want := range map[string]int{
		"":                      http.StatusSwitchingProtocols,
		c.url:                   http.StatusSwitchingProtocols,
		"https://fleet.example": http.StatusSwitchingProtocols,
		"https://evil.example":  http.StatusForbidden,
		"null":                  http.StatusForbidden,
	} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		ctx, cancel := context.WithTimeout(t.Context(), soon)
		conn, res, err := websocket.Dial(ctx, c.url+"/v1/stream?access_token="+c.token("rider:r1"), &websocket.DialOptions{HTTPHeader: header})
		cancel()
		if res == nil || res.StatusCode != want {
			t.Errorf("origin %q: %v, %v; want %d", origin, res, err, want)
		}
		if conn != nil {
			conn.CloseNow()
		}
	}
}
