package node_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/node"
	"github.com/cabstand/cabstand/internal/testenv"
	"github.com/cabstand/cabstand/internal/wire"
)

// site is a running Cabstand of some size, seen from outside.
type site struct {
	tb       testing.TB
	riders   string // where riders and operators go
	drivers  string // where drivers' sockets go
	tokenArg []string
	binary   bool // phones send positions in binary
}

// run parses the command line as the programs do, opens the node and runs it
// until the test ends. It returns its address.
func run(tb testing.TB, open func(context.Context, *slog.Logger) (*node.Node, error)) (address string, stop func()) {
	tb.Helper()
	address, listening, stop := begin(tb, open)
	listening()
	return address, stop
}

// begin is run for a node whose parts are not there yet: listening waits until
// they are.
func begin(tb testing.TB, open func(context.Context, *slog.Logger) (*node.Node, error)) (address string, listening, stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	n, err := open(ctx, slog.New(slog.NewTextHandler(&testLog{tb: tb}, nil)))
	if err != nil {
		cancel()
		tb.Fatal(err)
	}
	ready, done := make(chan struct{}), make(chan error, 1)
	n.Listening = func() { close(ready) }
	go func() { done <- n.Run(ctx) }()
	stop = func() {
		cancel()
		if err := <-done; err != nil {
			tb.Errorf("the node ended with %v", err)
		}
		n.Close()
		done <- nil
	}
	tb.Cleanup(stop)
	return n.URL(), func() {
		tb.Helper()
		select {
		case <-ready:
		case err := <-done:
			done <- nil
			tb.Fatalf("the node ended at once: %v", err)
		case <-time.After(30 * time.Second):
			tb.Fatal("the node is not ready after 30 s")
		}
	}, stop
}

// testLog sends a program's log to the test's.
type testLog struct{ tb testing.TB }

func (l *testLog) Write(line []byte) (int, error) {
	if l.tb.Context().Err() == nil {
		l.tb.Logf("%s", bytes.TrimRight(line, "\n"))
	}
	return len(line), nil
}

// parse gives the configuration that the command line would.
func parse[C any](tb testing.TB, args ...string) C {
	tb.Helper()
	var grammar struct {
		Run struct {
			Config C `embed:""`
		} `cmd:""`
	}
	if err := node.Parse(&grammar, append([]string{"run"}, args...)); err != nil {
		tb.Fatal(err)
	}
	return grammar.Run.Config
}

func mustEmbedded(tb testing.TB, dir string, args ...string) (site, func()) {
	tb.Helper()
	c := parse[node.EmbeddedConfig](tb, append(args, "--listen=127.0.0.1:0", "--data="+dir)...)
	address, stop := run(tb, func(ctx context.Context, log *slog.Logger) (*node.Node, error) { return node.OpenEmbedded(ctx, c, log) })
	return site{tb: tb, riders: address, drivers: address, tokenArg: []string{"--data", dir}}, stop
}

const sharedKey = "a secret of the tests, of 32 bytes or more"

// mustServices is one tracker and two dispatchers behind a load balancer, on
// real servers.
func mustServices(tb testing.TB) site {
	tb.Helper()
	return mustServicesOn(tb, testenv.Redis(tb))
}

func mustServicesOn(tb testing.TB, redis string) site {
	tb.Helper()
	dispatchers, tracker := mustPrograms(tb, redis)
	return site{tb: tb, riders: balance(tb, dispatchers), drivers: tracker, tokenArg: []string{"--auth-key", sharedKey}}
}

// mustPrograms is two dispatchers and a tracker, by their addresses. before is called
// before each is opened, with "one", "two" and "tracker".
func mustPrograms(tb testing.TB, redis string, before ...func(program string)) (dispatchers []*url.URL, tracker string) {
	tb.Helper()
	database := testenv.Postgres(tb)
	shared := []string{"--listen=127.0.0.1:0", "--auth-key=" + sharedKey, "--redis-url=" + redis, "--nats-url=" + testenv.NATS(tb)}
	if err := (&node.Migrate{DatabaseURL: database}).Run(tb.Context(), node.Std{Out: io.Discard, Err: io.Discard}); err != nil {
		tb.Fatal(err)
	}
	for _, id := range []string{"one", "two"} {
		c := parse[node.DispatcherConfig](tb, append(shared, "--database-url="+database, "--id="+id)...)
		for _, prepare := range before {
			prepare(id)
		}
		address, _ := run(tb, func(ctx context.Context, log *slog.Logger) (*node.Node, error) {
			return node.OpenDispatcher(ctx, c, log)
		})
		u, err := url.Parse(address)
		if err != nil {
			tb.Fatal(err)
		}
		dispatchers = append(dispatchers, u)
	}
	c := parse[node.TrackerConfig](tb, shared...)
	for _, prepare := range before {
		prepare("tracker")
	}
	tracker, _ = run(tb, func(ctx context.Context, log *slog.Logger) (*node.Node, error) { return node.OpenTracker(ctx, c, log) })
	return dispatchers, tracker
}

