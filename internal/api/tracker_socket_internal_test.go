package api

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/coder/websocket"

	"github.com/cabstand/cabstand/internal/poller"
	"github.com/cabstand/cabstand/internal/wire"
)

// However the bytes of a message come, and whatever the memory held before,
// what is read is the message.
func TestReadMessage(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 9, 100, 5000} {
		message := bytes.Repeat([]byte("abcdefg"), n)[:n]
		for name, r := range map[string]io.Reader{
			"AtOnce": bytes.NewReader(message), "ByteByByte": iotest.OneByteReader(bytes.NewReader(message)),
			"EndWithTheLast": iotest.DataErrReader(bytes.NewReader(message)),
		} {
			memory := slices.Repeat([]byte("?"), 8)
			if got, err := readMessage(r, memory[:0]); err != nil || !bytes.Equal(got, message) {
				t.Errorf("%s: %d bytes of %d, %v", name, len(got), n, err)
			}
		}
	}
	broken := errors.New("broken")
	r := io.MultiReader(bytes.NewReader(make([]byte, 100)), iotest.ErrReader(broken))
	if _, err := readMessage(r, nil); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestReadMessage_DoesNotAllocate(t *testing.T) {
	memory := make([]byte, 0, 128)
	r := bytes.NewReader(make([]byte, 120))
	allocs := testing.AllocsPerRun(100, func() {
		r.Reset(memory[:120])
		if _, err := readMessage(r, memory[:0]); err != nil {
			t.Error(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// dialRaw opens a socket to a server of its own and returns both ends: that of
// the phone speaks TCP.
func dialRaw(t *testing.T, waits *poller.Poller) (phone net.Conn, socket *trackerSocket) {
	t.Helper()
	return newRawServer(t, waits)("")
}

// newRawServer is how to open sockets to a server. What comes early is sent with
// the request already.
func newRawServer(t *testing.T, waits *poller.Poller) (dial func(early string) (phone net.Conn, socket *trackerSocket)) {
	accepted, over := make(chan *trackerSocket, 1), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		taken := &takeover{ResponseWriter: w, poller: waits}
		conn, err := websocket.Accept(taken, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
		if err != nil {
			t.Error(err)
			close(accepted)
			return
		}
		conn.SetReadLimit(wire.MaxFrameBytes)
		accepted <- &trackerSocket{conn: conn, quick: taken.conn, buffered: taken.buffered, memory: &sync.Pool{New: newMessageMemory}}
		<-over
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(over) })
	return func(early string) (net.Conn, *trackerSocket) {
		t.Helper()
		phone, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { phone.Close() })
		_, err = io.WriteString(phone, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"+early)
		if err != nil {
			t.Fatal(err)
		}
		socket := <-accepted
		if socket == nil {
			t.FailNow()
		}
		t.Cleanup(func() { socket.conn.CloseNow() })
		return phone, socket
	}
}

func newTestPoller(t *testing.T) *poller.Poller {
	waits, err := poller.New(time.Millisecond)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("there is no poller for this system")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { waits.Close() })
	return waits
}

// masked is a text message of at most 125 bytes as a client frames it.
func masked(text string) []byte {
	return append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...)
}

// From the socket's bytes to the message nothing is allocated, whether the poller
// reads it or the library.
func TestTrackerSocket_ReceiveDoesNotAllocate(t *testing.T) {
	const text = `{"type":"position","seq":7,"lat":40.7306123,"lon":-73.9866011,"t":1700000000123}`
	for name, waits := range map[string]*poller.Poller{"Poller": newTestPoller(t), "Library": nil} {
		t.Run(name, func(t *testing.T) {
			phone, socket := dialRaw(t, waits)
			frame, got, done := masked(text), make(chan struct{}), make(chan struct{})
			go func() {
				defer close(done)
				socket.Receive(func(data []byte, binary bool, err error) bool {
					if string(data) != text || binary || err != nil {
						t.Errorf("got %q, %v, %v", data, binary, err)
					}
					got <- struct{}{}
					return true
				})
			}()
			allocs := testing.AllocsPerRun(200, func() {
				if _, err := phone.Write(frame); err != nil {
					t.Error(err)
				}
				<-got
			})
			if allocs != 0 {
				t.Errorf("%v allocations a message", allocs)
			}
			phone.Close()
			<-done
		})
	}
}

// A socket at rest holds no memory for messages.
func TestTrackerSocket_HoldsNothingWhileItWaits(t *testing.T) {
	phone, socket := dialRaw(t, nil)
	if _, err := phone.Write(masked("hello")); err != nil {
		t.Fatal(err)
	}
	socket.Receive(func([]byte, bool, error) bool {
		if socket.held == nil {
			t.Error("the message is in no memory")
		}
		return false
	})
	if socket.held != nil {
		t.Errorf("held %v", socket.held)
	}
}
