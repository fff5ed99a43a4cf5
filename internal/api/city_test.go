package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/memgeo"
	"github.com/cabstand/cabstand/internal/natsbus"
	"github.com/cabstand/cabstand/internal/nearby"
	"github.com/cabstand/cabstand/internal/numbers"
	"github.com/cabstand/cabstand/internal/outbox"
	"github.com/cabstand/cabstand/internal/sqlite"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/watch"
	"github.com/cabstand/cabstand/internal/wire"
)

// city is the interface over the real embedded parts. Only the dispatcher is not
// there: tests make the offers, so that they decide who gets which.
type city struct {
	*testing.T
	url    string
	store  *sqlite.Store
	places *memgeo.Store
	bus    *natsbus.Bus
	hub    *watch.Hub
	api    *api.API
	desk   *dispatch.Desk
	issuer *auth.Issuer
	log    *lines
	ahead  atomic.Int64 // how far the clock is set ahead, in ns
	broken atomic.Bool  // the part "store" says that it is gone

	mu     sync.Mutex
	tokens map[string]string
}

var (
	pickup  = geo.Point{Lat: 40.73, Lon: -73.98}
	dropoff = geo.Point{Lat: 40.76, Lon: -73.97}
)

// cityKey signs the tokens of a city.
var cityKey = bytes.Repeat([]byte("k"), 32)

func (c *city) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// lines is what was logged.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func must[T any](tb testing.TB) func(T, error) T {
	return func(v T, err error) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

// newCity starts everything; change may replace what the interface stands on.
func newCity(t *testing.T, change func(*api.Deps)) *city {
	t.Helper()
	c := &city{T: t, places: memgeo.New(), log: &lines{}, tokens: map[string]string{}}
	key := cityKey
	c.issuer = must[*auth.Issuer](t)(auth.NewIssuer(key, c.now))
	c.store = must[*sqlite.Store](t)(sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "cabstand.db")))
	t.Cleanup(c.store.Close)
	if err := c.store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	server := must[*natsbus.Embedded](t)(natsbus.StartEmbedded(t.TempDir()))
	t.Cleanup(server.Stop)
	c.bus = must[*natsbus.Bus](t)(natsbus.Connect(t.Context(), natsbus.Options{Embedded: server, Name: "test"}))
	t.Cleanup(c.bus.Close)
	log := slog.New(slog.NewTextHandler(c.log, nil))
	c.hub = watch.New(watch.Deps{
		Events: c.bus.Trips, History: c.store, Positions: c.bus.Positions, Locations: c.places,
		Estimator: eta.DefaultStraight, Fresh: dispatch.DefaultLimits.Fresh, Now: c.now, Log: log,
	})
	d := api.Deps{
		Desk: &dispatch.Desk{
			Trips: c.store, Tracks: c.store, Drivers: c.store, Pusher: c.bus.Line, Signals: c.bus.Signals,
			Limits: dispatch.DefaultLimits, Now: c.now, Log: log, Estimator: eta.DefaultStraight, NewID: uuid.NewString,
		},
		Trips: c.store, Drivers: c.store, Devices: c.store, Locations: nearby.New(nearby.Deps{Store: c.places, Forget: 2 * time.Minute, Now: c.now}), Estimator: eta.DefaultStraight, Decisions: noDecisions{}, Sessions: c.bus.Line,
		Areas:    dispatch.NewAtlas(dispatch.New(dispatch.DefaultConfig, dispatch.Deps{}), c.store, log),
		Numbers:  numbers.New(numbers.Deps{Dispatcher: "test", Store: c.store, Live: func() []string { return nil }, Now: c.now, Log: log}),
		Policies: dispatch.NewSwitch(dispatch.New(dispatch.DefaultConfig, dispatch.Deps{}), c.bus.Settings, log), Audit: c.store, Shares: c.store, Finds: c.store,
		Hub: c.hub, Verifier: must[*auth.Verifier](t)(auth.NewVerifier(key, c.now)),
		Tariff: fare.DefaultTariff(), QuoteKey: key, Registry: prometheus.NewRegistry(), Now: c.now, Log: log,
		Ready: []api.Check{{Name: "bus", Ping: func(context.Context) error { return nil }}, {Name: "store", Ping: c.ping}},
	}
	d.Desk.Finder = d.Locations
	if change != nil {
		change(&d)
	}
	c.api, c.desk = api.New(d), d.Desk
	c.start()
	web := httptest.NewServer(c.api.Handler())
	t.Cleanup(web.Close)
	c.url = web.URL
	return c
}

