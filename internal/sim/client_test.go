package sim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
)

// script answers requests one after the other: with a status and its Retry-After,
// or 0 for a connection that breaks.
type script struct {
	answers []string // "503 2", "201", "0"
	keys    []string
	at      []time.Time
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	s.keys, s.at = append(s.keys, req.Header.Get("Idempotency-Key")), append(s.at, time.Now())
	status, after, _ := strings.Cut(s.answers[min(len(s.at), len(s.answers))-1], " ")
	if status == "0" {
		return nil, io.ErrUnexpectedEOF
	}
	codes := map[string]int{"201": 201, "404": 404, "429": 429, "500": 500, "503": 503}
	return &http.Response{
		StatusCode: codes[status], Header: http.Header{"Retry-After": {after}},
		Body: io.NopCloser(strings.NewReader(`{"code":"not_found","detail":"no such trip","id":"t"}`)),
	}, nil
}

// newClient is a client that gets the answers.
func newClient(s *script) (*client, map[string]int) {
	counts := map[string]int{}
	return &client{
		target: "http://engine", http: &http.Client{Transport: s}, now: time.Now,
		token: func(role, sub string) (string, error) { return role + "." + sub, nil },
		count: func(status string) { counts[status]++ },
	}, counts
}

func request(patience time.Duration) call {
	return call{role: "rider", sub: "r", method: http.MethodPost, path: "/v1/trips", key: "k", body: map[string]int{}, patience: patience}
}

func TestClient_Do(t *testing.T) {
	t.Run("TriesAgain", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &script{answers: []string{"0", "503 7", "429 3", "500", "201"}}
			c, counts := newClient(s)
			var out struct{ ID string }
			if err := c.do(t.Context(), request(time.Hour), &out); err != nil || out.ID != "t" {
				t.Fatalf("%+v, error %v", out, err)
			}
			if strings.Join(s.keys, "") != "kkkkk" {
				t.Fatalf("keys %q", s.keys)
			}
			if p := s.at[2].Sub(s.at[1]); p < 7*time.Second {
				t.Fatalf("%v after Retry-After: 7", p)
			}
			if p := s.at[3].Sub(s.at[2]); p < 3*time.Second {
				t.Fatalf("%v after Retry-After: 3", p)
			}
			for status, want := range map[string]int{"network": 1, "503": 1, "429": 1, "500": 1, "201": 1} {
				if counts[status] != want {
					t.Fatalf("counted %v", counts)
				}
			}
		})
	})
	t.Run("TakesNoForAnAnswer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &script{answers: []string{"404"}}
			c, _ := newClient(s)
			var refused *refusal
			err := c.do(t.Context(), request(time.Hour), nil)
			if !errors.As(err, &refused) || refused.code != fault.NotFound || len(s.at) != 1 {
				t.Fatalf("error %v after %d requests", err, len(s.at))
			}
		})
	})
	t.Run("LosesPatience", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &script{answers: []string{"503"}}
			c, _ := newClient(s)
			began := time.Now()
			err := c.do(t.Context(), request(time.Minute), nil)
			if took := time.Since(began); err == nil || took != time.Minute {
				t.Fatalf("error %v after %v", err, took)
			}
			if n := len(s.at); n < 6 || n > 30 {
				t.Fatalf("%d requests in a minute", n)
			}
		})
	})
	t.Run("IsStopped", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, _ := newClient(&script{answers: []string{"503"}})
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			began := time.Now()
			if err := c.do(ctx, request(time.Hour), nil); err == nil || time.Since(began) != 5*time.Second {
				t.Fatalf("error %v after %v", err, time.Since(began))
			}
		})
	})
}

func TestBackoff(t *testing.T) {
	b := backoff{first: 500 * time.Millisecond, most: 15 * time.Second}
	for i := range 20 {
		d := b.next()
		if d < b.first/2 || d > b.most || i > 6 && d < b.most/2 {
			t.Fatalf("pause %d is %v", i, d)
		}
	}
	b.reset()
	if d := b.next(); d > b.first {
		t.Fatalf("%v after a reset", d)
	}
}

func TestCheckAddress(t *testing.T) {
	if got, err := checkAddress("target", "http://127.0.0.1:8080/"); err != nil || got != "http://127.0.0.1:8080" {
		t.Fatalf("%q, error %v", got, err)
	}
	for _, bad := range []string{"", "127.0.0.1:8080", "ftp://x", "http://", "http://a b"} {
		if _, err := checkAddress("target", bad); err == nil || !strings.Contains(err.Error(), "target") {
			t.Errorf("%q: error %v", bad, err)
		}
	}
}
