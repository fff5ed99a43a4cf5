package node

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// hurry is how much faster than usual a server of these tests loses patience.
const hurry = 100

// mustHurried serves as a node does, but for its limits: each, where there is
// one, is a hundredth.
func mustHurried(tb testing.TB, handler http.Handler) (address string) {
	tb.Helper()
	n := &Node{log: slog.New(slog.DiscardHandler)}
	n.serve(handler)
	for _, limit := range []*time.Duration{&n.server.ReadHeaderTimeout, &n.server.ReadTimeout, &n.server.WriteTimeout, &n.server.IdleTimeout} {
		*limit /= hurry
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- n.server.Serve(l) }()
	tb.Cleanup(func() {
		n.server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			tb.Error(err)
		}
	})
	return l.Addr().String()
}

func mustDial(tb testing.TB, address string) net.Conn {
	tb.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		tb.Fatal(err)
	}
	return conn
}

func TestServe_SlowSenders(t *testing.T) {
	address := mustHurried(t, http.NotFoundHandler())
	for name, beginning := range map[string]string{
		"Nothing":       "",
		"HalfAHeader":   "GET / HTTP/1.1\r\nHost:",
		"HalfABody":     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
		"BodyOfAGet":    "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
		"HalfAChunk":    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{",
		"BodyOfUpgrade": "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 1000\r\n\r\n",
		"HalfAnUpgrade": "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key:",
		"Idle":          "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		conn := mustDial(t, address)
		if _, err := io.WriteString(conn, beginning); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the connection is held for ever", name)
		}
	}
}

// Who goes on sending, a byte now and then, is cut off no later: what counts is
// how long all of it takes. The bytes come faster than any limit here.
func TestServe_Trickle(t *testing.T) {
	for name, beginning := range map[string]string{
		"Header":    "GET / HTTP/1.1\r\nHost: x\r\nA: ",
		"Handshake": "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ",
		"Body":      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			address := mustHurried(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
			conn := mustDial(t, address)
			drop, began := time.NewTicker(10*time.Millisecond), time.Now()
			defer drop.Stop()
			for _, err := io.WriteString(conn, beginning); err == nil; _, err = io.WriteString(conn, "a") {
				<-drop.C
				if err := conn.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
					t.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, conn); !errors.Is(err, os.ErrDeadlineExceeded) {
					return // the server hung up
				}
				if time.Since(began) > 15*time.Second {
					t.Fatal("the connection is held for ever")
				}
			}
		})
	}
}

// Who asks and asks and never reads an answer is cut off as well.
func TestServe_SlowReaders(t *testing.T) {
	page := bytes.Repeat([]byte("x"), 1<<20)
	address := mustHurried(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(page) // that the client is gone is what the test wants
	}))
	conn := mustDial(t, address)
	requests := strings.Repeat("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1000)
	for {
		_, err := io.WriteString(conn, requests)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("the connection is held for ever")
		}
		if err != nil {
			return
		}
	}
}
