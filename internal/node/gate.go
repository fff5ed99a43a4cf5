package node

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// gate accepts connections for as long as the program runs: whatever goes wrong
// when one is accepted, the next may be well. Each connection is an open file,
// of which a process has so many, and the program's own connections need some.
// So beyond its room requests are answered with 503, and a little further
// connections are closed as they come.
type gate struct {
	net.Listener
	room int64 // connections that are served
	log  *slog.Logger

	open    atomic.Int64
	failed  time.Time // when the last could not be accepted, in an outage; of Accept alone
	closing chan struct{}
	once    sync.Once

	errors prometheus.Counter
	turned prometheus.Counter
}

// turnedAway is how many connections beyond the room may wait for their 503.
const turnedAway = 16

func newGate(l net.Listener, room int, r prometheus.Registerer, log *slog.Logger) *gate {
	g := &gate{
		Listener: l, room: int64(room), log: log, closing: make(chan struct{}),
		errors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cabstand_accept_errors_total", Help: "Connections that could not be accepted, for lack of open files most likely.",
		}),
		turned: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cabstand_connections_refused_total", Help: "Connections beyond the room that open files leave: answered with 503, or closed.",
		}),
	}
	r.MustRegister(g.errors, g.turned)
	gauge(r, "cabstand_connections_open", "Open connections of clients.", func() float64 { return float64(g.open.Load()) })
	gauge(r, "cabstand_connections_room", "Open connections of clients from which on requests get 503.", func() float64 { return float64(g.room) })
	return g
}

// Pauses after a connection that could not be accepted: each is twice as long as
// the one before, so that a lack of files is not a busy loop.
const (
	firstPause = 5 * time.Millisecond
	mostPause  = time.Second
)

// calmAfter is how long all has to go well until an outage is over: in a flood
// now and then one gets in.
const calmAfter = 10 * time.Second

// Accept waits for the next connection. The error is net.ErrClosed. It is called
// by one goroutine.
func (g *gate) Accept() (net.Conn, error) {
	pause := firstPause
	for {
		conn, err := g.Listener.Accept()
		if err == nil {
			g.accepted()
			pause = firstPause
			if v := g.admit(conn); v != nil {
				return v, nil
			}
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		g.missed(err)
		if !g.rest(pause) {
			return nil, net.ErrClosed
		}
		pause = min(2*pause, mostPause)
	}
}

// rest pauses, and reports false when the gate is closed meanwhile.
func (g *gate) rest(pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-g.closing:
		return false
	case <-timer.C:
		return true
	}
}

// Close ends Accept.
func (g *gate) Close() error {
	g.once.Do(func() { close(g.closing) })
	return g.Listener.Close()
}

// missed counts a connection that could not be accepted, and logs the first of
// an outage.
func (g *gate) missed(err error) {
	g.errors.Inc()
	if g.failed.IsZero() {
		g.log.Warn("connections cannot be accepted; trying again and again", "open", g.open.Load(), "err", err)
	}
	g.failed = time.Now()
}

// accepted ends an outage.
func (g *gate) accepted() {
	if !g.failed.IsZero() && time.Since(g.failed) >= calmAfter {
		g.failed = time.Time{}
		g.log.Info("connections are accepted again")
	}
}

// admit is the connection as a guest; nil where there is no room even to say
// so.
func (g *gate) admit(conn net.Conn) net.Conn {
	n := g.open.Add(1)
	v := &guest{Conn: conn, gate: g, over: n > g.room}
	if v.over {
		g.turned.Inc()
	}
	if n > g.room+turnedAway {
		_ = v.Close() // nobody is there to hear of it
		return nil
	}
	return v
}

// guest is a connection that is counted while it is open.
type guest struct {
	net.Conn
	gate *gate
	over bool // there is no room for it
	once sync.Once
}

// Close makes room, once.
func (v *guest) Close() error {
	v.once.Do(func() { v.gate.open.Add(-1) })
	return v.Conn.Close()
}

// Plain is the connection itself, for who takes it over and closes the guest.
func (v *guest) Plain() net.Conn { return v.Conn }

// CloseWrite lets a server say why it closes before it does.
func (v *guest) CloseWrite() error {
	if half, ok := v.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

type overKey struct{}

// markOver lets handlers know of connections that there is no room for. It is an
// http.Server's ConnContext.
func markOver(ctx context.Context, conn net.Conn) context.Context {
	if v, ok := conn.(*guest); ok && v.over {
		return context.WithValue(ctx, overKey{}, true)
	}
	return ctx
}

// turnAway answers requests of such connections, and ends them.
func turnAway(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Value(overKey{}) == nil {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Connection", "close")
		refuse(w, "5", fullProblem)
	})
}

// refuse says that nobody is served now.
func refuse(w http.ResponseWriter, retryAfter, problem string) {
	h := w.Header()
	h.Set("Retry-After", retryAfter)
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, problem) // who went meanwhile does not want it
}

const fullProblem = `{"type":"about:blank","title":"Service Unavailable","status":503,"code":"unavailable","detail":"too many connections are open: try again"}` + "\n"
