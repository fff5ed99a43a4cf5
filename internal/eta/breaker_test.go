package eta_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/cabstand/cabstand/internal/eta"
)

// wire is a connection to a server that hangs while it is ill.
type wire struct {
	ill   bool
	asked int
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.asked++
	if w.ill {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	body := io.NopCloser(strings.NewReader(`{"code":"Ok","durations":[[60]]}`))
	return &http.Response{StatusCode: 200, Body: body, Request: r}, nil
}

func TestEngine_Breaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{ill: true}
		e := mustOSRM(t, eta.Server{URL: "http://osrm", Timeout: 300 * time.Millisecond, Transport: w})
		ask := func() error {
			_, err := e.Pickups(t.Context(), around(1), center)
			return err
		}
		began := time.Now()
		for range 3 {
			if err := ask(); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("error = %v, want that the time is over", err)
			}
		}
		for range 100 {
			if err := ask(); !errors.Is(err, gobreaker.ErrOpenState) {
				t.Fatalf("error = %v, want an open breaker", err)
			}
		}
		if took := time.Since(began); took != 900*time.Millisecond || w.asked != 3 {
			t.Errorf("a server that hangs was asked %d times and cost %v", w.asked, took)
		}
		if err := e.Ping(t.Context()); !errors.Is(err, gobreaker.ErrOpenState) {
			t.Errorf("ping = %v, want an open breaker", err)
		}

		time.Sleep(5*time.Second + time.Millisecond) // of the bubble: the breaker lets one through
		if err := ask(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v, want one more try", err)
		}
		if err := ask(); !errors.Is(err, gobreaker.ErrOpenState) {
			t.Errorf("error = %v, want the breaker open again", err)
		}

		w.ill = false
		time.Sleep(5*time.Second + time.Millisecond)
		for range 10 {
			if err := ask(); err != nil {
				t.Errorf("error = %v from a server that is well again", err)
			}
		}
		if err := e.Ping(t.Context()); err != nil {
			t.Errorf("ping = %v from a server that is well again", err)
		}
	})
}

// Callers who go away say nothing about the server.
func TestEngine_BreakerLeavesOutWhoDidNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{ill: true}
		e := mustOSRM(t, eta.Server{URL: "http://osrm", Timeout: 300 * time.Millisecond, Transport: w})
		for range 50 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			if _, err := e.Pickups(ctx, around(1), center); err == nil {
				t.Fatal("an answer from a server that hangs")
			}
			cancel()
		}
		w.ill = false
		if _, err := e.Pickups(t.Context(), around(1), center); err != nil {
			t.Errorf("error = %v, want an answer", err)
		}
	})
}
