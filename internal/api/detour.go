package api

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// maxDetourBody is the largest body of a tracker, in bytes: a part of a way, or
// questions about [wire.AsksAtOnce] drivers.
const maxDetourBody = 512 << 10

// detourAtOnce bounds the calls of trackers that are worked on at once. They
// neither take the places of riders nor wait for one.
const detourAtOnce = 128

// VerifyTracker is nil for the token of a tracker; the error is
// fault.Unauthenticated.
type VerifyTracker func(ctx context.Context, token string) error

// DetourRoutes adds what trackers call while the bus is away, and nobody else may:
// POST /v1/tracker/command takes a [wire.Command] and answers with a [wire.Reply],
// POST /v1/tracker/pending takes [wire.Asks] and answers with [wire.Answers].
func DetourRoutes(r chi.Router, desk *dispatch.Desk, detour *dispatch.Detour, verify VerifyTracker, log *slog.Logger) {
	d := &detourDoor{verify: verify, places: make(places, detourAtOnce), log: log}
	r.Post("/v1/tracker/command", detourCall(d, func(ctx context.Context, c wire.Command) (wire.Reply, error) {
		return desk.Command(ctx, c), nil
	}))
	r.Post("/v1/tracker/pending", detourCall(d, detour.Pending))
}

// detourDoor lets trackers in.
type detourDoor struct {
	verify VerifyTracker
	places places
	log    *slog.Logger
}

// detourCall answers one kind of call.
func detourCall[I, O any](d *detourDoor, do func(context.Context, I) (O, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in I
		leave, err := d.enter(w, r, &in)
		if err != nil {
			d.refuse(w, r, err)
			return
		}
		defer leave()
		out, err := do(r.Context(), in)
		if err != nil {
			d.refuse(w, r, err)
			return
		}
		writeJSON(w, http.StatusOK, "application/json", out, d.log)
	}
}

// enter lets a tracker in, and reads what it wants.
func (d *detourDoor) enter(w http.ResponseWriter, r *http.Request, in any) (leave func(), err error) {
	if err := d.verify(r.Context(), tokenOf(r, false)); err != nil {
		return nil, err
	}
	if leave, err = d.places.take(); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxDetourBody))
	if err != nil {
		err = fault.Wrap(err, fault.TooLarge, "the body did not come whole")
	} else if json.Unmarshal(body, in) != nil {
		err = fault.New(fault.Malformed, "the body is not accepted: JSON as trackers send it is")
	}
	if err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

// refuse answers with a problem.
func (d *detourDoor) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := newProblem(err)
	p.ID = requestID(r.Context())
	if p.Code == fault.Internal {
		d.log.Error("a tracker's call failed", "request_id", p.ID, "err", err)
	}
	maps.Copy(w.Header(), p.GetHeaders())
	writeJSON(w, p.Status, p.ContentType(""), p, d.log)
}