// balance spreads requests over the servers in turn.
func balance(tb testing.TB, servers []*url.URL) string {
	turn := make(chan *url.URL, len(servers))
	for _, u := range servers {
		turn <- u
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		u := <-turn
		turn <- u
		r.SetURL(u)
	}}
	s := httptest.NewServer(proxy)
	tb.Cleanup(s.Close)
	return s.URL
}

func (s site) token(role, sub string) string {
	s.tb.Helper()
	var out bytes.Buffer
	var grammar struct {
		Token node.Token `cmd:""`
	}
	args := append([]string{"token", "--role", role, "--sub", sub, "--ttl", "1h"}, s.tokenArg...)
	if status := node.Main(s.tb.Context(), "dispatcher", "", &grammar, args, node.Std{Out: &out, Err: &testLog{s.tb}}); status != 0 {
		s.tb.Fatalf("token ended with status %d", status)
	}
	token := strings.TrimSpace(out.String())
	if strings.Count(token, ".") != 2 || strings.ContainsAny(token, " \n") {
		s.tb.Fatalf("printed %q, want a token and nothing else", out.String())
	}
	return token
}

// call makes one request; into may be nil.
func (s site) call(method, path, token string, body, into any, header ...string) int {
	s.tb.Helper()
	var payload io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			s.tb.Fatal(err)
		}
		payload = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(s.tb.Context(), method, s.riders+path, payload)
	if err != nil {
		s.tb.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		s.tb.Fatal(err)
	}
	if response.StatusCode >= 400 {
		s.tb.Logf("%s %s: %d %s", method, path, response.StatusCode, data)
	}
	if into != nil && response.StatusCode < 400 {
		if err := json.Unmarshal(data, into); err != nil {
			s.tb.Fatalf("%s %s: %v in %s", method, path, err, data)
		}
	}
	return response.StatusCode
}

// socket is an open WebSocket whose frames are read into a channel.
type socket struct {
	tb     testing.TB
	conn   *websocket.Conn
	frames chan frame
}

type frame struct {
	Type    string
	OfferID string    `json:"offer_id"`
	Trip    wire.Trip `json:"trip"`
	Raw     json.RawMessage
}

func (s site) open(base, path, token string, protocols ...string) *socket {
	s.tb.Helper()
	conn, _, err := websocket.Dial(s.tb.Context(), base+path, &websocket.DialOptions{
		HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}, Subprotocols: protocols,
	})
	if err != nil {
		s.tb.Fatal(err)
	}
	if got := conn.Subprotocol(); len(protocols) > 0 && got != protocols[0] {
		s.tb.Fatalf("the server chose the subprotocol %q of %v", got, protocols)
	}
	k := &socket{tb: s.tb, conn: conn, frames: make(chan frame, 1000)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(k.frames)
		for {
			_, data, err := conn.Read(context.Background())
			if err != nil {
				return
			}
			f := frame{Raw: data}
			if json.Unmarshal(data, &f) == nil {
				k.frames <- f
			}
		}
	}()
	s.tb.Cleanup(func() { conn.CloseNow(); <-done })
	return k
}

func (k *socket) send(v any) {
	k.tb.Helper()
	if err := k.conn.Write(k.tb.Context(), websocket.MessageText, wire.Encode(v)); err != nil {
		k.tb.Fatal(err)
	}
}

// await is the next frame that fits; other frames are skipped.
func (k *socket) await(what string, within time.Duration, fits func(frame) bool) frame {
	k.tb.Helper()
	limit := time.After(within)
	var seen []string
	for {
		select {
		case f, ok := <-k.frames:
			if !ok {
				k.tb.Fatalf("socket closed while waiting for %s; saw %v", what, seen)
			}
			if fits(f) {
				return f
			}
			seen = append(seen, string(f.Raw))
		case <-limit:
			k.tb.Fatalf("no %s within %v; saw %v", what, within, seen)
		}
	}
}

