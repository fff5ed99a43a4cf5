package main

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/wire"
)

var noon = time.UnixMilli(1_700_000_000_123).UTC()

func fixes(n int) (all []fix) {
	for i := range n {
		all = append(all, fix{at: place{float64(100 * i), 250}, seq: uint64(i + 1), t: noon.Add(time.Duration(i) * time.Second), speed: 7.25, heading: i % 4})
	}
	return all
}

// What the generator sends is what the tracker reads, in both forms.
func TestAppendPositions(t *testing.T) {
	for _, n := range []int{1, 4} {
		want := fixes(n)
		frame, err := wire.DecodeDriverFrame(appendPositions(nil, want))
		if err != nil || len(frame.Positions) != n {
			t.Fatalf("%d positions: got %v, %v", n, frame, err)
		}
		for i, p := range frame.Positions {
			w := want[i]
			if geo.Distance(p.Point, w.at.point()) > 0.2 || p.Seq != w.seq || !p.FixedAt.Equal(w.t) || p.Heading != float64(90*w.heading) || p.Accuracy != 6 {
				t.Errorf("position %d: got %+v, want %+v", i, p, w)
			}
		}
	}
}

// The socket is held against a real server: frames of every length form arrive
// as they were sent, pings are answered, and what the server says is counted.
func TestSocket(t *testing.T) {
	texts := []string{"a", strings.Repeat("b", 125), strings.Repeat("c", 126), strings.Repeat("d", 5000)}
	got, ponged := make(chan string, len(texts)), make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t0ken" {
			t.Errorf("Authorization: %q", r.Header.Get("Authorization"))
		}
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.CloseNow()
		for _, s := range []string{`{"type":"hello"}`, `{"type":"ack","seq":1}`, `{"type":"rejected"}`, `{"type":"offer","x":"` + strings.Repeat("x", 300) + `"}`} {
			if err := c.Write(r.Context(), websocket.MessageText, []byte(s)); err != nil {
				t.Error(err)
			}
		}
		for range texts {
			_, data, err := c.Read(r.Context())
			if err != nil {
				t.Error(err)
			}
			got <- string(data)
		}
		go func() { ponged <- c.Ping(r.Context()) }()
		_, _, _ = c.Read(r.Context()) // takes the pong, until the test ends
	}))
	defer server.Close()
	s, err := dial(netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://")), "/", "t0ken")
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for _, want := range texts {
		if !s.send(appendFrame(nil, opText, []byte(want))) {
			t.Fatal("not sent")
		}
		if have := <-got; have != want {
			t.Errorf("got %q, want %q", have, want)
		}
	}
	for buf := make([]byte, 64); ; s.listen(buf) {
		select {
		case err := <-ponged:
			if err != nil {
				t.Errorf("ping: %v", err)
			}
			if h := s.heard; h.Hellos != 1 || h.Acks != 1 || h.Rejected != 1 || h.Errors != 1 || h.Closed != 0 {
				t.Errorf("heard %+v", h)
			}
			return
		default:
		}
	}
}

func TestDial_Refused(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, err := dial(netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://")), "/", "")
	if err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("got %v, want the answer", err)
	}
}
