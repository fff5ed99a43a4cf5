package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/cabstand/cabstand/internal/api"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func mustGate(tb testing.TB, o api.GateOptions, proxies ...string) http.Handler {
	tb.Helper()
	o.Proxies = must[[]netip.Prefix](tb)(api.ParseProxies(proxies))
	if o.Now == nil {
		o.Now = func() time.Time { return noon }
	}
	return api.NewGate(o).Guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
}

// through sends a request from an address; headers are names and values.
func through(h http.Handler, from string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/v1/trips", nil)
	r.RemoteAddr = from
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Whether two requests count as from the same address shows in how many are
// left.
func TestGate_Addresses(t *testing.T) {
	const proxy, other, stranger = "10.0.0.1:4000", "10.9.9.9:4000", "203.0.113.9:4000"
	forwarded := func(values ...string) (headers []string) {
		for _, v := range values {
			headers = append(headers, "X-Forwarded-For", v)
		}
		return headers
	}
	for name, c := range map[string]struct {
		from, then        string
		headers, headers2 []string
		same              bool
	}{
		"AnotherPort":         {from: stranger, then: "203.0.113.9:5", same: true},
		"AnotherAddress":      {from: stranger, then: "203.0.113.10:4000"},
		"MappedIPv4":          {from: stranger, then: "[::ffff:203.0.113.9]:4000", same: true},
		"SameIPv6Network":     {from: "[2001:db8:1:2::1]:1", then: "[2001:db8:1:2:ffff::9]:1", same: true},
		"OtherIPv6Network":    {from: "[2001:db8:1:2::1]:1", then: "[2001:db8:1:3::1]:1"},
		"ClientsOfAProxy":     {from: proxy, then: proxy, headers: forwarded("198.51.100.1"), headers2: forwarded("198.51.100.2")},
		"OneClientTwoProxies": {from: proxy, then: other, headers: forwarded("198.51.100.1"), headers2: forwarded("198.51.100.1"), same: true},
		"ChainOfProxies":      {from: proxy, then: proxy, headers: forwarded("198.51.100.1, 10.4.4.4"), headers2: forwarded("198.51.100.1", "10.5.5.5"), same: true},
		// What a client wrote itself stands before what the proxy wrote.
		"InventedByTheClient": {from: proxy, then: proxy, headers: forwarded("1.1.1.1, 198.51.100.1"), headers2: forwarded("2.2.2.2, 198.51.100.1"), same: true},
		"InventedLoopback":    {from: proxy, then: proxy, headers: forwarded("198.51.100.1"), headers2: forwarded("127.0.0.1, 198.51.100.1"), same: true},
		"NoProxyOfOurs":       {from: stranger, then: stranger, headers: forwarded("1.1.1.1"), headers2: forwarded("2.2.2.2"), same: true},
		"NotAnAddress":        {from: proxy, then: proxy, headers: forwarded("198.51.100.1, unknown"), headers2: forwarded("198.51.100.2, _hidden"), same: true},
	} {
		t.Run(name, func(t *testing.T) {
			h := mustGate(t, api.GateOptions{Pace: api.Pace{PerSecond: 0.01, Burst: 1}}, "10.0.0.0/8")
			if w := through(h, c.from, c.headers...); w.Code != http.StatusOK {
				t.Fatalf("the first: %d", w.Code)
			}
			want := http.StatusOK
			if c.same {
				want = http.StatusTooManyRequests
			}
			if w := through(h, c.then, c.headers2...); w.Code != want {
				t.Errorf("the second: %d, want %d", w.Code, want)
			}
		})
	}
}

func TestGate_Pace(t *testing.T) {
	now := noon
	h := mustGate(t, api.GateOptions{Pace: api.Pace{PerSecond: 0.1, Burst: 2}, Now: func() time.Time { return now }})
	for left := 1; left >= 0; left-- {
		w := through(h, "203.0.113.9:1")
		if got := w.Header().Get("RateLimit"); w.Code != http.StatusOK || !strings.HasPrefix(got, fmt.Sprintf(`"address";r=%d;t=`, left)) {
			t.Errorf("%d, RateLimit %s", w.Code, got)
		}
		if got := w.Header().Get("RateLimit-Policy"); got != `"address";q=2;w=20` {
			t.Errorf("RateLimit-Policy %s", got)
		}
	}
	w := through(h, "203.0.113.9:1")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "10" || !strings.Contains(w.Body.String(), `"rate_limited"`) {
		t.Errorf("%d, Retry-After %s: %s", w.Code, w.Header().Get("Retry-After"), w.Body)
	}
	for range 10 {
		if w := through(h, "127.0.0.1:1"); w.Code != http.StatusOK {
			t.Errorf("this machine itself: %d", w.Code)
		}
	}
	now = now.Add(11 * time.Second)
	if w := through(h, "203.0.113.9:1"); w.Code != http.StatusOK {
		t.Errorf("later: %d", w.Code)
	}
}

// Browsers are told what to keep to with every answer, refusals too.
func TestGate_Headers(t *testing.T) {
	h := mustGate(t, api.GateOptions{Pace: api.Pace{PerSecond: 0.01, Burst: 1}}, "10.0.0.1")
	for _, status := range []int{http.StatusOK, http.StatusTooManyRequests} {
		w := through(h, "203.0.113.9:1", "X-Forwarded-Proto", "https")
		if w.Code != status {
			t.Fatalf("%d, want %d", w.Code, status)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cross-Origin-Resource-Policy": "same-origin",
			"Strict-Transport-Security": "", // nobody whom we trust says that this came by TLS
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%d: %s: %q, want %q", status, name, got, want)
			}
		}
	}
	if got := through(h, "10.0.0.1:1", "X-Forwarded-Proto", "https").Header().Get("Strict-Transport-Security"); !strings.HasPrefix(got, "max-age=") {
		t.Errorf("behind a proxy with TLS: %q", got)
	}
}

