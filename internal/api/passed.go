package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/internal/wire"
)

func (a *API) passedRoutes() {
	handle(a, huma.Operation{
		OperationID: "passed-over", Method: http.MethodGet, Path: "/v1/drivers/{id}/passed_over", Tags: []string{"operator"},
		Summary: "Why no ride: the decisions of the last hour that looked at the driver and chose another or nobody",
		Description: "The newest first, 200 at most, by all dispatchers that live. Each remembers its latest 20,000 decisions; " +
			"partial says that there were more, or that one did not answer.",
	}, a.passedOver)
}

// The decisions that are told, and how far back.
const (
	mostPassed = 200
	passedFor  = time.Hour
)

type passedInput struct {
	IDInput
	Since time.Time `query:"since" doc:"of the last hour only what was decided since then"`
}

type passedOutput struct {
	Body struct {
		Decisions []wire.PassedOver `json:"decisions" nullable:"false"`
		Partial   bool              `json:"partial"`
	}
}

func (a *API) passedOver(ctx context.Context, in *passedInput) (*passedOutput, error) {
	if err := in.check("driver"); err != nil {
		return nil, err
	}
	if _, err := a.Drivers.Driver(ctx, in.ID); err != nil {
		return nil, err
	}
	since := a.Now().Add(-passedFor)
	if in.Since.After(since) {
		since = in.Since
	}
	told, err := a.Decisions.PassedOver(ctx, wire.PassedOverQuery{DriverID: in.ID, Since: since.UTC()})
	if err != nil {
		return nil, err
	}
	out := &passedOutput{}
	out.Body.Decisions, out.Body.Partial = told.Decisions, told.Partial
	if len(told.Decisions) > mostPassed {
		out.Body.Decisions, out.Body.Partial = told.Decisions[:mostPassed], true
	}
	return out, nil
}
