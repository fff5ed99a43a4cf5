package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/poller"
	"github.com/cabstand/cabstand/internal/track"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// trackerWorld is a tracker behind a real server; beside it a desk that knows
// every driver, and stores that keep what comes.
type trackerWorld struct {
	tracker  *track.Tracker
	server   *httptest.Server
	registry *prometheus.Registry
	places   *trackerPlaces
}

type trackerPlaces struct {
	mu     sync.Mutex
	latest map[string]driver.Location
	news   chan struct{}
}

func (p *trackerPlaces) Apply(_ context.Context, batch []driver.Location) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range batch {
		p.latest[l.DriverID] = l
	}
	select {
	case p.news <- struct{}{}:
	default:
	}
	return nil
}

func (p *trackerPlaces) Publish(context.Context, geo.Cell, []driver.Location) error { return nil }

func (p *trackerPlaces) Flush(context.Context) error { return nil }

func (p *trackerPlaces) Do(_ context.Context, c wire.Command) (wire.Reply, error) {
	if c.Kind == wire.CommandConnect {
		return wire.Reply{Profile: &wire.Driver{ID: c.DriverID, Class: "standard", Seats: 4}}, nil
	}
	if c.Kind == wire.CommandDevice {
		return deviceReply(c.Device)
	}
	return wire.Reply{Trip: &wire.Trip{ID: "t1", Version: 2, DriverID: c.DriverID}}, nil
}

func (p *trackerPlaces) Listen(string, func(wire.Push)) (func(), error) { return func() {}, nil }

func (p *trackerPlaces) Answer(context.Context, string, wire.OpenSession) error { return nil }

func (p *trackerPlaces) Push(context.Context, string, wire.Push) error { return nil }

func trackerVerify(_ context.Context, token string) (auth.Identity, error) {
	role, id, ok := strings.Cut(token, ":")
	nobody := auth.Identity{}
	switch {
	case !ok:
		return nobody, fault.New(fault.Unauthenticated, "the token %q is not valid", token)
	case id == "nokeys":
		return nobody, fault.New(fault.Unavailable, "no keys")
	case id == "broken":
		return nobody, errors.New("a secret of ours")
	case id == "brief":
		return auth.Identity{Role: trip.Role(role), Subject: id, Expires: time.Now().Add(200 * time.Millisecond)}, nil
	}
	return auth.Identity{Role: trip.Role(role), Subject: id, Session: "of-" + id, Expires: time.Now().Add(time.Hour)}, nil
}

func newTrackerWorld(t *testing.T, opts api.TrackerOptions) *trackerWorld {
	t.Helper()
	w := &trackerWorld{
		registry: prometheus.NewRegistry(),
		places:   &trackerPlaces{latest: map[string]driver.Location{}, news: make(chan struct{}, 1)},
	}
	opts.Metrics = api.NewTrackerMetrics(w.registry)
	if opts.Poller == nil {
		opts.Poller = newPoller(t)
	}
	w.tracker = track.New(track.DefaultConfig, track.Deps{
		Mirror: w.places, Feed: w.places, Commands: w.places, Line: w.places, Now: time.Now, Metrics: opts.Metrics,
	})
	router := chi.NewRouter()
	api.TrackerRoutes(router, w.tracker, trackerVerify, opts)
	w.server = httptest.NewServer(router)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.tracker.Run(ctx) }()
	t.Cleanup(func() {
		if err := w.tracker.Drain(context.WithoutCancel(ctx)); err != nil {
			t.Errorf("Drain: %v", err)
		}
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		w.server.Close()
	})
	return w
}

// newPoller is a poller, which closes with the test; nil where there is none.
func newPoller(t *testing.T) *poller.Poller {
	p, err := poller.New(time.Millisecond)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

const trackerPath = "/v1/driver/stream"

// dial opens a socket as phones do.
func (w *trackerWorld) dial(t *testing.T, driverID string) *websocket.Conn {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), w.server.URL+trackerPath+"?access_token=driver:"+driverID, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.CloseNow() })
	expectFrame(t, conn, "hello")
	return conn
}

