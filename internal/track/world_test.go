package track_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/track"
	"github.com/cabstand/cabstand/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is what is around trackers: a bus, a dispatcher's desk, the stores.
type world struct {
	t      *testing.T
	config track.Config
	mirror *sink
	feed   *sink
	desk   *desk
	line   *line
	beats  atomic.Int64
	log    bytes.Buffer
	logMu  sync.Mutex
}

// inWorld runs the test in a bubble of its own, whose time passes when
// everybody waits.
func inWorld(t *testing.T, test func(*testing.T, *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{
			t: t, config: track.DefaultConfig, mirror: newSink(), feed: newSink(),
			desk: newDesk(), line: &line{listeners: map[int]listener{}},
		}
		w.config.AckEvery = time.Second // acks come soon enough to be waited for
		test(t, w)
	})
}

func (w *world) Beat(context.Context) error {
	w.beats.Add(1)
	return errors.New("nobody listens")
}

func (w *world) Write(p []byte) (int, error) {
	w.logMu.Lock()
	defer w.logMu.Unlock()
	return w.log.Write(p)
}

func (w *world) logged(text string) int {
	w.logMu.Lock()
	defer w.logMu.Unlock()
	return bytes.Count(w.log.Bytes(), []byte(text))
}

// tracker starts one more tracker, which stops with the test.
func (w *world) tracker() *track.Tracker { return w.trackerWith(func(*track.Deps) {}) }

// trackerWith is one that stands on other parts.
func (w *world) trackerWith(change func(*track.Deps)) *track.Tracker {
	deps := track.Deps{
		Mirror: w.mirror, Feed: feedOf{w.feed}, Commands: w.desk, Line: w.line, Places: w.mirror, Pulse: w,
		Now: time.Now, Log: slog.New(slog.NewTextHandler(w, nil)),
	}
	change(&deps)
	tracker := track.New(w.config, deps)
	ctx, stop := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := tracker.Run(ctx); err != nil {
			w.t.Errorf("Run: %v", err)
		}
	}()
	w.t.Cleanup(func() {
		if err := tracker.Drain(context.WithoutCancel(ctx)); err != nil {
			w.t.Errorf("Drain: %v", err)
		}
		stop()
		<-done
	})
	return tracker
}

// sink is where locations arrive: the mirror, or the feed with its cells.
type sink struct {
	mu      sync.Mutex
	latest  map[string]driver.Location
	arrived []arrival
	fails   error
	hangs   chan struct{} // while not nil, until closed
	refuses string        // the driver whom it does not take
}

// inPart is the error of a store that took all but some.
type inPart struct{ undelivered []int }

func (e inPart) Error() string      { return "a node is away" }
func (e inPart) Undelivered() []int { return e.undelivered }

type arrival struct {
	cell geo.Cell // "" in the mirror
	at   time.Time
	driver.Location
}

func newSink() *sink { return &sink{latest: map[string]driver.Location{}} }

func (s *sink) Apply(ctx context.Context, batch []driver.Location) error {
	return s.take(ctx, "", batch)
}

// Locations is of the mirror, which other trackers read.
func (s *sink) Locations(_ context.Context, ids []string) (found []driver.Location, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if l, ok := s.latest[id]; ok {
			found = append(found, l)
		}
	}
	return found, s.fails
}