func ofType(kind string) func(frame) bool { return func(f frame) bool { return f.Type == kind } }

func inState(state string) func(frame) bool {
	return func(f frame) bool { return f.Type == "trip" && string(f.Trip.State) == state }
}

// patience is for what has no promised time: a loaded machine is slow.
const patience = 20 * time.Second

var pickup = geo.Point{Lat: 40.75, Lon: -73.98}

// ride plays the whole way once, and returns the trip at its end.
func (s site) ride(driverID, riderID string) wire.Trip {
	s.tb.Helper()
	operator, rider, driver := s.token("operator", "op"), s.token("rider", riderID), s.token("driver", driverID)
	profile := map[string]any{"id": driverID, "name": "Dora", "class": "standard", "seats": 4}
	if status := s.call("POST", "/v1/drivers", operator, profile, nil); status != http.StatusCreated && status != http.StatusOK {
		s.tb.Fatalf("registering answers %d", status)
	}

	phone := s.phone(driver)
	phone.await("hello", patience, ofType("hello"))
	phone.send(map[string]any{"type": "status", "status": "available"})
	s.position(phone, 1)
	phone.await("ack", patience, ofType("ack"))

	stream := s.open(s.riders, "/v1/stream", rider)
	var trip wire.Trip
	order := map[string]any{"pickup": pickup, "dropoff": geo.Destination(pickup, 0, 3000)}
	if status := s.call("POST", "/v1/trips", rider, order, &trip, "Idempotency-Key", "ride-"+riderID); status != http.StatusCreated {
		s.tb.Fatalf("requesting answers %d", status)
	}
	if trip.State != "searching" || trip.Version != 1 || trip.Fare.Amount <= 0 {
		s.tb.Fatalf("trip = %+v", trip)
	}

	offer := phone.await("offer", patience, ofType("offer"))
	phone.send(map[string]any{"type": "received", "offer_id": offer.OfferID})
	phone.send(map[string]any{"type": "accept", "offer_id": offer.OfferID})
	phone.await("assigned trip", patience, inState("assigned"))
	for _, step := range [][2]string{{"arrive", "arrived"}, {"start", "riding"}, {"complete", "completed"}} {
		if step[0] == "complete" {
			phone.drive(geo.Destination(pickup, 90, 500))
		}
		phone.send(map[string]any{"type": step[0], "trip_id": trip.ID})
		phone.await(step[1], patience, inState(step[1]))
	}

	var states []string
	for version := int64(1); version <= 5; version++ {
		f := stream.await(fmt.Sprint("version ", version), patience, ofType("trip"))
		if f.Trip.Version != version {
			s.tb.Fatalf("the rider saw version %d after %v", f.Trip.Version, states)
		}
		states = append(states, string(f.Trip.State))
	}
	if want := []string{"searching", "assigned", "arrived", "riding", "completed"}; !slices.Equal(states, want) {
		s.tb.Fatalf("the rider saw %v, want %v", states, want)
	}
	s.driven(trip.ID, rider)
	if status := s.call("GET", "/v1/trips/"+trip.ID, rider, nil, &trip); status != http.StatusOK {
		s.tb.Fatalf("reading the trip answers %d", status)
	}
	if math.Abs(trip.DistanceM-drivenMetres) > 1 || trip.Version != 5 {
		s.tb.Fatalf("trip = %+v, want %d m at version 5", trip, drivenMetres)
	}
	if trip.State != "completed" || trip.DriverID != driverID || trip.CompletedAt == nil {
		s.tb.Fatalf("trip = %+v", trip)
	}
	s.decided(trip, operator)
	return trip
}

// phone opens a driver's socket.
func (s site) phone(token string) *socket {
	s.tb.Helper()
	if s.binary {
		return s.open(s.drivers, "/v1/driver/stream", token, wire.SubprotocolBinary)
	}
	return s.open(s.drivers, "/v1/driver/stream", token)
}

