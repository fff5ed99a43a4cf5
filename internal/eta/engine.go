package eta

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/sync/errgroup"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/match"
)

// Engine asks a routing server over HTTP. Close it in the end.
type Engine struct {
	dialect
	base    string
	box     time.Duration
	chunk   int // points in a request, beside the one that all drive to
	client  *http.Client
	breaker *gobreaker.CircuitBreaker[[]Drive]
}

// dialect is how a kind of server is spoken to.
type dialect struct {
	rung     match.Rung
	atOnce   int    // points that the server accepts in a request by default
	ping     string // a path that costs the server little
	request  func(ctx context.Context, base string, q question) (*http.Request, error)
	response func(status int, body []byte, q question) ([]Drive, error)
}

// question asks for the drives from each of the points to one.
type question struct {
	from   []geo.Point
	to     geo.Point
	metres bool // distances are wanted, too
}

// Server is where an engine is.
type Server struct {
	URL     string        // http://host:port, and a path if there is one
	Timeout time.Duration // for all that one call asks; 0 is DefaultTimeout
	Points  int           // most points that the server accepts in a request; 0 is its own default

	Transport http.RoundTripper // nil for one of its own
}

// DefaultTimeout is how long a call may take: a tick waits for it.
const DefaultTimeout = 300 * time.Millisecond

// When the breaker opens, and for how long it lets nobody through. Then one
// request tries.
const (
	failuresToOpen = 3
	openFor        = 5 * time.Second
)

// chunksAtOnce is how many requests of one call are under way.
const chunksAtOnce = 4

// spareRequests is how many requests more than it has chunks a call may make, to
// find the points that the server refuses.
const spareRequests = 24

// maxAnswer is the largest body that is read, in bytes.
const maxAnswer = 4 << 20

// errPlace says that the server is well, but that it cannot place one of the
// points on its map, or not near enough to the others.
var errPlace = errors.New("a point is not on the map")

// errAbandoned says that it was the caller who did not wait.
var errAbandoned = errors.New("the caller went away")

func newEngine(d dialect, s Server) (*Engine, error) {
	base, err := url.Parse(s.URL)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, fmt.Errorf("%s: an address that starts with http:// or https:// is needed", d.rung)
	}
	if s.Timeout < 0 || s.Points < 0 || s.Points == 1 {
		return nil, fmt.Errorf("%s: timeout %v and points %d: a time above 0 and at least 2 points are needed", d.rung, s.Timeout, s.Points)
	}
	if s.Timeout == 0 {
		s.Timeout = DefaultTimeout
	}
	if s.Points == 0 {
		s.Points = d.atOnce
	}
	return &Engine{
		dialect: d, base: strings.TrimRight(s.URL, "/"), box: s.Timeout, chunk: s.Points - 1, client: newClient(s.Transport),
		breaker: gobreaker.NewCircuitBreaker[[]Drive](gobreaker.Settings{
			Name: string(d.rung), Timeout: openFor,
			ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failuresToOpen },
			IsSuccessful: func(err error) bool { return err == nil || errors.Is(err, errPlace) },
			IsExcluded:   func(err error) bool { return errors.Is(err, errAbandoned) },
		}),
	}, nil
}

// newClient keeps as many connections as one call uses, with room for others
// beside it. Routing servers do not redirect: one that does is not one.
func newClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = &http.Transport{
			Proxy:        http.ProxyFromEnvironment,
			DialContext:  (&net.Dialer{Timeout: time.Second, KeepAlive: 15 * time.Second}).DialContext,
			MaxIdleConns: 8 * chunksAtOnce, MaxIdleConnsPerHost: 8 * chunksAtOnce, IdleConnTimeout: time.Minute,
			MaxResponseHeaderBytes: 64 << 10, TLSHandshakeTimeout: time.Second,
		}
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close closes idle connections.
func (e *Engine) Close() { e.client.CloseIdleConnections() }