func (s *sink) take(ctx context.Context, cell geo.Cell, batch []driver.Location) error {
	s.mu.Lock()
	hangs, fails := s.hangs, s.fails
	s.mu.Unlock()
	if hangs != nil {
		select {
		case <-hangs:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if fails != nil {
		return fails
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var refused []int
	for i, l := range batch {
		if l.DriverID == s.refuses {
			refused = append(refused, i)
			continue
		}
		s.latest[l.DriverID] = l
		s.arrived = append(s.arrived, arrival{cell, time.Now(), l})
	}
	if refused != nil {
		return inPart{refused}
	}
	return nil
}

// refuse lets the sink take everybody but the driver; "" for everybody.
func (s *sink) refuse(driverID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuses = driverID
}

func (s *sink) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = err
}

func (s *sink) of(driverID string) []arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	var of []arrival
	for _, a := range s.arrived {
		if a.DriverID == driverID {
			of = append(of, a)
		}
	}
	return of
}

func (s *sink) last(driverID string) driver.Location {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest[driverID]
}

type feedOf struct{ *sink }

func (f feedOf) Publish(ctx context.Context, cell geo.Cell, batch []driver.Location) error {
	return f.take(ctx, cell, batch)
}

func (f feedOf) Flush(context.Context) error { return nil }

// line is a bus in memory: pushes arrive at once, in order.
type line struct {
	mu        sync.Mutex
	next      int
	listeners map[int]listener
	deaf      bool // announcements get lost
	down      bool
}

type listener struct {
	driverID string
	fn       func(wire.Push)
}

func (l *line) Listen(driverID string, fn func(wire.Push)) (func(), error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return nil, errors.New("no bus")
	}
	id := l.next
	l.next++
	l.listeners[id] = listener{driverID, fn}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.listeners, id)
	}, nil
}

func (l *line) Push(_ context.Context, driverID string, p wire.Push) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down || l.deaf && p.Session != "" {
		return errors.New("no bus")
	}
	for _, id := range slices.Sorted(maps.Keys(l.listeners)) {
		if listener := l.listeners[id]; listener.driverID == driverID {
			listener.fn(p)
		}
	}
	return nil
}

func (l *line) Answer(context.Context, string, wire.OpenSession) error { return nil }

func (l *line) set(change func(*line)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
}

func (l *line) listening() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.listeners)
}

// desk answers commands as a dispatcher would.
type desk struct {
	mu      sync.Mutex
	asked   []wire.Command
	drivers map[string]wire.Driver
	answer  func(wire.Command) (wire.Reply, error) // of everything, where set
	hangs   chan struct{}                          // while not nil, until closed
}

func newDesk() *desk {
	return &desk{drivers: map[string]wire.Driver{
		"d1": {ID: "d1", Class: "standard", Seats: 4},
		"d2": {ID: "d2", Class: "van", Seats: 8},
	}}
}

func (d *desk) Do(ctx context.Context, c wire.Command) (wire.Reply, error) {
	d.mu.Lock()
	d.asked = append(d.asked, c)
	answer, hangs, profile, known := d.answer, d.hangs, d.drivers[c.DriverID], false
	_, known = d.drivers[c.DriverID]
	d.mu.Unlock()
	if hangs != nil && c.Kind != wire.CommandConnect {
		select {
		case <-hangs:
		case <-ctx.Done():
			return wire.Reply{}, fault.New(fault.Unavailable, "no dispatcher answers")
		}
	}
	if answer != nil {
		if reply, err := answer(c); err != nil || reply != (wire.Reply{}) {
			return reply, err
		}
	}
	if c.Kind != wire.CommandConnect {
		return wire.Reply{}, nil
	}
	if !known {
		return wire.FaultReply(fault.New(fault.UnknownDriver, "driver %q is not registered", c.DriverID)), nil
	}
	return wire.Reply{Profile: &profile}, nil
}

// set makes answer come before the desk's own; an empty reply stands for that.
func (d *desk) set(answer func(wire.Command) (wire.Reply, error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = answer
}

// orders is the commands that were asked for, but for connects.
func (d *desk) orders() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var orders []string
	for _, c := range d.asked {
		if c.Kind != wire.CommandConnect {
			orders = append(orders, string(c.Kind)+" "+c.OfferID+c.TripID)
		}
	}
	return orders
}

func nobody(wire.Command) (wire.Reply, error) {
	return wire.Reply{}, fault.New(fault.Unavailable, "no dispatcher answers")
}

// phone is the other end of a session's socket.
type phone struct {
	t      *testing.T
	in     chan message
	out    chan []byte
	mute   atomic.Bool // does not answer pings
	closed chan struct{}
	once   sync.Once
	code   int
	reason string
	served chan error // what Serve returned
}

// tokenTTL is how long the phones' tokens are valid.
const tokenTTL = 24 * time.Hour

