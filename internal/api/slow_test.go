package api_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/trip"
)

// dawdler is somebody who was let in, and keeps the body to oneself.
type dawdler struct {
	conn net.Conn
	from *bufio.Reader
}

// dawdle makes a request, and waits until its body is being read: then the client
// was let in. The status is 100 where it was.
func (c *city) dawdle(line, who string) (d dawdler, status int) {
	c.Helper()
	conn := must[net.Conn](c)(net.Dial("tcp", strings.TrimPrefix(c.url, "http://")))
	c.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(soon)); err != nil {
		c.Fatal(err)
	}
	request := fmt.Sprintf("%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		line, c.token(who), len(tripJSON("")))
	if _, err := io.WriteString(conn, request); err != nil {
		c.Fatal(err)
	}
	d = dawdler{conn, bufio.NewReader(conn)}
	return d, d.status(c)
}

func (d dawdler) status(c *city) int {
	c.Helper()
	response := must[*http.Response](c)(http.ReadResponse(d.from, nil))
	defer response.Body.Close()
	if response.StatusCode != http.StatusContinue {
		_ = must[[]byte](c)(io.ReadAll(response.Body))
	}
	return response.StatusCode
}

// Whoever sends requests for trips slowly keeps nobody else from asking for one,
// and is served when the rest comes.
func TestIntake_SlowBodies(t *testing.T) {
	c := newCity(t, func(d *api.Deps) { d.MaxNewTrips = 2 })
	var slow []dawdler
	began := time.Now()
	for range 5 {
		d, status := c.dawdle("POST /v1/trips", "rider:r1")
		if status != http.StatusContinue {
			t.Fatalf("a request for a trip is answered %d", status)
		}
		slow = append(slow, d)
	}
	c.expect(http.StatusCreated, "POST", "/v1/trips", "rider:r2", tripJSON(""))
	if _, err := io.WriteString(slow[0].conn, tripJSON("")); err != nil {
		t.Fatal(err)
	}
	if status := slow[0].status(c); status != http.StatusCreated && time.Since(began) < 5*time.Second {
		t.Errorf("who sent slowly, but within 5 s, got %d", status)
	}
}

// heldStore tells no earnings until it is let.
type heldStore struct {
	api.Trips
	asked, answer chan struct{}
}

func (s heldStore) Earnings(ctx context.Context, driverID string, from, to time.Time) ([]trip.Earning, error) {
	s.asked <- struct{}{}
	<-s.answer
	return s.Trips.Earnings(ctx, driverID, from, to)
}

// One caller holds so many places and no more; a place is given back when its
// request is over.
func TestRequests_InHand(t *testing.T) {
	const most, path = 32, "/v1/driver/earnings?from=2026-01-01&to=2026-01-02"
	held := heldStore{asked: make(chan struct{}), answer: make(chan struct{})}
	c := newCity(t, func(d *api.Deps) {
		held.Trips = d.Trips
		d.Trips, d.Pace = held, api.Pace{PerSecond: 1000, Burst: 1000}
	})
	letGo := sync.OnceFunc(func() { close(held.answer) })
	t.Cleanup(letGo) // the server waits for its requests
	results := make(chan answer)
	for range most {
		go func() { results <- c.call("GET", path, "driver:d1", "") }()
		<-held.asked
	}
	a := c.refused(http.StatusTooManyRequests, "rate_limited", "GET", "/v1/trips", "driver:d1", "", "32")
	if a.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q, want 1 s", a.header.Get("Retry-After"))
	}
	c.expect(http.StatusOK, "GET", "/v1/trips", "driver:d2", "")
	c.expect(http.StatusOK, "GET", "/v1/trips", "rider:d1", "")
	letGo()
	for range most {
		if a := <-results; a.status != http.StatusOK {
			t.Errorf("who was let in got %d %s", a.status, a.body)
		}
	}
	c.expect(http.StatusOK, "GET", "/v1/trips", "driver:d1", "")
}