// Rung is which engine it is.
func (e *Engine) Rung() match.Rung { return e.rung }

// Pickups asks in chunks, some at a time, all within one time box.
func (e *Engine) Pickups(ctx context.Context, from []geo.Point, to geo.Point) ([]time.Duration, error) {
	boxed, cancel := context.WithTimeout(ctx, e.box)
	defer cancel()
	times := unknowns(len(from))
	var asking errgroup.Group
	asking.SetLimit(chunksAtOnce)
	call := &call{Engine: e, caller: ctx, boxed: boxed}
	for start := 0; start < len(from); start += e.chunk {
		end := min(start+e.chunk, len(from))
		asking.Go(func() error {
			return call.ask(times[start:end], question{from: from[start:end], to: to})
		})
	}
	return times, asking.Wait()
}

// Ride asks for one drive.
func (e *Engine) Ride(ctx context.Context, from, to geo.Point) (Drive, error) {
	boxed, cancel := context.WithTimeout(ctx, e.box)
	defer cancel()
	call := &call{Engine: e, caller: ctx, boxed: boxed}
	drives, err := call.one(question{from: []geo.Point{from}, to: to, metres: true})
	switch {
	case errors.Is(err, errPlace):
		return Drive{Takes: Unknown}, nil
	case err != nil:
		return Drive{Takes: Unknown}, err
	}
	return drives[0], nil
}

// Ping is nil while the server answers and the breaker lets requests through.
func (e *Engine) Ping(ctx context.Context) error {
	if e.breaker.State() == gobreaker.StateOpen {
		return fmt.Errorf("%s: %w", e.rung, gobreaker.ErrOpenState)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.base+e.ping, nil)
	if err != nil {
		return err
	}
	status, _, err := e.fetch(request)
	if err == nil && status >= http.StatusInternalServerError {
		err = fmt.Errorf("%s: HTTP status %d", e.rung, status)
	}
	return err
}

// call is one call of the engine: several requests within one time box.
type call struct {
	*Engine
	caller, boxed context.Context
	spare         atomic.Int32 // extra requests made
}

// ask puts the answer into times. A question that the server refuses for one of
// its points is halved until that point is alone, so that one driver who is off
// the map does not take the others along.
func (c *call) ask(times []time.Duration, q question) error {
	drives, err := c.one(q)
	switch {
	case errors.Is(err, errPlace) && len(q.from) == 1:
		return nil
	case errors.Is(err, errPlace):
		return c.halve(times, q)
	case err != nil:
		return err
	}
	for i, d := range drives {
		times[i] = d.Takes
	}
	return nil
}

func (c *call) halve(times []time.Duration, q question) error {
	if c.spare.Add(2) > spareRequests {
		return nil // most likely it is where all of them drive to
	}
	half := len(q.from) / 2
	first, second := q, q
	first.from, second.from = q.from[:half], q.from[half:]
	if err := c.ask(times[:half], first); err != nil {
		return err
	}
	return c.ask(times[half:], second)
}

// one makes one request, if the breaker lets it through.
func (c *call) one(q question) ([]Drive, error) {
	drives, err := c.breaker.Execute(func() ([]Drive, error) {
		drives, err := c.exchange(q)
		if err != nil && c.caller.Err() != nil {
			err = fmt.Errorf("%w: %w", errAbandoned, err)
		}
		return drives, err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.rung, err)
	}
	return drives, nil
}

func (c *call) exchange(q question) ([]Drive, error) {
	request, err := c.request(c.boxed, c.base, q)
	if err != nil {
		return nil, err
	}
	status, body, err := c.fetch(request)
	if err != nil {
		return nil, err
	}
	return c.response(status, body, q)
}

// fetch sends the request and reads the answer to its end, so that the
// connection can be used again.
func (e *Engine) fetch(request *http.Request) (status int, body []byte, err error) {
	response, err := e.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	return response.StatusCode, body, err
}
