package api

import (
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
)

// GateOptions tunes the gate. Every field but Now may be left out.
type GateOptions struct {
	// Proxies are the networks of the proxies before this program, whose
	// X-Forwarded-For and X-Forwarded-Proto are believed. Nobody else's are.
	Proxies []netip.Prefix
	Pace    Pace // of each address; no limit if zero
	Sockets int  // open at a time from each address; no limit if 0
	// Origins are the origins, besides the server's own, whose pages may read
	// answers (CORS): patterns as for sockets.
	Origins []string
	Now     func() time.Time
	Log     *slog.Logger
}

// Gate is what every request to a program comes through, whoever sends it and
// whatever it asks for: limits by address, what browsers are told to keep to,
// and which pages of others may read answers. Requests from this machine itself
// have no limits by address.
type Gate struct {
	GateOptions
	paces *buckets[netip.Prefix]
	open  shares[netip.Prefix]
}

// maxAddresses is how many addresses are remembered.
const maxAddresses = 100_000

// NewGate makes a gate.
func NewGate(o GateOptions) *Gate {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Gate{GateOptions: o, paces: newBuckets[netip.Prefix](maxAddresses)}
}

// Guard is the gate before next.
func (g *Gate) Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		direct, proxied := g.remote(r)
		g.protect(w.Header(), r, proxied)
		if err := oneEnd(w.Header(), r); err != nil {
			g.refuse(w, r, err)
			return
		}
		if g.preflight(w, r) {
			return
		}
		leave, err := g.admit(w.Header(), r, g.client(r, direct, proxied))
		if err != nil {
			g.refuse(w, r, err)
			return
		}
		defer leave()
		next.ServeHTTP(w, r)
	})
}

// errChunked is answered with 411, and the connection is closed.
var errChunked = fault.New(fault.Malformed, "a body in chunks is not accepted: send Content-Length")

// oneEnd refuses requests that a proxy before us may have seen to end elsewhere
// than we do: what is behind the end would be taken for somebody's next request.
// net/http forgets a Content-Length that came beside chunks, so every chunked
// body is refused, as RFC 9112 6.3 allows; and a Transfer-Encoding in HTTP/1.0, so
// there is nothing after a request of that (6.1).
func oneEnd(h http.Header, r *http.Request) error {
	if r.ProtoMajor == 1 && r.ProtoMinor == 0 {
		h.Set("Connection", "close")
	}
	if len(r.TransferEncoding) > 0 {
		return errChunked
	}
	return nil
}

// remote is who sent the request to us, and whether that is a proxy of ours.
func (g *Gate) remote(r *http.Request) (direct netip.Addr, proxied bool) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, false // no socket of the internet: a test's, or a unix socket
	}
	direct = from.Addr().Unmap().WithZone("")
	return direct, g.trusted(direct)
}

// clientOf is who sent the request in the first place.
func (g *Gate) clientOf(r *http.Request) netip.Addr {
	direct, proxied := g.remote(r)
	return g.client(r, direct, proxied)
}

func (g *Gate) trusted(a netip.Addr) bool {
	return slices.ContainsFunc(g.Proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// client is who sent the request in the first place: the last address that a
// proxy of ours wrote down and that is no proxy of ours itself. What stands
// before that one the client may have invented.
func (g *Gate) client(r *http.Request, direct netip.Addr, proxied bool) netip.Addr {
	client := direct
	hops := r.Header.Values("X-Forwarded-For")
	for i := len(hops) - 1; i >= 0 && proxied; i-- {
		for rest := hops[i]; proxied && rest != ""; {
			at := strings.LastIndexByte(rest, ',')
			hop, err := netip.ParseAddr(strings.TrimSpace(rest[at+1:]))
			if err != nil {
				return client
			}
			client = hop.Unmap().WithZone("")
			proxied, rest = g.trusted(client), rest[:max(at, 0)]
		}
	}
	return client
}

// household is the network that somebody has to themselves: an IPv4 address, 64
// bits of an IPv6 one.
func household(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // there is no address
	}
	return p
}

// admit counts the request against its address.
func (g *Gate) admit(h http.Header, r *http.Request, client netip.Addr) (leave func(), err error) {
	leave = func() {}
	if !client.IsValid() || client.IsLoopback() {
		return leave, nil
	}
	key := household(client)
	if g.Pace != (Pace{}) {
		if err := g.Pace.take("address", g.paces.of(key, g.Pace), h, g.Now()); err != nil {
			return nil, err
		}
	}
	if g.Sockets > 0 && upgrades(r) {
		var ok bool
		if leave, ok = g.open.take(key, g.Sockets); !ok {
			return nil, fault.New(fault.RateLimited, "too many sockets from this address: at most %d at a time", g.Sockets)
		}
	}
	return leave, nil
}

func (g *Gate) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := newProblem(err)
	p.ID = requestID(r.Context())
	maps.Copy(w.Header(), p.GetHeaders())
	writeJSON(w, p.Status, p.ContentType(""), p, g.Log)
}

// What browsers are told of every answer. Pages say more of themselves where
// they are served. The values are shared by all answers and never written to.
var (
	noSniff    = []string{"nosniff"}[:1:1]
	noReferrer = []string{"no-referrer"}[:1:1]
	noContent  = []string{"default-src 'none'; frame-ancestors 'none'"}[:1:1]
	noStore    = []string{"no-store"}[:1:1]
	ownPages   = []string{"same-origin"}[:1:1]
	keepTLS    = []string{"max-age=31536000; includeSubDomains"}[:1:1]
)

// protect keeps browsers from guessing, embedding, keeping and referring to what
// is answered, and on TLS once it was.
func (g *Gate) protect(h http.Header, r *http.Request, proxied bool) {
	h["X-Content-Type-Options"] = noSniff
	h["Referrer-Policy"] = noReferrer
	h["Content-Security-Policy"] = noContent
	h["Cross-Origin-Resource-Policy"] = ownPages
	h["Cache-Control"] = noStore
	if r.TLS != nil || proxied && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		h["Strict-Transport-Security"] = keepTLS
	}
}

// What pages of allowed origins may send and read. There are no cookies, and so
// no credentials that a browser would add by itself.
const (
	corsMethods = "GET, POST, PUT, PATCH, DELETE"
	corsHeaders = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID"
	corsExposed = "Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
	corsKeep    = "600" // seconds that browsers remember it
)

// preflight tells browsers what pages of other origins may do; true if that was
// all that was asked.
func (g *Gate) preflight(w http.ResponseWriter, r *http.Request) (answered bool) {
	if len(g.Origins) == 0 {
		return false
	}
	h, origin := w.Header(), r.Header.Get("Origin")
	h.Add("Vary", "Origin")
	if origin == "" || !originAllowed(r, g.Origins) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", corsExposed)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", corsMethods)
	h.Set("Access-Control-Allow-Headers", corsHeaders)
	h.Set("Access-Control-Max-Age", corsKeep)
	w.WriteHeader(http.StatusNoContent)
	return true
}

// ParseProxies reads networks (10.0.0.0/8) and addresses (127.0.0.1).
func ParseProxies(texts []string) ([]netip.Prefix, error) {
	var proxies []netip.Prefix
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if a, bad := netip.ParseAddr(text); bad == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			return nil, fault.Field("trusted-proxies", "%q is not accepted: addresses or networks, such as 10.0.0.0/8", text)
		}
		proxies = append(proxies, p.Masked())
	}
	return proxies, nil
}
