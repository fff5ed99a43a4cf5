package api

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/go-chi/chi/v5"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/poller"
	"github.com/cabstand/cabstand/internal/signin"
	"github.com/cabstand/cabstand/internal/track"
	"github.com/cabstand/cabstand/internal/wire"
)

// DefaultTrackerSockets is how many sockets a tracker keeps open when the
// options do not say.
const DefaultTrackerSockets = 100_000

// TrackerVerify is who the token speaks for. The error is a fault:
// Unauthenticated, Unavailable while there are no keys.
type TrackerVerify func(ctx context.Context, token string) (auth.Identity, error)

// TrackerOptions tunes the driver's socket. Every field may be left out.
type TrackerOptions struct {
	// Origins are the origins of browsers that may connect beside the host
	// itself: patterns as of path.Match, of the host ("*.example.com") or of
	// scheme and host ("https://example.com"). Phones send no origin.
	Origins []string
	Sockets int            // open at a time; DefaultTrackerSockets if 0
	Poller  *poller.Poller // waits for the sockets' messages; nil for a goroutine each
	Ended   *signin.Ended  // sessions whose sockets are closed; nil where there are none
	Metrics *TrackerMetrics
	Log     *slog.Logger
}

// TrackerRoutes adds the paths of tracking apps (/osmand, /owntracks,
// /gpslogger) and the driver's socket, GET /v1/driver/stream. Its token
// comes as "Authorization: Bearer" or as the query parameter access_token. A
// request that may not connect is answered with a problem before the upgrade.
func TrackerRoutes(r chi.Router, tracker *track.Tracker, verify TrackerVerify, opts TrackerOptions) {
	if opts.Sockets == 0 {
		opts.Sockets = DefaultTrackerSockets
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	door := &trackerDoor{tracker: tracker, verify: verify, opts: opts, paces: newBuckets[string](maxPaced), memory: sync.Pool{New: newMessageMemory}}
	r.Get("/v1/driver/stream", door.serve)
	phoneRoutes(r, tracker, opts)
}

// trackerDoor lets drivers' sockets in.
type trackerDoor struct {
	tracker *track.Tracker
	verify  TrackerVerify
	opts    TrackerOptions
	open    atomic.Int64
	paces   *buckets[string] // of drivers who connect
	memory  sync.Pool        // of *[]byte, for messages while they are handled
}

func (d *trackerDoor) serve(w http.ResponseWriter, r *http.Request) {
	defer d.open.Add(-1)
	full := d.open.Add(1) > int64(d.opts.Sockets)
	who, err := d.admit(r, full)
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	ctx, end := context.WithCancelCause(r.Context())
	defer end(nil)
	taken := &takeover{ResponseWriter: w, poller: d.opts.Poller}
	socket, err := websocket.Accept(taken, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the origin was checked: admit
		CompressionMode:    websocket.CompressionDisabled,
		Subprotocols:       []string{wire.SubprotocolBinary},
		OnPingReceived:     pingsWithin(func() { end(track.ErrPings) }),
	})
	if err != nil {
		d.opts.Metrics.refused(fault.Malformed)
		d.opts.Log.Debug("socket not opened", "driver", who.Subject, "err", err)
		return
	}
	socket.SetReadLimit(wire.MaxFrameBytes)
	defer d.opts.Ended.Await(who.Session, func() { end(nil) })()
	// How it ended is the tracker's to count and log.
	_ = d.tracker.Serve(ctx, &trackerSocket{conn: socket, quick: taken.conn, buffered: taken.buffered, memory: &d.memory}, who.Subject, who.Expires)
}

// admit is the driver who may connect and until when, or why not.
func (d *trackerDoor) admit(r *http.Request, full bool) (who auth.Identity, err error) {
	switch {
	case !upgrades(r):
		err = errUpgrade
	case !originAllowed(r, d.opts.Origins):
		err = fault.New(fault.Forbidden, "the origin %q is not allowed", r.Header.Get("Origin"))
	case full:
		err = fault.New(fault.Unavailable, "%d drivers are connected already: try again", d.opts.Sockets)
	default:
		err = checkQuery(r)
	}
	if err != nil {
		return who, err
	}
	if who, err = d.verify(r.Context(), tokenOf(r, true)); err != nil {
		return who, err
	}
	if d.opts.Ended.Has(who.Session) {
		return who, fault.New(fault.Unauthenticated, "the session is over: sign in again")
	}
	if err := access[driverStream].allows(who.Role); err != nil {
		return who, err
	}
	return who, connectPace.take("sockets", d.paces.of(who.Subject, connectPace), http.Header{}, time.Now())
}

// connectPace is how often a driver connects. A driver has one socket, the
// newest; two phones with one token would throw each other out without an end.
var connectPace = Pace{PerSecond: 0.5, Burst: 20}

// errUpgrade is answered with 426 and with the protocol to upgrade to.
var errUpgrade = fault.New(fault.Malformed, "this is a WebSocket: send Upgrade: websocket")

// upgrades reports whether the client wants a WebSocket.
func upgrades(r *http.Request) bool { return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") }

// originAllowed keeps the pages of strangers from using a browser's
// credentials. Only browsers send an origin.
func originAllowed(r *http.Request, allowed []string) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(strings.ToLower(origin))
	if err != nil || u.Host == "" {
		return false
	}
	if u.Host == strings.ToLower(r.Host) {
		return true
	}
	for _, pattern := range allowed {
		name := u.Host
		if strings.Contains(pattern, "://") {
			name = u.Scheme + "://" + u.Host
		}
		if ok, err := path.Match(strings.ToLower(pattern), name); err == nil && ok {
			return true
		}
	}
	return false
}

// refuse answers with a problem.
func (d *trackerDoor) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := newProblem(err)
	p.ID = requestID(r.Context())
	if p.Code == fault.Internal {
		d.opts.Log.Error("driver not let in", "request_id", p.ID, "err", err)
	}
	d.opts.Metrics.refused(p.Code)
	maps.Copy(w.Header(), p.GetHeaders())
	writeJSON(w, p.Status, p.ContentType(""), p, d.opts.Log)
}
