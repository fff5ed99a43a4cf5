package api_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// hurried serves the city under short time limits until patient is called.
func (c *city) hurried(limit time.Duration) (patient func()) {
	web := httptest.NewUnstartedServer(c.api.Handler())
	web.Config.ReadTimeout, web.Config.WriteTimeout = limit, limit
	web.Start()
	c.Cleanup(web.Close)
	before := c.url
	c.url = web.URL
	return func() { c.url = before }
}

// cutOff sends the beginning of a request and waits for the server to lose
// patience.
func (c *city) cutOff(beginning string) string {
	c.Helper()
	conn := must[net.Conn](c)(net.Dial("tcp", strings.TrimPrefix(c.url, "http://")))
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(soon)); err != nil {
		c.Fatal(err)
	}
	if _, err := io.WriteString(conn, beginning); err != nil {
		c.Fatal(err)
	}
	said, err := io.ReadAll(conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.Fatalf("still waiting after %v for the rest of %q", soon, beginning)
	}
	return string(said)
}

func TestTimeouts_StreamsOutliveThem(t *testing.T) {
	c := newCity(t, nil)
	mine := c.assigned("r1", "d1")
	patient := c.hurried(200 * time.Millisecond)
	res := must[*http.Response](t)(http.Get(c.url + "/v1/trips/" + mine.ID + "/events?access_token=" + c.token("rider:r1")))
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	if !lines.Scan() || lines.Text() != ": connected" {
		t.Fatalf("%d %q", res.StatusCode, lines.Text())
	}
	socket := c.dialStream("rider:r1")
	for range 2 { // the limits pass twice
		c.cutOff("POST /v1/trips HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
	}
	// A kept connection that is idle ends at the limit too, perhaps just as the
	// next request goes out on it.
	patient()
	c.drive(mine)
	var states []string
	for lines.Scan() {
		if state, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			states = append(states, state)
		}
	}
	if got := fmt.Sprint(states); got != "[searching assigned arrived riding completed]" {
		t.Errorf("the stream told of %s: %v", got, lines.Err())
	}
	var f struct{ Trip struct{ State string } }
	for f.Trip.State != "completed" {
		socket.until("trip", &f)
	}
}

// Whoever holds back a body is cut off, with a token or without.
func TestTimeouts_SlowBodies(t *testing.T) {
	c := newCity(t, nil)
	c.hurried(200 * time.Millisecond)
	for _, line := range []string{"POST /v1/trips", "POST /nothing", "GET /healthz", "GET /v1/stream", "PUT /v1/trips"} {
		c.cutOff(line + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
		if said := c.cutOff(line + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n{"); !strings.HasPrefix(said, "HTTP/1.1 411 ") {
			t.Errorf("%s in chunks is answered %q", line, said)
		}
	}
}

// A body is given less time than a request: who is let in holds a place.
func TestTimeouts_SlowBodyWithToken(t *testing.T) {
	c := newCity(t, nil)
	said := c.cutOff("POST /v1/trips HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nAuthorization: Bearer " + c.token("rider:r1") + "\r\n\r\n{")
	if !strings.HasPrefix(said, "HTTP/1.1 400 ") || !strings.Contains(said, "5s") {
		t.Errorf("answered %q", said)
	}
}
