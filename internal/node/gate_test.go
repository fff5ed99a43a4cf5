package node

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// moody is a listener that fails as it is told.
type moody struct {
	mu     sync.Mutex
	says   []error // one for each Accept; nil: a connection
	asked  int
	closed chan struct{}
}

func (m *moody) Accept() (net.Conn, error) {
	m.mu.Lock()
	m.asked++
	if len(m.says) > 0 {
		err := m.says[0]
		m.says = m.says[1:]
		m.mu.Unlock()
		if err != nil {
			return nil, err
		}
		conn, _ := net.Pipe()
		return conn, nil
	}
	m.mu.Unlock()
	<-m.closed
	return nil, net.ErrClosed
}

func (m *moody) Close() error   { close(m.closed); return nil }
func (m *moody) Addr() net.Addr { return &net.TCPAddr{} }

func figure(tb testing.TB, r *prometheus.Registry, name string) float64 {
	tb.Helper()
	families, err := r.Gather()
	if err != nil {
		tb.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	tb.Fatalf("no figure %s", name)
	return 0
}

func TestGate_ErrorsEndNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var says []error
		for range 10 {
			says = append(says, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, errors.New("something else"))
		}
		l := &moody{says: append(says, nil, syscall.EMFILE, nil, nil), closed: make(chan struct{})}
		var log bytes.Buffer
		figures := prometheus.NewRegistry()
		g := newGate(l, 10, figures, slog.New(slog.NewTextHandler(&log, nil)))
		began := time.Now()
		conn, err := g.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if n := figure(t, figures, "cabstand_accept_errors_total"); n != float64(len(says)) {
			t.Errorf("%v errors are counted, want %d", n, len(says))
		}
		// 5 ms, doubled to a second: eight pauses up to it, then one a second.
		if took := time.Since(began); took < 30*time.Second || took > 35*time.Second {
			t.Errorf("40 failures in a row took %v: want pauses that grow to a second", took)
		}
		for range 2 { // one comes in, another does not; later all is well
			conn, err := g.Accept()
			if err != nil {
				t.Fatal(err)
			}
			conn.Close()
			time.Sleep(calmAfter)
		}
		if n := strings.Count(log.String(), "level="); n != 2 {
			t.Errorf("%d lines are logged, want one of the beginning and one of the end:\n%s", n, &log)
		}
	})
}

func TestGate_CloseEndsAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		says := make([]error, 1000)
		for i := range says {
			says[i] = syscall.EMFILE
		}
		g := newGate(&moody{says: says, closed: make(chan struct{})}, 10, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
		done := make(chan error)
		go func() {
			_, err := g.Accept()
			done <- err
		}()
		time.Sleep(20*time.Second + 100*time.Millisecond) // in the midst of a pause
		closed := time.Now()
		g.Close()
		if err := <-done; !errors.Is(err, net.ErrClosed) || time.Since(closed) > 0 {
			t.Errorf("Accept ended with %v after %v", err, time.Since(closed))
		}
	})
}

// Beyond the room every request gets a clean answer, further connections are
// closed, and all that is forgotten once there is room again.
func TestGate_Room(t *testing.T) {
	const room = 3
	n := &Node{log: slog.New(slog.DiscardHandler)}
	n.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "served") }))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	figures := prometheus.NewRegistry()
	g := newGate(l, room, figures, n.log)
	done := make(chan error, 1)
	go func() { done <- n.server.Serve(g) }()
	t.Cleanup(func() {
		n.server.Close()
		<-done
	})
	ask := func(conn net.Conn) (status int, retry, body string) {
		t.Helper()
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			return 0, "", ""
		}
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return 0, "", ""
		}
		defer response.Body.Close()
		data, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, response.Header.Get("Retry-After"), string(data)
	}
	var inside []net.Conn
	for range room {
		conn := mustDial(t, l.Addr().String())
		if status, _, body := ask(conn); status != http.StatusOK || body != "served" {
			t.Fatalf("%d %q within the room", status, body)
		}
		inside = append(inside, conn)
	}
	status, retry, body := ask(mustDial(t, l.Addr().String()))
	if status != http.StatusServiceUnavailable || retry == "" || !strings.Contains(body, `"code":"unavailable"`) {
		t.Errorf("beyond the room: %d, Retry-After %q, %s", status, retry, body)
	}
	for range turnedAway { // they say nothing, and are held until the server loses its patience
		mustDial(t, l.Addr().String())
	}
	for range 20 {
		if status, _, _ := ask(mustDial(t, l.Addr().String())); status == http.StatusOK {
			t.Fatal("served beyond the room")
		}
	}
	if held := g.open.Load(); held > room+turnedAway {
		t.Errorf("%d connections are held, want %d at most", held, room+turnedAway)
	}
	if got := figure(t, figures, "cabstand_connections_refused_total"); got < 20 {
		t.Errorf("%v connections are counted as refused", got)
	}
	n.server.SetKeepAlivesEnabled(false) // ends those that are idle
	for _, conn := range inside {
		conn.Close()
	}
}

func TestRoomFor(t *testing.T) {
	for files, want := range map[uint64]struct{ room, sockets int }{
		0:       {1 << 30, 100_000},
		1 << 63: {1 << 30, 100_000},
		20:      {1, 1},
		64:      {32, 24},
		1024:    {896, 672},
		20_000:  {18_976, 18_464},
		1 << 20: {1<<20 - 1024, 100_000},
	} {
		room := roomFor(files)
		if got := socketsWithin(room); room != want.room || got != want.sockets {
			t.Errorf("of %d files %d connections and %d sockets, want %d and %d", files, room, got, want.room, want.sockets)
		}
	}
}
