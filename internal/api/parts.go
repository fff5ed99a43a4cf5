package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/internal/wire"
)

func (a *API) partsRoutes() {
	handle(a, huma.Operation{
		OperationID: "get-health", Method: http.MethodGet, Path: "/v1/health", Tags: []string{"operator"},
		Summary: "The parts of the installation, which of them are gone, and what that affects",
		Description: "As the dispatcher that answers sees it: a part that it cannot reach may be there for another. " +
			"Dispatchers and trackers that left are listed for ten minutes.",
	}, a.getParts)
}

type partsOutput struct {
	Body struct {
		Parts []wire.Part `json:"parts"`
	}
}

func (a *API) getParts(context.Context, *struct{}) (*partsOutput, error) {
	out := &partsOutput{}
	out.Body.Parts = []wire.Part{}
	if a.Parts != nil {
		out.Body.Parts = append(out.Body.Parts, a.Parts()...)
	}
	return out, nil
}