// position sends that the driver is 500 m from the pickup.
func (s site) position(phone *socket, seq uint64) {
	s.tb.Helper()
	at, now := geo.Destination(pickup, 90, 500), time.Now()
	if !s.binary {
		phone.send(map[string]any{"type": "position", "seq": seq, "lat": at.Lat, "lon": at.Lon, "t": now.UnixMilli(), "speed": 0, "heading": 90, "accuracy": 5})
		return
	}
	data, err := wire.AppendBinaryFrame(nil, []driver.Position{{Point: at, Seq: seq, FixedAt: now, Heading: 90, Accuracy: 5}})
	if err != nil {
		s.tb.Fatal(err)
	}
	if err := phone.conn.Write(s.tb.Context(), websocket.MessageBinary, data); err != nil {
		s.tb.Fatal(err)
	}
}

// drivenMetres is how far drive goes.
const drivenMetres = 320

// drive sends the ride's positions: 160 m to the north and as many to the east,
// at 40 m a second.
func (k *socket) drive(from geo.Point) {
	k.tb.Helper()
	var positions []map[string]any
	for i, at, now := 0, from, time.Now(); i <= 8; i++ {
		positions = append(positions, map[string]any{
			"seq": 100 + i, "lat": at.Lat, "lon": at.Lon, "t": now.Add(time.Duration(i) * time.Second).UnixMilli(), "accuracy": 5,
		})
		at = geo.Destination(at, map[bool]float64{true: 0, false: 90}[i < 4], drivenMetres/8)
	}
	k.send(map[string]any{"type": "positions", "positions": positions})
}

// driven waits for the trip's track, and checks that it is the way of drive.
func (s site) driven(tripID, rider string) {
	s.tb.Helper()
	var track struct {
		Geometry   struct{ Coordinates [][2]float64 }
		Properties struct {
			Times     []time.Time
			DistanceM float64 `json:"distance_m"`
		}
	}
	path := "/v1/trips/" + tripID + "/track"
	again, limit := time.NewTicker(100*time.Millisecond), time.After(patience) // riders have a pace to keep to
	defer again.Stop()
	for s.call("GET", path, rider, nil, &track) != http.StatusOK {
		select {
		case <-again.C:
		case <-limit:
			s.tb.Fatalf("no track after %v", patience)
		}
	}
	if math.Abs(track.Properties.DistanceM-drivenMetres) > 1 || len(track.Geometry.Coordinates) != 3 || len(track.Properties.Times) != 3 {
		s.tb.Fatalf("track = %+v, want two legs, %d m in all", track, drivenMetres)
	}
}

// decided checks that any dispatcher tells what was decided for the trip.
func (s site) decided(trip wire.Trip, operator string) {
	s.tb.Helper()
	for range 2 { // the load balancer takes turns
		var told struct{ Decisions []wire.Decision }
		if status := s.call("GET", "/v1/trips/"+trip.ID+"/decisions", operator, nil, &told); status != http.StatusOK {
			s.tb.Fatalf("reading the decisions answers %d", status)
		}
		if !slices.ContainsFunc(told.Decisions, func(d wire.Decision) bool { return d.Chosen == trip.DriverID }) {
			s.tb.Fatalf("no decision chose %s: %+v", trip.DriverID, told.Decisions)
		}
	}
}

// TestRide plays a whole ride in both sizes, with either kind of phone.
func TestRide(t *testing.T) {
	t.Run("Embedded", func(t *testing.T) {
		s, _ := mustEmbedded(t, filepath.Join(t.TempDir(), "data"))
		s.ride("d1", "r1")
		s.binary = true
		s.ride("d2", "r2")
	})
	t.Run("Services", func(t *testing.T) {
		s := mustServices(t)
		s.ride("d1", "r1")
		s.binary = true
		s.ride("d2", "r2")
	})
}

// TestEmbedded_Restart shows that a data folder goes on where it was left.
func TestEmbedded_Restart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s, stop := mustEmbedded(t, dir)
	before := s.ride("d1", "r1")
	rider := s.token("rider", "r1")
	stop()
	s, _ = mustEmbedded(t, dir)
	var after wire.Trip
	if status := s.call("GET", "/v1/trips/"+before.ID, rider, nil, &after); status != http.StatusOK {
		t.Fatalf("reading the trip answers %d", status)
	}
	if fmt.Sprint(wire.Encode(before)) != fmt.Sprint(wire.Encode(after)) {
		t.Fatalf("trip was %+v, is %+v", before, after)
	}
}
