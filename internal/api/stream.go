package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/coder/websocket"
	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/watch"
	"github.com/cabstand/cabstand/internal/wire"
)

// How a stream is kept.
const (
	writeWithin = 10 * time.Second // for one frame; a slower client is closed
	pingEvery   = 20 * time.Second
	pongWithin  = 10 * time.Second
	framesEvery = 200 * time.Millisecond // from a client, in the long run
	framesBurst = 20
	maxBad      = 50 // frames that are refused before the stream is closed
)

// closeSlow is the close code of a client that read too slowly: it is to connect
// again, and gets where its trips stand.
const closeSlow = websocket.StatusCode(4008)

func (a *API) streamRoutes(r chi.Router) {
	r.Get("/v1/stream", a.stream)
	r.Get("/v1/trips/{id}/events", a.events)
	r.Get("/v1/shared/{token}/events", a.sharedEvents)
	describe := func(id, path, summary, description, status, contentType string, parameters ...*huma.Param) {
		response := &huma.Response{Description: "The stream"}
		if contentType != "" {
			response.Content = map[string]*huma.MediaType{contentType: {Schema: &huma.Schema{Type: huma.TypeString}}}
		}
		a.huma.OpenAPI().AddOperation(&huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: path, Tags: []string{"stream"}, Summary: summary, Description: description, Parameters: parameters,
			Responses: map[string]*huma.Response{status: response},
		})
	}
	describe("stream", "/v1/stream", "Live frames by WebSocket",
		"Riders: their trips at each change, and where the driver is. Operators: after a subscribe frame, the trips and drivers of an area.",
		"101", "", textParam("query", "access_token"))
	describe("trip-events", "/v1/trips/{id}/events", "A trip's events as server-sent events",
		"Each is a CloudEvent; its id is the trip's version. Last-Event-ID resumes behind a version; 204 when the trip ended and there is nothing more.",
		"200", eventStream, textParam("path", "id"), textParam("header", "Last-Event-ID"), textParam("query", "access_token"))
	describe("shared-events", "/v1/shared/{token}/events", "A ride as its link shows it, as server-sent events",
		"An event \"shared\" at each change and every few seconds while the car moves, with what GET /v1/shared/{token} has; \"ended\" when there is nothing more.",
		"200", eventStream, textParam("path", "token"), textParam("header", "Last-Event-ID"))
	a.huma.OpenAPI().Paths["/v1/shared/{token}/events"].Get.Security = []map[string][]string{} // no token
}

// textParam describes a parameter of a route that huma does not know.
func textParam(in, name string) *huma.Param {
	return &huma.Param{Name: name, In: in, Required: in == "path", Schema: &huma.Schema{Type: huma.TypeString}}
}

// stream is the WebSocket of riders and operators.
func (a *API) stream(w http.ResponseWriter, r *http.Request) {
	leave, err := a.mayUpgrade(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	defer leave()
	ctx, end := context.WithCancelCause(r.Context())
	defer end(nil)
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the origin was checked: mayUpgrade
		CompressionMode:    websocket.CompressionDisabled,
		OnPingReceived:     pingsWithin(func() { end(errTooManyPings) }),
	})
	if err != nil {
		a.Log.Debug("stream not opened", "err", err) // Accept has answered
		return
	}
	defer conn.CloseNow()
	conn.SetReadLimit(wire.MaxFrameBytes)
	s := a.newStream(conn, caller(r.Context()))
	defer s.source.Close()
	s.serve(ctx)
}

func (a *API) mayUpgrade(r *http.Request) (leave func(), err error) {
	if !upgrades(r) {
		return nil, errUpgrade
	}
	if !originAllowed(r, a.AllowedOrigins) {
		return nil, fault.New(fault.Forbidden, "the origin %q is not allowed", r.Header.Get("Origin"))
	}
	return a.takeStream(caller(r.Context()))
}

// takeStream takes a place for a stream, of all and of the caller's own.
func (a *API) takeStream(who auth.Identity) (leave func(), err error) {
	most := DefaultStreamsEach
	if who.Role == trip.Operator {
		most = DefaultOperatorStreams
	}
	leaveOwn, ok := a.streams.take(who.Actor(), most)
	if !ok {
		return nil, fault.New(fault.RateLimited, "too many streams are open: at most %d of one %s", most, who.Role)
	}
	leaveAll, err := a.sockets.take()
	if err != nil {
		leaveOwn()
		return nil, err
	}
	return func() { leaveAll(); leaveOwn() }, nil
}

// source is where the frames of a stream come from.
type source interface {
	Next(context.Context) (watch.Frame, error)
	Close()
}

// stream is one open WebSocket.
type stream struct {
	*API
	conn   *websocket.Conn
	who    auth.Identity
	name   string // in metrics
	source source
	// subscribe takes an operator's subscription; nil for riders, who have none.
	subscribe func(wire.SubscribeFrame) error
}

func (a *API) newStream(conn *websocket.Conn, who auth.Identity) *stream {
	s := &stream{API: a, conn: conn, who: who, name: string(who.Role)}
	if who.Role == trip.Operator {
		o := a.Hub.Operator()
		s.source, s.subscribe = o, o.Subscribe
		return s
	}
	s.source = a.Hub.Rider(who.Subject)
	return s
}

