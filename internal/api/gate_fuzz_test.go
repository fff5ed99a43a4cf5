package api

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
)

// Whatever X-Forwarded-For says, a client from outside is never taken for this
// machine or for a proxy of ours by what it wrote before the proxy's own word.
func FuzzGate_Client(f *testing.F) {
	for _, invented := range []string{"", "127.0.0.1", "10.0.0.1, ::1", "x, y", ",,,", "[::1]:80", "fe80::1%eth0"} {
		f.Add(invented)
	}
	proxies, err := ParseProxies([]string{"10.0.0.0/8"})
	if err != nil {
		f.Fatal(err)
	}
	g := NewGate(GateOptions{Proxies: proxies, Now: time.Now})
	real := netip.MustParseAddr("203.0.113.9")
	f.Fuzz(func(t *testing.T, invented string) {
		for _, hops := range [][]string{{invented, real.String()}, {invented + ", " + real.String()}, {invented, real.String(), "10.1.1.1"}} {
			r := &http.Request{RemoteAddr: "10.0.0.1:80", Header: http.Header{"X-Forwarded-For": hops}}
			if got := g.clientOf(r); got != real {
				t.Errorf("%q makes it %v", hops, got)
			}
		}
		r := &http.Request{RemoteAddr: "203.0.113.9:80", Header: http.Header{"X-Forwarded-For": {invented}}}
		if got := g.clientOf(r); got != real {
			t.Errorf("%q of a stranger makes it %v", invented, got)
		}
	})
}

// What is let through is JSON for everybody, with each name once.
func FuzzCheckJSON(f *testing.F) {
	for _, body := range []string{"", "{}", `{"a":1,"a":2}`, `[1e999]`, `{"a":{"b":[true,null,"x"]}}`, "{} {}", "\xff", `{"a":1,"\u0061":2}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		err := checkJSON(body)
		if err != nil {
			if !fault.Is(err, fault.Malformed) && !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		var value any
		if json.Unmarshal(body, &value) != nil {
			t.Fatalf("%q is let through", body)
		}
		if written, err := json.Marshal(value); err != nil || checkJSON(written) != nil {
			t.Errorf("%q, written again as %q, is not", body, written)
		}
	})
}

// A query that goes the quick way means there what it means everywhere.
func FuzzPlainNearby(f *testing.F) {
	for _, query := range []string{"lat=1&lon=2", "lat=1&lon=2&radius_m=5&limit=3&class=xl", "lat=1&lat=2&lon=3", "lat=NaN&lon=0x1p-2", "lat=%31&lon=1", "lat=1;lon=2", "lat=1&lon=2&"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		in, ok := plainNearby(query)
		if !ok {
			return
		}
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatalf("%q: %v", query, err)
		}
		for name, texts := range values {
			if len(texts) != 1 {
				t.Errorf("%q has %s %d times", query, name, len(texts))
			}
		}
		number := func(name string, otherwise float64) float64 {
			if !values.Has(name) {
				return otherwise
			}
			n, err := strconv.ParseFloat(values.Get(name), 64)
			if err != nil {
				t.Errorf("%q: %v", query, err)
			}
			return n
		}
		same := func(a, b float64) bool { return a == b || a != a && b != b }
		if !same(in.Lat, number("lat", 0)) || !same(in.Lon, number("lon", 0)) || !same(in.RadiusM, number("radius_m", defaultRadius)) ||
			float64(in.Limit) != number("limit", defaultNearby) || in.Class != values.Get("class") {
			t.Errorf("%q is read as %+v", query, in)
		}
	})
}
