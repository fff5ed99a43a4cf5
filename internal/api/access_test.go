package api_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/golang-jwt/jwt/v5"

	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// roles is who may call what: r a rider, d a driver, o an operator. It is
// written down here once more, so that a slip in the table of the code is seen.
var roles = map[string]string{
	"POST /v1/quotes":                          "r",
	"POST /v1/trips":                           "r",
	"GET /v1/trips":                            "rdo",
	"GET /v1/trips/{id}":                       "rdo",
	"POST /v1/trips/{id}/cancel":               "rdo",
	"GET /v1/trips/{id}/timeline":              "rdo",
	"POST /v1/trips/{id}/redispatch":           "o",
	"POST /v1/trips/{id}/assign":               "o",
	"POST /v1/trips/{id}/rating":               "r",
	"GET /v1/trips/{id}/receipt":               "ro",
	"POST /v1/trips/{id}/arrive":               "d",
	"POST /v1/trips/{id}/start":                "d",
	"POST /v1/trips/{id}/complete":             "d",
	"GET /v1/trips/{id}/track":                 "rdo",
	"GET /v1/trips/{id}/decisions":             "o",
	"GET /v1/trips/{id}/events":                "ro",
	"POST /v1/offers/{id}/received":            "d",
	"POST /v1/offers/{id}/accept":              "d",
	"POST /v1/offers/{id}/decline":             "d",
	"POST /v1/drivers":                         "o",
	"GET /v1/drivers":                          "o",
	"GET /v1/drivers/nearby":                   "ro",
	"GET /v1/drivers/{id}":                     "o",
	"PATCH /v1/drivers/{id}":                   "o",
	"DELETE /v1/drivers/{id}/session":          "o",
	"GET /v1/drivers/{id}/passed_over":         "o",
	"GET /v1/places":                           "ro",
	"GET /v1/places/reverse":                   "ro",
	"GET /v1/driver/me":                        "d",
	"GET /v1/driver/earnings":                  "d",
	"POST /v1/routes":                          "rdo",
	"POST /v1/drivers/{id}/devices":            "o",
	"GET /v1/drivers/{id}/devices":             "o",
	"DELETE /v1/drivers/{id}/devices/{device}": "o",
	"GET /v1/policy":                           "o",
	"PUT /v1/policy":                           "o",
	"DELETE /v1/policy":                        "o",
	"GET /v1/audit":                            "o",
	"GET /v1/areas":                            "o",
	"PUT /v1/areas/{id}":                       "o",
	"DELETE /v1/areas/{id}":                    "o",
	"GET /v1/numbers":                          "o",
	"GET /v1/health":                           "o",
	"POST /v1/auth/password":                   "rdo",
	"POST /v1/trips/{id}/share":                "r",
	"DELETE /v1/trips/{id}/share":              "r",
	"GET /v1/search":                           "o",
	"POST /v1/accounts":                        "o",
	"GET /v1/accounts":                         "o",
	"GET /v1/accounts/{id}":                    "o",
	"DELETE /v1/accounts/{id}":                 "o",
	"PUT /v1/accounts/{id}/password":           "o",
	"GET /v1/stream":                           "ro",
}

// open is what everybody may call, without a token.
// signIn is what people do who have no token yet, see TestSignIn; links are for
// everybody who has one, see TestShare.
var signIn = map[string]bool{"GET /v1/shared/{token}": true, "GET /v1/shared/{token}/events": true, "POST /v1/demo/token": true, "POST /v1/auth/login": true, "POST /v1/auth/refresh": true, "POST /v1/auth/logout": true}

var open = map[string]bool{"GET /v1/site": true, "GET /healthz": true, "GET /readyz": true, "GET /openapi.json": true, "GET /metrics": true}

func TestAccess_EveryRouteAndRole(t *testing.T) {
	c := newCity(t, nil)
	forged := c.forgedTokens()
	for route, allowed := range roles {
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{id}", "nobody", "{device}", "none").Replace(path)
		c.refused(http.StatusUnauthorized, "unauthenticated", method, path, "", "")
		for name, token := range forged {
			c.checkProblem(c.call(method, path, "", "", "Authorization", "Bearer "+token), http.StatusUnauthorized, "unauthenticated")
			if a := c.call(method, path+"?access_token="+token, "", ""); a.status != http.StatusUnauthorized {
				t.Errorf("%s by a token, %s, in the address: %d", route, name, a.status)
			}
		}
		for _, role := range []string{"rider", "driver", "operator"} {
			a := c.call(method, path, role+":x", "")
			if strings.Contains(allowed, role[:1]) {
				if a.status == http.StatusUnauthorized || a.status == http.StatusForbidden {
					t.Errorf("%s by a %s: %d %s", route, role, a.status, a.body)
				}
				continue
			}
			c.checkProblem(a, http.StatusForbidden, "forbidden", role)
		}
	}
}

