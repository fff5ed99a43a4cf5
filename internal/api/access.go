package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// rule says who may call a route.
type rule struct {
	roles []trip.Role
	// streamed: the answer lasts as long as the client wants, and the token may
	// come as ?access_token=, since browsers cannot set headers on this kind of
	// request. Elsewhere it would end up in logs.
	streamed bool
	// open: everybody may, without a token.
	open bool
	// tries: a password is tried, which counts against where it comes from.
	tries bool
}

func open() rule                       { return rule{open: true} }
func only(roles ...trip.Role) rule     { return rule{roles: roles} }
func streamed(roles ...trip.Role) rule { return rule{roles: roles, streamed: true} }

// access is the one table of who may call what. A route that is not in it is
// refused, and a test compares it with the routes that there are.
var access = map[string]rule{
	"POST /v1/quotes":                          only(trip.Rider),
	"POST /v1/trips":                           only(trip.Rider),
	"GET /v1/trips":                            only(trip.Rider, trip.Driver, trip.Operator),
	"GET /v1/trips/{id}":                       only(trip.Rider, trip.Driver, trip.Operator),
	"POST /v1/trips/{id}/cancel":               only(trip.Rider, trip.Driver, trip.Operator),
	"GET /v1/trips/{id}/timeline":              only(trip.Rider, trip.Driver, trip.Operator),
	"POST /v1/trips/{id}/redispatch":           only(trip.Operator),
	"POST /v1/trips/{id}/assign":               only(trip.Operator),
	"POST /v1/trips/{id}/rating":               only(trip.Rider),
	"GET /v1/trips/{id}/receipt":               only(trip.Rider, trip.Operator),
	"POST /v1/trips/{id}/arrive":               only(trip.Driver),
	"POST /v1/trips/{id}/start":                only(trip.Driver),
	"POST /v1/trips/{id}/complete":             only(trip.Driver),
	"GET /v1/trips/{id}/track":                 only(trip.Rider, trip.Driver, trip.Operator),
	"GET /v1/trips/{id}/decisions":             only(trip.Operator),
	"GET /v1/trips/{id}/events":                streamed(trip.Rider, trip.Operator),
	"POST /v1/offers/{id}/received":            only(trip.Driver),
	"POST /v1/offers/{id}/accept":              only(trip.Driver),
	"POST /v1/offers/{id}/decline":             only(trip.Driver),
	"POST /v1/drivers":                         only(trip.Operator),
	"GET /v1/drivers":                          only(trip.Operator),
	"GET /v1/drivers/nearby":                   only(trip.Rider, trip.Operator),
	"GET /v1/drivers/{id}":                     only(trip.Operator),
	"PATCH /v1/drivers/{id}":                   only(trip.Operator),
	"DELETE /v1/drivers/{id}/session":          only(trip.Operator),
	"GET /v1/drivers/{id}/passed_over":         only(trip.Operator),
	"GET /v1/places":                           only(trip.Rider, trip.Operator),
	"GET /v1/places/reverse":                   only(trip.Rider, trip.Operator),
	"GET /v1/driver/me":                        only(trip.Driver),
	"GET /v1/driver/earnings":                  only(trip.Driver),
	"POST /v1/routes":                          only(trip.Rider, trip.Driver, trip.Operator),
	"POST /v1/drivers/{id}/devices":            only(trip.Operator),
	"GET /v1/drivers/{id}/devices":             only(trip.Operator),
	"DELETE /v1/drivers/{id}/devices/{device}": only(trip.Operator),
	"GET /v1/policy":                           only(trip.Operator),
	"PUT /v1/policy":                           only(trip.Operator),
	"DELETE /v1/policy":                        only(trip.Operator),
	"GET /v1/site":                             open(),
	"POST /v1/demo/token":                      open(),
	"GET /v1/audit":                            only(trip.Operator),
	"GET /v1/areas":                            only(trip.Operator),
	"PUT /v1/areas/{id}":                       only(trip.Operator),
	"DELETE /v1/areas/{id}":                    only(trip.Operator),
	"GET /v1/numbers":                          only(trip.Operator),
	"GET /v1/health":                           only(trip.Operator),
	"POST /v1/trips/{id}/share":                only(trip.Rider),
	"DELETE /v1/trips/{id}/share":              only(trip.Rider),
	"GET /v1/shared/{token}":                   open(),
	"GET /v1/shared/{token}/events":            {open: true, streamed: true},
	"GET /v1/search":                           only(trip.Operator),
	"POST /v1/auth/login":                      open(),
	"POST /v1/auth/refresh":                    open(),
	"POST /v1/auth/logout":                     open(),
	"POST /v1/auth/password":                   {roles: []trip.Role{trip.Rider, trip.Driver, trip.Operator}, tries: true},
	"POST /v1/accounts":                        only(trip.Operator),
	"GET /v1/accounts":                         only(trip.Operator),
	"GET /v1/accounts/{id}":                    only(trip.Operator),
	"DELETE /v1/accounts/{id}":                 only(trip.Operator),
	"PUT /v1/accounts/{id}/password":           only(trip.Operator),
	"GET /v1/stream":                           streamed(trip.Rider, trip.Operator),
	driverStream:                               streamed(trip.Driver),
}