func readFrame(t *testing.T, conn *websocket.Conn) (map[string]any, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, data, err := conn.Read(ctx)
	if err != nil {
		return nil, err
	}
	var frame map[string]any
	if err := json.Unmarshal(data, &frame); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return frame, nil
}

func expectFrame(t *testing.T, conn *websocket.Conn, kind string) map[string]any {
	t.Helper()
	frame, err := readFrame(t, conn)
	if err != nil || frame["type"] != kind {
		t.Fatalf("got %v, %v; want a frame %q", frame, err, kind)
	}
	return frame
}

// expectSocketClosed reads on until the socket is closed.
func expectSocketClosed(t *testing.T, conn *websocket.Conn, code int) {
	t.Helper()
	for {
		if _, err := readFrame(t, conn); err != nil {
			if got := websocket.CloseStatus(err); int(got) != code {
				t.Errorf("closed with %d (%v), want %d", got, err, code)
			}
			return
		}
	}
}

func sendText(t *testing.T, conn *websocket.Conn, frames ...string) {
	t.Helper()
	for _, f := range frames {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(f)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTrackerRoutes_Session(t *testing.T) {
	w := newTrackerWorld(t, api.TrackerOptions{})
	header := http.Header{"Authorization": {"Bearer driver:d1"}}
	conn, _, err := websocket.Dial(t.Context(), w.server.URL+trackerPath, &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	hello := expectFrame(t, conn, "hello")
	if hello["driver_id"] != "d1" || len(hello["session"].(string)) != 36 || hello["heartbeat_s"] != 5.0 {
		t.Errorf("hello %v", hello)
	}
	if _, err := time.Parse(time.RFC3339, hello["server_time"].(string)); err != nil {
		t.Error(err)
	}
	sendText(t, conn, `{"type":"status","status":"available"}`, `{"type":"position","seq":7,"lat":40.73,"lon":-73.98}`)
	if ack := expectFrame(t, conn, "ack"); ack["seq"] != 7.0 {
		t.Errorf("ack %v", ack)
	}
	select {
	case <-w.places.news:
	case <-time.After(10 * time.Second):
		t.Fatal("the position did not leave")
	}
	w.places.mu.Lock()
	if l := w.places.latest["d1"]; !l.Available || l.Seq != 7 {
		t.Errorf("left as %+v", l)
	}
	w.places.mu.Unlock()
	sendText(t, conn, `{"type":"accept","offer_id":"o1"}`)
	expectFrame(t, conn, "trip")
	if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}

func TestTrackerRoutes_NotLetIn(t *testing.T) {
	w := newTrackerWorld(t, api.TrackerOptions{Origins: []string{"*.example.com", "https://drive.test"}})
	for name, test := range map[string]struct {
		token, origin string
		plain         bool
		status        int
		code          string
	}{
		"NoToken":      {status: 401, code: "unauthenticated"},
		"BadToken":     {token: "nonsense", status: 401, code: "unauthenticated"},
		"Rider":        {token: "rider:r1", status: 403, code: "forbidden"},
		"Operator":     {token: "operator:o1", status: 403, code: "forbidden"},
		"System":       {token: "system:s1", status: 403, code: "forbidden"},
		"NoKeys":       {token: "driver:nokeys", status: 503, code: "unavailable"},
		"Broken":       {token: "driver:broken", status: 500, code: "internal"},
		"NoUpgrade":    {token: "driver:d1", plain: true, status: 426, code: "malformed"},
		"Stranger":     {token: "driver:d1", origin: "https://evil.test", status: 403, code: "forbidden"},
		"WrongScheme":  {token: "driver:d1", origin: "http://drive.test", status: 403, code: "forbidden"},
		"NullOrigin":   {token: "driver:d1", origin: "null", status: 403, code: "forbidden"},
		"SubdomainTop": {token: "driver:d1", origin: "https://example.com", status: 403, code: "forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), "GET", w.server.URL+trackerPath, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !test.plain {
				for k, v := range map[string]string{
					"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
					"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": test.origin,
				} {
					request.Header.Set(k, v)
				}
			}
			if test.token != "" {
				request.Header.Set("Authorization", "bearer "+test.token)
			}
			checkProblem(t, request, test.status, test.code)
		})
	}
	if got := w.metric(t, "cabstand_driver_sockets_refused_total", "forbidden"); got != 7 {
		t.Errorf("%v refusals counted as forbidden", got)
	}
}

func checkProblem(t *testing.T, request *http.Request, status int, code string) {
	t.Helper()
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var problem struct {
		Type, Title, Detail, Code string
		Status                    int
	}
	if err := json.NewDecoder(response.Body).Decode(&problem); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != status || problem.Status != status || problem.Code != code || problem.Title == "" || problem.Type == "" {
		t.Errorf("got %d %+v, want %d %s", response.StatusCode, problem, status, code)
	}
	if kind := response.Header.Get("Content-Type"); kind != "application/problem+json" || response.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("content type %s", kind)
	}
	if status == 401 && response.Header.Get("WWW-Authenticate") == "" || status == 503 && response.Header.Get("Retry-After") == "" {
		t.Errorf("headers %v", response.Header)
	}
	if strings.Contains(problem.Detail, "secret") {
		t.Errorf("detail %q", problem.Detail)
	}
}