func TestGate_CORS(t *testing.T) {
	const ours, theirs = "https://app.fleet.test", "https://evil.test"
	ask := func(h http.Handler, method, origin string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://api.fleet.test/v1/trips", nil)
		r.Header.Set("Origin", origin)
		if method == http.MethodOptions {
			r.Header.Set("Access-Control-Request-Method", "POST")
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	h := mustGate(t, api.GateOptions{Origins: []string{"https://*.fleet.test"}})
	if w := ask(h, "OPTIONS", ours); w.Code != http.StatusNoContent || w.Header().Get("Access-Control-Allow-Origin") != ours ||
		!strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "Authorization") || w.Header().Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("preflight: %d %v", w.Code, w.Header())
	}
	if w := ask(h, "GET", ours); w.Header().Get("Access-Control-Allow-Origin") != ours || !strings.Contains(w.Header().Get("Access-Control-Expose-Headers"), "Retry-After") {
		t.Errorf("GET: %v", w.Header())
	}
	for name, w := range map[string]*httptest.ResponseRecorder{
		"Preflight": ask(h, "OPTIONS", theirs), "GET": ask(h, "GET", theirs), "Null": ask(h, "GET", "null"),
		"NoneByDefault": ask(mustGate(t, api.GateOptions{}), "OPTIONS", ours),
	} {
		for header := range w.Header() {
			if strings.HasPrefix(header, "Access-Control") {
				t.Errorf("%s: %s: %s", name, header, w.Header().Get(header))
			}
		}
	}
	if w := ask(h, "GET", theirs); w.Header().Get("Vary") != "Origin" {
		t.Errorf("a cache would give one origin's answer to another: %v", w.Header())
	}
}

// The gate stands before the whole interface, and sockets from one address are
// counted until they end.
func TestGate_Sockets(t *testing.T) {
	proxies := must[[]netip.Prefix](t)(api.ParseProxies([]string{"127.0.0.1", "::1"}))
	c := newCity(t, func(d *api.Deps) {
		d.Gate = api.NewGate(api.GateOptions{Proxies: proxies, Sockets: 1, Now: d.Now})
	})
	dial := func(from string) (*websocket.Conn, int) {
		conn, res, err := websocket.Dial(t.Context(), c.url+"/v1/stream?access_token="+c.token("rider:r1"),
			&websocket.DialOptions{HTTPHeader: http.Header{"X-Forwarded-For": {from}}})
		if err != nil {
			return nil, res.StatusCode
		}
		t.Cleanup(func() { conn.CloseNow() })
		return conn, http.StatusOK
	}
	first, status := dial("203.0.113.1")
	if first == nil {
		t.Fatal(status)
	}
	if _, status := dial("203.0.113.1"); status != http.StatusTooManyRequests {
		t.Errorf("a second from the address: %d", status)
	}
	if _, status := dial("203.0.113.2"); status != http.StatusOK {
		t.Errorf("from another address: %d", status)
	}
	first.CloseNow()
	eventually(t, "room for another", func() bool { _, status := dial("203.0.113.1"); return status == http.StatusOK })
}

func TestStream_OfOneRider(t *testing.T) {
	c := newCity(t, nil)
	for range api.DefaultStreamsEach {
		c.dialStream("rider:r1")
	}
	_, res, err := websocket.Dial(t.Context(), c.url+"/v1/stream?access_token="+c.token("rider:r1"), nil)
	if err == nil || res.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one more: %v, %v", res, err)
	}
	c.dialStream("rider:r2")
}

// A phone that connects again and again is slowed down, and nobody else is.
func TestTrackerRoutes_PaceOfConnecting(t *testing.T) {
	w := newTrackerWorld(t, api.TrackerOptions{})
	refused := false
	for range 60 {
		conn, res, err := websocket.Dial(t.Context(), w.server.URL+trackerPath+"?access_token=driver:d1", nil)
		if err == nil {
			conn.CloseNow()
			continue
		}
		if res == nil || res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
			t.Fatalf("%v, %v", res, err)
		}
		refused = true
		break
	}
	if !refused {
		t.Error("60 connections of one driver at once")
	}
	w.dial(t, "d2")
}
