package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Site is what a page needs to know before anybody signs in.
type Site struct {
	Name    string
	Center  geo.Point // where a map opens
	Bounds  geo.Box   // what it shows then
	BaseMap BaseMap
	OIDC    func() *OIDC // nil, or nil from it, where no provider is configured
	// RequirePIN: a ride starts with the rider's PIN.
	RequirePIN bool
	// Accept is how long a driver has to answer a confirmed offer.
	Accept time.Duration
}

// BaseMap is what a map draws below everything else.
type BaseMap struct {
	Kind        string `json:"kind" enum:"streets,raster,vector,pmtiles" doc:"streets: GeoJSON of the road graph; raster or vector: tiles by {z}/{x}/{y}; pmtiles: one file, read in ranges"`
	URL         string `json:"url,omitempty" doc:"left out where there are no streets: draw a grid"`
	Attribution string `json:"attribution" doc:"who must be named on the map; empty for nobody"`
}

// OIDC is the provider where people sign in: a page does the code flow with PKCE
// as a public client, and sends the ID token that it gets as the bearer's.
type OIDC struct {
	Issuer                string `json:"issuer"`
	ClientID              string `json:"client_id"`
	AuthorizationEndpoint string `json:"authorization_endpoint,omitempty" doc:"left out while the provider has not told it"`
	TokenEndpoint         string `json:"token_endpoint,omitempty"`
}

// Demo lets everybody in.
type Demo interface {
	// Visit is a token for a visitor in the role: for the one of that sub, who got
	// it from here before, or for a new one where sub is "". Another sub is
	// fault.Invalid.
	Visit(ctx context.Context, role trip.Role, sub string) (Visit, error)
}

// Visit is how a visitor of the demo comes in.
type Visit struct {
	Token     string    `json:"token" doc:"for Authorization: Bearer"`
	Sub       string    `json:"sub" doc:"who the visitor is: to be sent again by the same visitor"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (a *API) siteRoutes() {
	open := []map[string][]string{} // no token
	handle(a, huma.Operation{
		OperationID: "site", Method: http.MethodGet, Path: "/v1/site", Tags: []string{"site"}, Security: open,
		Summary: "What a page needs to know before anybody signs in",
	}, a.site)
	handle(a, huma.Operation{
		OperationID: "demo-token", Method: http.MethodPost, Path: "/v1/demo/token", Tags: []string{"site"}, Security: open,
		Summary: "Come into the demo in a role",
		Description: "Each visitor is a rider, a driver or an operator of their own; a driver is registered at once. " +
			"Refused with not_configured where there is no demo.",
	}, a.demoToken)
}

type siteOutput struct{ Body siteView }

// siteView is the site as pages see it.
type siteView struct {
	Name       string     `json:"name"`
	Center     [2]float64 `json:"center" doc:"lon, lat"`
	Bounds     [4]float64 `json:"bounds" doc:"west, south, east, north"`
	Demo       bool       `json:"demo"`
	DemoRoles  []string   `json:"roles_in_demo" nullable:"false" doc:"roles that POST /v1/demo/token lets in; none outside a demo"`
	SignIn     []string   `json:"sign_in" nullable:"false" doc:"password: POST /v1/auth/login; oidc: the provider; neither where tokens come from elsewhere"`
	OIDC       *OIDC      `json:"oidc,omitempty"`
	BaseMap    BaseMap    `json:"basemap"`
	Places     bool       `json:"places" doc:"whether GET /v1/places finds addresses"`
	RequirePIN bool       `json:"require_pin" doc:"a ride starts with the rider's PIN"`
	AcceptS    float64    `json:"accept_s" doc:"how long a driver has to answer an offer, from when a phone confirmed it"`
	Classes    []string   `json:"classes" nullable:"false"`
	Currency   string     `json:"currency" doc:"ISO 4217"`
}

func (a *API) site(context.Context, *struct{}) (*siteOutput, error) {
	s := a.Site
	view := siteView{
		Name: s.Name, Center: [2]float64{s.Center.Lon, s.Center.Lat},
		Bounds: [4]float64{s.Bounds.West, s.Bounds.South, s.Bounds.East, s.Bounds.North},
		Demo:   a.Demo != nil, DemoRoles: []string{}, SignIn: []string{}, BaseMap: s.BaseMap,
		Places: a.Places != nil, RequirePIN: s.RequirePIN, AcceptS: s.Accept.Seconds(), Currency: a.Tariff.Currency,
	}
	if a.Demo != nil {
		view.DemoRoles = []string{string(trip.Rider), string(trip.Driver), string(trip.Operator)}
	}
	if a.SignIn != nil {
		view.SignIn = append(view.SignIn, "password")
	}
	if s.OIDC != nil {
		view.OIDC = s.OIDC()
	}
	if view.OIDC != nil {
		view.SignIn = append(view.SignIn, "oidc")
	}
	for _, class := range a.Tariff.ClassNames() {
		view.Classes = append(view.Classes, string(class))
	}
	return &siteOutput{view}, nil
}

type visitInput struct {
	Body struct {
		Role string `json:"role" enum:"rider,driver,operator"`
		Sub  string `json:"sub,omitempty" maxLength:"64" doc:"of the answer that this visitor got before in this role"`
	}
}

type visitOutput struct{ Body Visit }

func (a *API) demoToken(ctx context.Context, in *visitInput) (*visitOutput, error) {
	if a.Demo == nil {
		return nil, fault.New(fault.NotConfigured, "this is no demo: sign in")
	}
	visit, err := a.Demo.Visit(ctx, trip.Role(in.Body.Role), in.Body.Sub)
	if err != nil {
		return nil, err
	}
	return &visitOutput{visit}, nil
}
