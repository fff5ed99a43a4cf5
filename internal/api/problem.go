package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// statuses is the one place where a code becomes a status of HTTP.
var statuses = map[fault.Code]int{
	fault.Malformed:       http.StatusBadRequest,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.WrongState:      http.StatusConflict,
	fault.OfferClosed:     http.StatusConflict,
	fault.DriverClaimed:   http.StatusConflict,
	fault.DriverUnfit:     http.StatusConflict,
	fault.DriverExcluded:  http.StatusConflict,
	fault.WrongPIN:        http.StatusForbidden,
	fault.KeyReused:       http.StatusUnprocessableEntity,
	fault.QuoteExpired:    http.StatusConflict,
	fault.UnknownDriver:   http.StatusForbidden,
	fault.AlreadyExists:   http.StatusConflict,
	fault.SessionReplaced: http.StatusConflict,
	fault.RateLimited:     http.StatusTooManyRequests,
	fault.NotConfigured:   http.StatusNotFound,
	fault.Unavailable:     http.StatusServiceUnavailable,
	fault.Internal:        http.StatusInternalServerError,
}

// statusesOf is of errors that HTTP has a status for, and the vocabulary needs no
// code.
var statusesOf = map[error]int{errUpgrade: http.StatusUpgradeRequired, errChunked: http.StatusLengthRequired}

// retryAfter is when it is worth trying again, in seconds.
var retryAfter = map[fault.Code]string{fault.RateLimited: "1", fault.Unavailable: "2"}

// Problem is an error as clients see it: RFC 9457 with a stable code.
type Problem struct {
	Type   string     `json:"type" doc:"always about:blank: the code tells the kind"`
	Title  string     `json:"title" doc:"the status in words"`
	Status int        `json:"status"`
	Detail string     `json:"detail" doc:"for people: names the field, the value and what is accepted"`
	Code   fault.Code `json:"code" doc:"stable; programs go by it"`
	Field  string     `json:"field,omitempty" doc:"the field at fault"`
	ID     string     `json:"request_id,omitempty" doc:"to be quoted when asking for help"`

	retry time.Duration // when it is worth trying again, if not as retryAfter says
}

// newProblem is the public form of err. What is not in the vocabulary is
// internal, and its text stays inside.
func newProblem(err error) *Problem {
	code, detail := wire.Describe(err)
	status, ok := statuses[code]
	if !ok {
		code, status = fault.Internal, http.StatusInternalServerError
	}
	p := &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Code: code}
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		p.Field = f.Field
	}
	if l := (later{}); errors.As(err, &l) {
		p.retry = l.after
	}
	for of, status := range statusesOf {
		if errors.Is(err, of) {
			p.Status, p.Title = status, http.StatusText(status)
		}
	}
	return p
}

// Error, GetStatus, ContentType and GetHeaders are what huma asks of an error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is the status of the answer.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders is the headers that go with the code.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{"Cache-Control": {"no-store"}}
	if p.Code == fault.Unauthenticated {
		h.Set("WWW-Authenticate", `Bearer realm="cabstand"`)
	}
	if seconds, ok := retryAfter[p.Code]; ok {
		h.Set("Retry-After", seconds)
	}
	if p.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.retry.Seconds()))))
	}
	switch p.Status {
	case http.StatusUpgradeRequired:
		h.Set("Upgrade", "websocket")
		h.Set("Connection", "Upgrade")
	case http.StatusLengthRequired:
		h.Set("Connection", "close")
	}
	return h
}

// problem is the public form of what went wrong with a request. An error of
// ours is logged, here and only here; parts that are gone when they begin to be.
func (a *API) problem(ctx context.Context, err error) *Problem {
	if isOutage(err) {
		a.outages.failed(routeName(ctx), err)
	}
	err = dispatch.Unwaited(err)
	p := newProblem(err)
	p.ID = requestID(ctx)
	if p.Code == fault.Internal {
		a.Log.Error("request failed", "request_id", p.ID, "err", err)
	}
	return p
}

// fail answers a request outside of huma with a problem.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := a.problem(r.Context(), err)
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	writeJSON(w, p.Status, p.ContentType(""), p, a.Log)
}

func writeJSON(w http.ResponseWriter, status int, contentType string, body any, log *slog.Logger) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		log.Debug("answer not written", "err", err)
	}
}