// Why a stream ends, where the hub does not say.
var (
	errTokenExpired = errors.New("api: the token expired")
	errSessionEnded = errors.New("api: the session ended")
	errTooManyBad   = errors.New("api: too many bad frames")
	errTooManyPings = errors.New("api: too many pings")
)

// serve runs the stream to its end: one goroutine writes, one reads, one pings.
// Whichever ends first ends the others.
func (s *stream) serve(ctx context.Context) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	defer s.Ended.Await(s.who.Session, func() { end(errSessionEnded) })()
	ctx, cancel := context.WithTimeoutCause(ctx, s.who.Expires.Sub(s.Now()), errTokenExpired)
	defer cancel()
	// Cancelling a read or write cuts the connection, so the token's end must
	// not reach them: the writer notices it between frames and says goodbye.
	group, io := errgroup.WithContext(context.WithoutCancel(ctx))
	stop := context.AfterFunc(io, cancel)
	defer stop()
	group.Go(func() error { return s.ends(s.write(ctx, io), ctx) })
	group.Go(func() error { return s.ends(s.read(io), ctx) })
	group.Go(func() error { return s.ping(io) })
	_ = group.Wait() // ends has told the client, and counted
}

// ends says goodbye with the code that goes with the reason.
func (s *stream) ends(why error, ctx context.Context) error {
	if errors.Is(why, context.DeadlineExceeded) && errors.Is(context.Cause(ctx), errTokenExpired) {
		why = errTokenExpired
	}
	if cause := context.Cause(ctx); errors.Is(why, context.Canceled) && (errors.Is(cause, errSessionEnded) || errors.Is(cause, errTooManyPings)) {
		why = cause
	}
	code, reason := goodbye(why)
	if code != 0 {
		s.signals.closed.WithLabelValues(s.name, reason).Inc()
		if code == websocket.StatusInternalError {
			s.Log.Error("stream failed", "stream", s.name, "err", why)
		}
		_ = s.conn.Close(code, reason) // the client may be gone already
	}
	return why
}

// goodbye is the close code and reason for the client; 0 when the client went by
// itself or another goroutine has said goodbye.
func goodbye(why error) (websocket.StatusCode, string) {
	switch {
	case errors.Is(why, watch.ErrSlow):
		return closeSlow, "slow"
	case errors.Is(why, watch.ErrClosed):
		return websocket.StatusServiceRestart, "restart"
	case errors.Is(why, errTokenExpired):
		return websocket.StatusPolicyViolation, "token expired"
	case errors.Is(why, errSessionEnded):
		return websocket.StatusPolicyViolation, "session ended"
	case errors.Is(why, errTooManyBad):
		return websocket.StatusPolicyViolation, "too many bad frames"
	case errors.Is(why, errTooManyPings):
		return websocket.StatusPolicyViolation, "too many pings"
	case fault.Is(why, fault.Unavailable):
		return websocket.StatusTryAgainLater, "unavailable"
	case errors.Is(why, errConnection), errors.Is(why, context.Canceled):
		return 0, ""
	}
	return websocket.StatusInternalError, "internal"
}

// errConnection marks errors of the connection: there is nobody to tell.
var errConnection = errors.New("api: the connection ended")

// write sends what the hub has to tell until there is no more, or ctx ends.
func (s *stream) write(ctx, io context.Context) error {
	for {
		f, err := s.source.Next(ctx)
		if err != nil {
			return err
		}
		if err := s.send(io, f.Data); err != nil {
			return err
		}
	}
}

func (s *stream) send(ctx context.Context, frame []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	if err := s.conn.Write(ctx, websocket.MessageText, frame); err != nil {
		return errors.Join(errConnection, err)
	}
	s.signals.frames.WithLabelValues(s.name, "out").Inc()
	return nil
}

// read answers what the client sends until the connection ends.
func (s *stream) read(ctx context.Context) error {
	limit := rate.NewLimiter(rate.Every(framesEvery), framesBurst)
	for bad := 0; bad < maxBad; {
		kind, data, err := s.conn.Read(ctx)
		if err != nil {
			return errors.Join(errConnection, err)
		}
		s.signals.frames.WithLabelValues(s.name, "in").Inc()
		err = s.take(kind, data, limit.AllowN(time.Now(), 1))
		if err == nil {
			continue
		}
		bad++
		if err := s.send(ctx, wire.Encode(wire.NewErrorFrame(err, ""))); err != nil {
			return err
		}
	}
	return errTooManyBad
}

// take acts on a frame of the client.
func (s *stream) take(kind websocket.MessageType, data []byte, allowed bool) error {
	switch {
	case !allowed:
		return fault.New(fault.RateLimited, "too many frames: at most %d a second", time.Second/framesEvery)
	case kind != websocket.MessageText:
		return fault.New(fault.Malformed, "a binary frame is not accepted: JSON as text is")
	case s.subscribe == nil:
		return fault.Field("type", "a rider's stream takes no frames")
	}
	f, err := wire.DecodeSubscribeFrame(data)
	if err != nil {
		return err
	}
	return s.subscribe(f)
}

// ping finds out about clients that are gone without a word.
func (s *stream) ping(ctx context.Context) error {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		pong, cancel := context.WithTimeout(ctx, pongWithin)
		err := s.conn.Ping(pong)
		cancel()
		if err != nil {
			return errors.Join(errConnection, err)
		}
	}
}