// forgedTokens are tokens of an operator, who may do most, that are not good, by
// what is wrong with them.
func (c *city) forgedTokens() map[string]string {
	c.Helper()
	claims := func(change ...any) jwt.MapClaims {
		m := jwt.MapClaims{"sub": "o1", "role": "operator", "aud": auth.Audience, "exp": c.now().Add(time.Hour).Unix()}
		for i := 0; i < len(change); i += 2 {
			m[change[i].(string)] = change[i+1]
		}
		return m
	}
	sign := func(method jwt.SigningMethod, claims jwt.MapClaims, key any) string {
		return must[string](c)(jwt.NewWithClaims(method, claims).SignedString(key))
	}
	ours, foreign := cityKey, bytes.Repeat([]byte("x"), 32)
	if a := c.as(sign(jwt.SigningMethodHS256, claims(), ours)); a.status != http.StatusOK {
		c.Fatalf("the token that the others vary is refused: %d %s", a.status, a.body)
	}
	return map[string]string{
		"NoToken":       "nonsense",
		"Expired":       sign(jwt.SigningMethodHS256, claims("exp", c.now().Add(-time.Minute).Unix()), ours),
		"NeverExpires":  sign(jwt.SigningMethodHS256, claims("exp", nil), ours),
		"NotYet":        sign(jwt.SigningMethodHS256, claims("nbf", c.now().Add(time.Minute).Unix()), ours),
		"OtherAudience": sign(jwt.SigningMethodHS256, claims("aud", "elsewhere"), ours),
		"AlgNone":       sign(jwt.SigningMethodNone, claims(), jwt.UnsafeAllowNoneSignatureType),
		"OtherAlg":      sign(jwt.SigningMethodHS384, claims(), ours),
		"ForeignKey":    sign(jwt.SigningMethodHS256, claims(), foreign),
		"UnknownRole":   sign(jwt.SigningMethodHS256, claims("role", "admin"), ours),
		"System":        sign(jwt.SigningMethodHS256, claims("role", "system"), ours),
	}
}