func (c *city) ping(context.Context) error {
	if c.broken.Load() {
		return io.ErrUnexpectedEOF
	}
	return nil
}

type noDecisions struct{}

func (noDecisions) Recall(context.Context, string) ([]wire.Decision, bool, error) {
	return []wire.Decision{}, true, nil
}

func (noDecisions) PassedOver(context.Context, wire.PassedOverQuery) (wire.PassedOverReply, error) {
	return wire.PassedOverReply{Decisions: []wire.PassedOver{}}, nil
}

// start runs the hub and the relay until the test ends.
func (c *city) start() {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	c.Cleanup(func() { stop(); running.Wait() })
	running.Go(func() {
		if err := c.hub.Run(ctx); err != nil {
			c.Error(err)
		}
	})
	running.Go(func() {
		if err := outbox.New(c.store, c.bus.Trips, outbox.Options{}).Run(ctx); err != nil {
			c.Error(err)
		}
	})
}

// token is a token for somebody like "rider:r1"; "" for "".
func (c *city) token(who string) string {
	role, sub, ok := strings.Cut(who, ":")
	if !ok {
		return ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tokens[who] == "" {
		c.tokens[who] = must[string](c)(c.issuer.Issue(trip.Role(role), sub, time.Hour))
	}
	return c.tokens[who]
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) into(tb testing.TB, v any) {
	tb.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		tb.Fatalf("%v: %s", err, a.body)
	}
}

// call sends a request for somebody; headers are names and values.
func (c *city) call(method, path, who, body string, headers ...string) answer {
	c.Helper()
	req := must[*http.Request](c)(http.NewRequestWithContext(c.Context(), method, c.url+path, strings.NewReader(body)))
	if body == "" {
		req.Body, req.ContentLength = http.NoBody, 0
	} else {
		req.Header.Set("Content-Type", "application/json")
	}
	if token := c.token(who); token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return c.do(req)
}

// do makes a request.
func (c *city) do(req *http.Request) answer {
	c.Helper()
	res := must[*http.Response](c)(http.DefaultClient.Do(req))
	defer res.Body.Close()
	return answer{res.StatusCode, res.Header, must[[]byte](c)(io.ReadAll(res.Body))}
}

// expect is call with a status that must come.
func (c *city) expect(status int, method, path, who, body string, headers ...string) answer {
	c.Helper()
	a := c.call(method, path, who, body, headers...)
	if a.status != status {
		c.Fatalf("%s %s: %d, want %d: %s", method, path, a.status, status, a.body)
	}
	return a
}

// refused is call with a problem that must come: of the code, its detail naming
// all words.
func (c *city) refused(status int, code, method, path, who, body string, words ...string) answer {
	c.Helper()
	a := c.call(method, path, who, body)
	c.checkProblem(a, status, code, words...)
	return a
}

func (c *city) checkProblem(a answer, status int, code string, words ...string) {
	c.Helper()
	var p api.Problem
	a.into(c, &p)
	if a.status != status || p.Status != status || string(p.Code) != code || p.Title == "" || p.Type != "about:blank" || p.ID == "" {
		c.Errorf("got %d %s, want %d %s", a.status, a.body, status, code)
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		c.Errorf("content type %q", got)
	}
	for _, word := range words {
		if !strings.Contains(p.Detail, word) {
			c.Errorf("detail %q does not name %q", p.Detail, word)
		}
	}
	for _, ours := range []string{"Go ", "float64", "int64", "struct", "json:"} {
		if strings.Contains(p.Detail, ours) {
			c.Errorf("detail %q tells of our code", p.Detail)
		}
	}
}