// connect opens a session. Frames that the phone does not read wait, up to
// unread.
func (w *world) connect(tracker *track.Tracker, driverID string, unread int) *phone {
	p := &phone{
		t: w.t, in: make(chan message), out: make(chan []byte, unread),
		closed: make(chan struct{}), served: make(chan error, 1),
	}
	go func() { p.served <- tracker.Serve(w.t.Context(), p, driverID, time.Now().Add(tokenTTL)) }()
	return p
}

// online is a phone that got its hello and is settled.
func (w *world) online(tracker *track.Tracker, driverID string) *phone {
	p := w.connect(tracker, driverID, 1000)
	p.expect(wire.FrameHello)
	synctest.Wait()
	return p
}

var errHungUp = errors.New("hung up")

// message is what a phone sends.
type message struct {
	data   []byte
	binary bool
}

// Receive scribbles over each message when its time is over.
func (p *phone) Receive(fn func([]byte, bool, error) bool) {
	for {
		select {
		case m, ok := <-p.in:
			if !ok || !fn(m.data, m.binary, nil) {
				return
			}
			for i := range m.data {
				m.data[i] = '!'
			}
		case <-p.closed:
			return
		}
	}
}

func (p *phone) Write(ctx context.Context, frame []byte) error {
	select {
	case p.out <- frame:
		return nil
	case <-p.closed:
		return errHungUp
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *phone) Ping(ctx context.Context) error {
	if !p.mute.Load() {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (p *phone) Close(code int, reason string) error {
	p.once.Do(func() {
		p.code, p.reason = code, reason
		close(p.closed)
	})
	return nil
}

// send gives the tracker frames; what comes after the end of the session is
// lost.
func (p *phone) send(frames ...string) {
	p.t.Helper()
	for _, f := range frames {
		p.put(message{data: []byte(f)})
	}
	synctest.Wait()
}

// sendBinary gives the tracker a binary frame.
func (p *phone) sendBinary(positions ...driver.Position) {
	p.t.Helper()
	data, err := wire.AppendBinaryFrame(nil, positions)
	if err != nil {
		p.t.Fatal(err)
	}
	p.put(message{data, true})
	synctest.Wait()
}

func (p *phone) put(m message) {
	select {
	case p.in <- m:
	case <-p.closed:
	}
}

func (p *phone) hangUp() {
	close(p.in)
	<-p.served
}

// frame is any frame to the driver.
type frame struct {
	Type    string
	Seq     uint64
	Code    string
	Detail  string
	Ref     string
	Reason  string
	Session string
	OfferID string `json:"offer_id"`
	Trip    struct {
		ID      string
		Version int64
	}
}

// next is the next frame to the phone.
func (p *phone) next() frame {
	p.t.Helper()
	select {
	case data := <-p.out:
		var f frame
		if err := json.Unmarshal(data, &f); err != nil {
			p.t.Fatalf("%s: %v", data, err)
		}
		return f
	case <-time.After(time.Minute):
		p.t.Fatal("no frame came")
		return frame{}
	}
}

func (p *phone) expect(kind string) frame {
	p.t.Helper()
	f := p.next()
	if f.Type != kind {
		p.t.Fatalf("got %+v, want a frame %q", f, kind)
	}
	return f
}

// nothing checks that no frame waits.
func (p *phone) nothing() {
	p.t.Helper()
	synctest.Wait()
	select {
	case data := <-p.out:
		p.t.Errorf("unexpected frame %s", data)
	default:
	}
}

// expectClose waits for the tracker to close the socket.
func (p *phone) expectClose(code int) {
	p.t.Helper()
	select {
	case err := <-p.served:
		var ended *track.Ended
		if p.code != code || !errors.As(err, &ended) || ended.Code != code || ended.Reason == "" {
			p.t.Errorf("closed with %d %q, Serve returned %v; want %d", p.code, p.reason, err, code)
		}
	case <-time.After(5 * time.Minute):
		p.t.Fatal("the socket was not closed")
	}
}

func (p *phone) expectOpen() {
	p.t.Helper()
	synctest.Wait()
	select {
	case <-p.closed:
		p.t.Fatalf("closed with %d %q", p.code, p.reason)
	default:
	}
}
