package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/internal/wire"
)

// Numbers tells what all dispatchers counted.
type Numbers interface {
	// Numbers adds up the window that ends now: an hour by minutes, or a day by
	// ten minutes. It always answers, partially if need be.
	Numbers(ctx context.Context, window time.Duration) wire.Numbers
}

func (a *API) numbersRoutes() {
	handle(a, huma.Operation{
		OperationID: "get-numbers", Method: http.MethodGet, Path: "/v1/numbers", Tags: []string{"operator"},
		Summary: "What the installation did in the last hour by minutes, or in the last day by ten minutes",
		Description: "Added up over all dispatchers, and kept for eight days. Quantiles are from histograms, and exact to a 32nd. " +
			"A dispatcher that is killed loses what it counted in its last ten seconds.",
	}, a.getNumbers)
}

type numbersInput struct {
	Window string `query:"window" enum:"1h,24h" default:"1h"`
}

type numbersOutput struct{ Body wire.Numbers }

var numbersWindows = map[string]time.Duration{"1h": time.Hour, "24h": 24 * time.Hour}

func (a *API) getNumbers(ctx context.Context, in *numbersInput) (*numbersOutput, error) {
	return &numbersOutput{a.Numbers.Numbers(ctx, numbersWindows[in.Window])}, nil
}