func tripJSON(more string) string {
	return `{"pickup":{"lat":40.73,"lon":-73.98},"dropoff":{"lat":40.76,"lon":-73.97}` + more + `}`
}

// request is a new trip of the rider.
func (c *city) request(rider string) wire.Trip {
	c.Helper()
	var t wire.Trip
	c.expect(http.StatusCreated, "POST", "/v1/trips", "rider:"+rider, tripJSON("")).into(c, &t)
	return t
}

// offer offers the trip to the driver as a tick would, and gives back its id.
func (c *city) offer(tripID, driverID string) string {
	c.Helper()
	t := must[*trip.Trip](c)(c.store.Trip(c.Context(), tripID))
	p := trip.Proposal{
		OfferID: uuid.NewString(), TripID: tripID, DriverID: driverID, Epoch: t.Epoch,
		Now: c.now(), Deliver: time.Minute, PickupIn: time.Minute,
	}
	outcomes := must[[]trip.Outcome](c)(c.store.Offer(c.Context(), []trip.Proposal{p}))
	if outcomes[0].Err != nil {
		c.Fatal(outcomes[0].Err)
	}
	return p.OfferID
}

// assigned is a trip of the rider that the driver accepted.
func (c *city) assigned(rider, driverID string) wire.Trip {
	c.Helper()
	t := c.request(rider)
	c.expect(http.StatusOK, "POST", "/v1/offers/"+c.offer(t.ID, driverID)+"/accept", "driver:"+driverID, "").into(c, &t)
	return t
}

// park puts an available driver somewhere.
func (c *city) park(id string, class driver.Class, p geo.Point, age time.Duration) {
	c.Helper()
	l := driver.Location{
		DriverID: id, Position: driver.Position{Point: p, Heading: 90, Speed: 0, Accuracy: 5},
		Class: class, Seats: 4, Available: true, SeenAt: c.now().Add(-age),
	}
	if err := c.places.Apply(c.Context(), []driver.Location{l}); err != nil {
		c.Fatal(err)
	}
	if err := c.bus.Positions.Publish(c.Context(), geo.CellOf(p, geo.OwnerLength), []driver.Location{l}); err != nil {
		c.Fatal(err)
	}
}

// socket is an open stream.
type socket struct {
	*city
	conn *websocket.Conn
}

func (c *city) dialStream(who string) *socket {
	c.Helper()
	conn, res, err := websocket.Dial(c.Context(), c.url+"/v1/stream?access_token="+c.token(who), nil)
	if err != nil {
		c.Fatalf("%v, %v", err, res)
	}
	conn.SetReadLimit(1 << 20)
	c.Cleanup(func() { conn.CloseNow() })
	return &socket{c, conn}
}

const soon = 10 * time.Second

// next is the next frame.
func (s *socket) next() ([]byte, error) {
	ctx, cancel := context.WithTimeout(s.Context(), soon)
	defer cancel()
	_, data, err := s.conn.Read(ctx)
	return data, err
}

// until reads on to a frame of the type, into v.
func (s *socket) until(kind string, v any) {
	s.Helper()
	for {
		data, err := s.next()
		if err != nil {
			s.Fatalf("waiting for a %s frame: %v", kind, err)
		}
		var head struct{ Type string }
		if err := json.Unmarshal(data, &head); err != nil {
			s.Fatal(err)
		}
		if head.Type == kind {
			answer{body: data}.into(s, v)
			return
		}
	}
}

func (s *socket) send(frame string) {
	s.Helper()
	if err := s.conn.Write(s.Context(), websocket.MessageText, []byte(frame)); err != nil {
		s.Fatal(err)
	}
}

// closedWith reads on to the end of the stream.
func (s *socket) closedWith(code websocket.StatusCode) {
	s.Helper()
	for {
		if _, err := s.next(); err != nil {
			if got := websocket.CloseStatus(err); got != code {
				s.Errorf("closed with %v (%v), want %v", got, err, code)
			}
			return
		}
	}
}