func TestAccess_NoRouteIsForgotten(t *testing.T) {
	c := newCity(t, nil)
	seen := map[string]bool{}
	err := chi.Walk(c.api.Router(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		name := method + " " + route
		seen[name] = true
		if roles[name] == "" && !open[name] && !signIn[name] && route != "/metrics" {
			t.Errorf("%s: who may call it?", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range roles {
		if !seen[name] {
			t.Errorf("%s is not there", name)
		}
	}
	for name := range open {
		method, path, _ := strings.Cut(name, " ")
		c.expect(http.StatusOK, method, path, "", "")
	}
}

// A token in an address ends up in logs: only where browsers leave no other way.
func TestAccess_TokenInTheAddress(t *testing.T) {
	c := newCity(t, nil)
	token := "?access_token=" + c.token("operator:o1")
	c.refused(http.StatusUnauthorized, "unauthenticated", "GET", "/v1/drivers"+token, "", "")
	c.refused(http.StatusNotFound, "not_found", "GET", "/v1/trips/nobody/events"+token, "", "")
	c.refused(http.StatusUpgradeRequired, "malformed", "GET", "/v1/stream"+token, "", "", "WebSocket")
}

func TestAccess_StrangersSeeNothing(t *testing.T) {
	c := newCity(t, nil)
	mine := c.assigned("r1", "d1")
	path := "/v1/trips/" + mine.ID
	for _, stranger := range []string{"rider:r2", "driver:d2"} {
		c.refused(http.StatusNotFound, "not_found", "GET", path, stranger, "")
		c.refused(http.StatusNotFound, "not_found", "POST", path+"/cancel", stranger, "")
	}
	c.refused(http.StatusNotFound, "not_found", "GET", path+"/events", "rider:r2", "")
	c.refused(http.StatusNotFound, "not_found", "POST", path+"/arrive", "driver:d2", "")
	// An id that names a driver here must not name a rider there.
	c.refused(http.StatusNotFound, "not_found", "GET", path, "rider:d1", "")
	for _, friend := range []string{"rider:r1", "driver:d1", "operator:o1"} {
		c.expect(http.StatusOK, "GET", path, friend, "")
	}
	for who, want := range map[string]int{"rider:r1": 1, "rider:r2": 0, "driver:d1": 1, "driver:d2": 0, "operator:o1": 1} {
		var page struct{ Trips []struct{ ID string } }
		c.expect(http.StatusOK, "GET", "/v1/trips", who, "").into(t, &page)
		if len(page.Trips) != want {
			t.Errorf("%s sees %d trips, want %d", who, len(page.Trips), want)
		}
	}
	var unchanged struct{ State string }
	c.expect(http.StatusOK, "GET", path, "rider:r1", "").into(t, &unchanged)
	if unchanged.State != "assigned" {
		t.Errorf("after all that the trip is %s", unchanged.State)
	}
}

// Whatever can be done with a trip is for those whose trip it is: to everybody else
// of the same role, and to who has the same id in another role, there is none.
func TestAccess_StrangersGetNowhere(t *testing.T) {
	c := newCity(t, nil)
	mine := c.assigned("r1", "d1")
	before := c.expect(http.StatusOK, "GET", "/v1/trips/"+mine.ID, "operator:o1", "").body
	bodies := map[string]string{"rating": `{"stars":1}`, "start": `{"pin":"0000"}`}
	asked := 0
	for route, allowed := range roles {
		method, path, _ := strings.Cut(route, " ")
		tail, ofTrip := strings.CutPrefix(path, "/v1/trips/{id}")
		for _, who := range []string{"rider:r2", "rider:d1", "driver:d2", "driver:r1"} {
			if !ofTrip || !strings.Contains(allowed, who[:1]) {
				continue
			}
			asked++
			c.refused(http.StatusNotFound, "not_found", method, "/v1/trips/"+mine.ID+tail, who, bodies[strings.TrimPrefix(tail, "/")])
		}
	}
	if asked < 20 {
		t.Errorf("only %d questions were asked", asked)
	}
	if after := c.expect(http.StatusOK, "GET", "/v1/trips/"+mine.ID, "operator:o1", "").body; !bytes.Equal(after, before) {
		t.Errorf("after all that the trip is %s, it was %s", after, before)
	}
}

// A driver sees the trip of a pending offer, and no more once it is closed.
func TestAccess_OfferedTrip(t *testing.T) {
	c := newCity(t, nil)
	mine := c.request("r1")
	offer := c.offer(mine.ID, "d1")
	c.expect(http.StatusOK, "GET", "/v1/trips/"+mine.ID, "driver:d1", "")
	c.refused(http.StatusNotFound, "not_found", "POST", "/v1/offers/"+offer+"/accept", "driver:d2", "")
	c.expect(http.StatusNoContent, "POST", "/v1/offers/"+offer+"/decline", "driver:d1", `{"reason":"too far"}`)
	c.refused(http.StatusNotFound, "not_found", "GET", "/v1/trips/"+mine.ID, "driver:d1", "")
}

func TestAccess_FullHouse(t *testing.T) {
	c := newCity(t, func(d *api.Deps) { d.MaxSockets = 1 })
	mine := c.request("r1")
	c.dialStream("rider:r1").until("trip", &struct{}{})
	a := c.refused(http.StatusServiceUnavailable, "unavailable", "GET", "/v1/trips/"+mine.ID+"/events", "rider:r1", "")
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// slowStore is a store that answers when it is let.
type slowStore struct {
	api.Trips
	asked, answer chan struct{}
}

func (s slowStore) Trip(context.Context, string) (*trip.Trip, error) {
	s.asked <- struct{}{}
	<-s.answer
	return nil, fault.New(fault.NotFound, "no such trip")
}

// What is more than the store can take is told so at once, and holds nothing.
func TestAccess_Saturated(t *testing.T) {
	slow := slowStore{asked: make(chan struct{}), answer: make(chan struct{})}
	c := newCity(t, func(d *api.Deps) {
		slow.Trips = d.Trips
		d.Trips, d.MaxRequests = slow, 1
	})
	done := make(chan answer)
	go func() { done <- c.call("GET", "/v1/trips/some-trip", "rider:r1", "") }()
	<-slow.asked
	a := c.refused(http.StatusServiceUnavailable, "unavailable", "GET", "/v1/trips", "rider:r1", "")
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	c.expect(http.StatusOK, "GET", "/healthz", "", "")
	close(slow.answer)
	if first := <-done; first.status != http.StatusNotFound {
		t.Errorf("the first: %d %s", first.status, first.body)
	}
	c.expect(http.StatusOK, "GET", "/v1/trips", "rider:r1", "")
}
