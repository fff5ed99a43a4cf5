// Package places finds addresses by asking a Nominatim or a Photon server: each
// question within a time box, behind a circuit breaker, at a pace that the server
// bears, and answered from memory where somebody asked the same a short while ago.
//
// What the server says is somebody else's text: it is cut to what the interface
// accepts of texts, and places that are not on the earth are left out.
package places

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// Options say which server to ask, and how.
type Options struct {
	URL  string // http://host:port, and a path if there is one
	Kind string // nominatim or photon
	Pace float64
	Now  func() time.Time

	Timeout   time.Duration     // of a question; 0 is DefaultTimeout
	Transport http.RoundTripper // nil for one of its own
}

// DefaultTimeout is how long somebody who types waits.
const DefaultTimeout = 2 * time.Second

// Bounds.
const (
	mostPlaces = 8
	maxAnswer  = 1 << 20 // bytes
	// When the breaker opens, and for how long it lets nobody through.
	failuresToOpen = 3
	openFor        = 10 * time.Second
)

// dialect is how a kind of server is spoken to.
type dialect struct {
	search  func(q string, near *geo.Point) (path string, query url.Values)
	reverse func(p geo.Point) (path string, query url.Values)
	read    func(body []byte) ([]wire.Place, error)
}

var dialects = map[string]dialect{"nominatim": nominatim, "photon": photon}

// Finder asks one server. It is safe for concurrent use. Close it in the end.
type Finder struct {
	dialect
	base    string
	box     time.Duration
	client  *http.Client
	pace    *rate.Limiter
	breaker *gobreaker.CircuitBreaker[[]wire.Place]
	kept    *kept
	now     func() time.Time
}

// New makes a finder. The error is fault.Invalid, and names the option.
func New(o Options) (*Finder, error) {
	base, err := url.Parse(o.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fault.Field("places-url", "%q is not accepted: an address that starts with http:// or https://", o.URL)
	}
	d, ok := dialects[o.Kind]
	if !ok {
		return nil, fault.Field("places-kind", "%q is not accepted: nominatim or photon", o.Kind)
	}
	if !(o.Pace > 0) {
		return nil, fault.Field("places-pace", "%v is not accepted: a number of questions a second", o.Pace)
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	return &Finder{
		dialect: d, base: strings.TrimRight(o.URL, "/"), box: o.Timeout, now: o.Now, kept: newKept(),
		client: &http.Client{Transport: o.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		pace:   rate.NewLimiter(rate.Limit(o.Pace), max(1, int(2*o.Pace))),
		breaker: gobreaker.NewCircuitBreaker[[]wire.Place](gobreaker.Settings{
			Name: "places", Timeout: openFor,
			ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failuresToOpen },
			IsExcluded:  func(err error) bool { return errors.Is(err, context.Canceled) },
		}),
	}, nil
}

// Close closes idle connections.
func (f *Finder) Close() { f.client.CloseIdleConnections() }

// Search is places that the text may mean, the likeliest first; of equal ones
// those near the point, which may be nil. The error is fault.RateLimited, or
// fault.Unavailable where the server does not answer as it should.
func (f *Finder) Search(ctx context.Context, q string, near *geo.Point) ([]wire.Place, error) {
	if near != nil { // about a kilometre: where somebody is exactly is not the server's to know
		rounded := geo.Point{Lat: round(near.Lat, 100), Lon: round(near.Lon, 100)}
		near = &rounded
	}
	path, query := f.search(q, near)
	return f.ask(ctx, path, query)
}

// Reverse is what is at the point; none where nothing is.
func (f *Finder) Reverse(ctx context.Context, p geo.Point) ([]wire.Place, error) {
	path, query := f.reverse(geo.Point{Lat: round(p.Lat, 1e4), Lon: round(p.Lon, 1e4)})
	return f.ask(ctx, path, query)
}

func round(degrees, steps float64) float64 { return math.Round(degrees*steps) / steps }

func (f *Finder) ask(ctx context.Context, path string, query url.Values) ([]wire.Place, error) {
	address := f.base + path + "?" + query.Encode()
	if found, ok := f.kept.find(address, f.now()); ok {
		return found, nil
	}
	if !f.pace.AllowN(f.now(), 1) {
		return nil, fault.New(fault.RateLimited, "too many addresses are looked for: try again")
	}
	found, err := f.breaker.Execute(func() ([]wire.Place, error) { return f.fetch(ctx, address) })
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "the address search does not answer")
	}
	f.kept.keep(address, found, f.now())
	return found, nil
}

func (f *Finder) fetch(ctx context.Context, address string) ([]wire.Place, error) {
	ctx, cancel := context.WithTimeout(ctx, f.box)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", "cabstand")
	response, err := f.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, err
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("HTTP status %d", response.StatusCode)
	case len(body) > maxAnswer:
		return nil, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	found, err := f.read(body)
	return fit(found), err
}