func TestTrackerRoutes_Origins(t *testing.T) {
	w := newTrackerWorld(t, api.TrackerOptions{Origins: []string{"*.example.com", "https://drive.test"}})
	for _, origin := range []string{w.server.URL, "https://app.example.com", "https://DRIVE.test"} {
		conn, _, err := websocket.Dial(t.Context(), w.server.URL+trackerPath+"?access_token=driver:d1",
			&websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
		if err != nil {
			t.Errorf("%s: %v", origin, err)
			continue
		}
		conn.CloseNow()
	}
}

func TestTrackerRoutes_LimitOfSockets(t *testing.T) {
	w := newTrackerWorld(t, api.TrackerOptions{Sockets: 2})
	w.dial(t, "d1")
	second := w.dial(t, "d2")
	if _, response, err := websocket.Dial(t.Context(), w.server.URL+trackerPath+"?access_token=driver:d3", nil); err == nil || response.StatusCode != 503 {
		t.Fatalf("a third socket: %v", err)
	}
	if err := second.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Fatal(err)
	}
	eventually(t, "room for another", func() bool {
		conn, _, err := websocket.Dial(t.Context(), w.server.URL+trackerPath+"?access_token=driver:d3", nil)
		if err == nil {
			conn.CloseNow()
		}
		return err == nil
	})
}

// A phone that reconnects in a loop is held back, and it alone.
func TestTrackerRoutes_ReconnectsInALoop(t *testing.T) {
	w := newTrackerWorld(t, api.TrackerOptions{})
	for n := 1; ; n++ {
		conn, response, err := websocket.Dial(t.Context(), w.server.URL+trackerPath+"?access_token=driver:d1", nil)
		if err == nil {
			conn.CloseNow()
			if n == 200 {
				t.Fatal("let in 200 times without an end")
			}
			continue
		}
		if response == nil || response.StatusCode != http.StatusTooManyRequests || response.Header.Get("Retry-After") == "" || n <= 10 {
			t.Fatalf("time %d: %v, %v", n, response, err)
		}
		break
	}
	w.dial(t, "d2")
}