// driverStream is the route of the driver's socket, which trackers serve.
const driverStream = "GET /v1/driver/stream"

type identityKey struct{}

// clientKey is where open routes, and those where passwords are tried, find the
// address of the caller.
type clientKey struct{}

// from is the request with the caller's address for its handler.
func (a *API) from(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), clientKey{}, a.Gate.clientOf(r)))
}

// caller is who the request's token speaks for.
func caller(ctx context.Context) auth.Identity {
	who, _ := ctx.Value(identityKey{}).(auth.Identity)
	return who
}

// guard lets through whom the table allows, and tells handlers who it is.
func (a *API) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		route := r.Method + " " + chi.RouteContext(r.Context()).RoutePattern()
		rule := access[route]
		leave, err := a.enter(route, rule.streamed)
		if err != nil {
			a.fail(w, r, err)
			return
		}
		defer leave()
		if rule.open {
			next.ServeHTTP(w, a.from(r))
			return
		}
		who, leaveOwn, err := a.letIn(w, r, rule)
		if err != nil {
			a.fail(w, r, err)
			return
		}
		defer leaveOwn()
		if rule.tries {
			r = a.from(r)
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identityKey{}, who)))
	})
}

// letIn is who may call the route, keeps to the pace, and has not too much in hand
// already.
func (a *API) letIn(w http.ResponseWriter, r *http.Request, rule rule) (who auth.Identity, leave func(), err error) {
	if who, err = a.admit(r, rule); err != nil {
		return who, nil, err
	}
	if err = a.paces.take(who, w.Header(), a.Now()); err != nil {
		return who, nil, err
	}
	leave, err = a.takeOwn(who, rule)
	return who, leave, err
}

func (a *API) admit(r *http.Request, rule rule) (auth.Identity, error) {
	who, err := a.Verifier.Verify(r.Context(), tokenOf(r, rule.streamed))
	if err != nil {
		return auth.Identity{}, err
	}
	if a.Ended.Has(who.Session) {
		return auth.Identity{}, fault.New(fault.Unauthenticated, "the session is over: sign in again")
	}
	return who, rule.allows(who.Role)
}

// allows is nil for a role that may call the route.
func (r rule) allows(role trip.Role) error {
	if slices.Contains(r.roles, role) {
		return nil
	}
	return fault.New(fault.Forbidden, "the role %s may not do this", role)
}

// tokenOf is the token of the request; "" if there is none.
func tokenOf(r *http.Request, query bool) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	if query {
		return r.URL.Query().Get("access_token")
	}
	return ""
}

// visible is nil when the caller may see the trip. A trip of somebody else looks
// like none, so that nobody can find out which ids there are.
func visible(who auth.Identity, t *trip.Trip) error {
	switch who.Role {
	case trip.Operator:
		return nil
	case trip.Rider:
		if t.RiderID == who.Subject {
			return nil
		}
	case trip.Driver:
		if t.DriverID == who.Subject || t.Offer.Pending() && t.Offer.DriverID == who.Subject {
			return nil
		}
	}
	return fault.New(fault.NotFound, "no such trip")
}

// places bounds what goes on at the same time. Nobody waits for a place: a
// client that is told at once can go elsewhere.
type places chan struct{}

func (p places) take() (leave func(), err error) {
	select {
	case p <- struct{}{}:
		return func() { <-p }, nil
	default:
		return nil, fault.New(fault.Unavailable, "all %d places are taken: try again", cap(p))
	}
}
