package api_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/cabstand/cabstand/internal/api"
)

// mustUpgrade opens a WebSocket by hand: a client that does what no library does.
func mustUpgrade(t *testing.T, url, path, token string) (net.Conn, *bufio.Reader) {
	t.Helper()
	address := strings.TrimPrefix(url, "http://")
	conn := must[net.Conn](t)(net.Dial("tcp", address))
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(2 * soon)); err != nil {
		t.Fatal(err)
	}
	_, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: "+address+"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer "+token+"\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	from := bufio.NewReader(conn)
	response := must[*http.Response](t)(http.ReadResponse(from, nil))
	response.Body.Close()
	if response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%s answers %d", path, response.StatusCode)
	}
	return conn, from
}

// The kinds of frames that the test looks for (RFC 6455, section 5.2).
const (
	frameClose = 0x88
	framePong  = 0x8a
)

// readRaw is a frame as it comes from a server.
func readRaw(t *testing.T, from *bufio.Reader) (kind byte, payload []byte) {
	t.Helper()
	head := make([]byte, 2)
	if _, err := io.ReadFull(from, head); err != nil {
		t.Fatal(err)
	}
	n := int(head[1])
	if n == 126 {
		long := make([]byte, 2)
		if _, err := io.ReadFull(from, long); err != nil {
			t.Fatal(err)
		}
		n = int(binary.BigEndian.Uint16(long))
	}
	payload = make([]byte, n)
	if _, err := io.ReadFull(from, payload); err != nil {
		t.Fatal(err)
	}
	return head[0], payload
}

// Who pings now and then is answered; who does nothing else is thrown out, and told
// why.
func TestSockets_Pings(t *testing.T) {
	city, world := newCity(t, nil), newTrackerWorld(t, api.TrackerOptions{})
	for name, at := range map[string]struct{ url, path, token string }{
		"Rider":    {city.url, "/v1/stream", city.token("rider:r1")},
		"Operator": {city.url, "/v1/stream", city.token("operator:o1")},
		"Driver":   {world.server.URL, trackerPath, "driver:d1"},
	} {
		t.Run(name, func(t *testing.T) {
			const usual, flood = 25, 300
			ping := string([]byte{0x89, 0x80, 0, 0, 0, 0}) // masked, empty
			conn, from := mustUpgrade(t, at.url, at.path, at.token)
			send := func(n int) {
				if _, err := io.WriteString(conn, strings.Repeat(ping, n)); err != nil {
					t.Fatal(err)
				}
			}
			send(usual)
			for pongs := 0; pongs < usual; {
				if kind, payload := readRaw(t, from); kind == framePong {
					pongs++
				} else if kind == frameClose {
					t.Fatalf("closed after %d of %d pings: %q", pongs, usual, payload)
				}
			}
			send(flood)
			pongs := 0
			kind, payload := readRaw(t, from)
			for ; kind != frameClose; kind, payload = readRaw(t, from) {
				if kind == framePong {
					pongs++
				}
			}
			if code := websocket.StatusCode(binary.BigEndian.Uint16(payload)); code != websocket.StatusPolicyViolation || string(payload[2:]) != "too many pings" || pongs >= flood {
				t.Errorf("closed with %d %q after %d pongs to %d pings", code, payload[2:], pongs, flood)
			}
		})
	}
}