func TestTrackerRoutes_BadFrames(t *testing.T) {
	w := newTrackerWorld(t, api.TrackerOptions{})
	t.Run("BinaryAndGarbage", func(t *testing.T) {
		conn := w.dial(t, "d1")
		if err := conn.Write(t.Context(), websocket.MessageBinary, []byte(`{"type":"status","status":"available"}`)); err != nil {
			t.Fatal(err)
		}
		if f := expectFrame(t, conn, "error"); f["code"] != "malformed" {
			t.Errorf("got %v", f)
		}
		sendText(t, conn, "\x00\x01\xff", `{"type":"position","lat":NaN,"lon":1}`, `{"type":"position","lat":1,"lon":2,"x":3}`)
		for range 3 {
			expectFrame(t, conn, "error")
		}
		sendText(t, conn, `{"type":"position","seq":3,"lat":40.73,"lon":-73.98}`)
		expectFrame(t, conn, "ack")
	})
	t.Run("TooLarge", func(t *testing.T) {
		conn := w.dial(t, "d2")
		sendText(t, conn, strings.Repeat("x", wire.MaxFrameBytes))
		expectFrame(t, conn, "error")
		sendText(t, conn, strings.Repeat("x", wire.MaxFrameBytes+1))
		expectSocketClosed(t, conn, 1009)
	})
	t.Run("Flood", func(t *testing.T) {
		conn := w.dial(t, "d3")
		go func() {
			for i := 0; conn.Write(t.Context(), websocket.MessageText, fmt.Appendf(nil, "garbage %d", i)) == nil; i++ {
			}
		}()
		expectSocketClosed(t, conn, track.ClosePolicy)
	})
}

func TestTrackerRoutes_NewestSessionWins(t *testing.T) {
	w := newTrackerWorld(t, api.TrackerOptions{})
	first := w.dial(t, "d1")
	second := w.dial(t, "d1")
	expectSocketClosed(t, first, track.CloseReplaced)
	sendText(t, second, `{"type":"position","seq":1,"lat":40.73,"lon":-73.98}`)
	expectFrame(t, second, "ack")
}

func TestTrackerRoutes_TokenExpires(t *testing.T) {
	w := newTrackerWorld(t, api.TrackerOptions{})
	expectSocketClosed(t, w.dial(t, "brief"), track.ClosePolicy)
}

func TestTrackerRoutes_Drain(t *testing.T) {
	w := newTrackerWorld(t, api.TrackerOptions{})
	conns := []*websocket.Conn{w.dial(t, "d1"), w.dial(t, "d2")}
	drained := make(chan error, 1)
	go func() { drained <- w.tracker.Drain(t.Context()) }()
	for _, c := range conns {
		expectSocketClosed(t, c, track.CloseRestart)
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
	late, _, err := websocket.Dial(t.Context(), w.server.URL+trackerPath+"?access_token=driver:d3", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer late.CloseNow()
	expectSocketClosed(t, late, track.CloseRestart)
}

func TestTrackerMetrics(t *testing.T) {
	w := newTrackerWorld(t, api.TrackerOptions{})
	conn := w.dial(t, "d1")
	sendText(t, conn, `{"type":"position","seq":1,"lat":0,"lon":0}`, `{"type":"arrive","trip_id":"t1"}`, `x`)
	for range 3 {
		if _, err := readFrame(t, conn); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []struct {
		name, label string
		value       float64
	}{
		{"cabstand_driver_frames_in_total", "arrive", 1}, {"cabstand_driver_frames_in_total", "bad", 1},
		{"cabstand_driver_frames_in_total", "position", 1}, {"cabstand_driver_positions_refused_total", "zero", 1},
		{"cabstand_driver_faults_total", "malformed", 1}, {"cabstand_driver_sockets_open", "", 1},
	} {
		if got := w.metric(t, want.name, want.label); got != want.value {
			t.Errorf("%s %s: got %v, want %v", want.name, want.label, got, want.value)
		}
	}
	if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	eventually(t, "the gauge at 0", func() bool { return w.metric(t, "cabstand_driver_sockets_open", "") == 0 })
}

// metric is the value of a counter or gauge; label is that of its only label,
// "" if it has none.
func (w *trackerWorld) metric(t *testing.T, name, label string) float64 {
	t.Helper()
	families, err := w.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (label == "" || m.GetLabel()[0].GetValue() == label) {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return 0
}

// eventually polls until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("%s: not within 20 s", what)
		case <-ticker.C:
		}
	}
}
