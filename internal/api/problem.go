package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

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
	fault.KeyReused:       http.StatusUnprocessableEntity,
	fault.QuoteExpired:    http.StatusConflict,
	fault.UnknownDriver:   http.StatusForbidden,
	fault.AlreadyExists:   http.StatusConflict,
	fault.SessionReplaced: http.StatusConflict,
	fault.RateLimited:     http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
	fault.Internal:        http.StatusInternalServerError,
}

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
	return h
}

// problem is the public form of what went wrong with a request. An error of
// ours is logged, here and only here.
func (a *API) problem(ctx context.Context, err error) *Problem {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = fault.Wrap(err, fault.Unavailable, "the request ended before it was done")
	}
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
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		log.Debug("answer not written", "err", err)
	}
}

// huma's own refusals (bodies and parameters that do not fit their schema) take
// the same form. It offers a variable of the package and no other way; this
// package is the only one that uses huma.
func init() {
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return newProblem(refusal(status, msg, errs))
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		p := newProblem(refusal(status, msg, errs))
		p.ID = requestID(ctx.Context())
		return p
	}
}

// refusal is what huma did not accept, as a fault. Its status 500 is a body that
// could not be read: errors of handlers never come here.
func refusal(status int, msg string, errs []error) error {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return fault.New(fault.TooLarge, "the body is too large: at most %d bytes are accepted", maxBody)
	case http.StatusUnprocessableEntity:
		if len(errs) > 0 {
			return invalid(errs[0])
		}
	case http.StatusUnsupportedMediaType:
		return fault.New(fault.Malformed, "the content type is not accepted: application/json is")
	}
	return fault.New(fault.Malformed, "the body is not accepted: %s", describe(msg, errs))
}

// longest is how many characters of a value or message of the client's making
// an answer repeats.
const longest = 100

func describe(msg string, errs []error) string {
	var detail *huma.ErrorDetail
	if len(errs) > 0 && errors.As(errs[0], &detail) {
		return fmt.Sprintf("%.*s", longest, detail.Message)
	}
	return fmt.Sprintf("%.*s", longest, msg)
}

// invalid names the field, its value and what is accepted.
func invalid(err error) error {
	var detail *huma.ErrorDetail
	if !errors.As(err, &detail) {
		return fault.New(fault.Invalid, "%.*s", longest, err.Error())
	}
	_, field, found := strings.Cut(detail.Location, ".")
	if !found {
		field = detail.Location
	}
	switch detail.Value.(type) {
	case string, float64, bool: // of others only the field is named: they may be the whole body
		return fault.Field(field, "%.*s is not accepted: %.*s", longest, mustJSON(detail.Value), longest, detail.Message)
	}
	return fault.Field(field, "%.*s", longest, detail.Message)
}
