package api_test

import (
	"context"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/trip"
)

func TestSite(t *testing.T) {
	c := newCity(t, func(d *api.Deps) {
		d.Site = api.Site{
			Name: "Testville", Center: geo.Point{Lat: 47.5, Lon: 7.6}, Bounds: geo.Box{West: 7.5, South: 47.4, East: 7.7, North: 47.6},
			BaseMap: api.BaseMap{Kind: "streets", URL: "/v1/map/base", Attribution: "© Somebody"},
			OIDC:    func() *api.OIDC { return &api.OIDC{Issuer: "https://id.example", ClientID: "cab"} },
			Accept:  20 * time.Second,
		}
	})
	var got map[string]any
	c.expect(http.StatusOK, "GET", "/v1/site", "", "").into(t, &got)
	want := map[string]any{
		"name": "Testville", "center": []any{7.6, 47.5}, "bounds": []any{7.5, 47.4, 7.7, 47.6},
		"demo": false, "roles_in_demo": []any{}, "sign_in": []any{"oidc"}, "oidc": map[string]any{"issuer": "https://id.example", "client_id": "cab"},
		"basemap": map[string]any{"kind": "streets", "url": "/v1/map/base", "attribution": "© Somebody"},
		"places":  false, "require_pin": false, "accept_s": 20.0, "classes": []any{"premium", "standard", "xl"}, "currency": "USD",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	c.refused(http.StatusNotFound, "not_configured", "POST", "/v1/demo/token", "", `{"role":"operator"}`)
}

// openHouse is a demo that lets everybody in under the name that they say.
type openHouse struct{ c **city }

func (o openHouse) Visit(_ context.Context, role trip.Role, sub string) (api.Visit, error) {
	return api.Visit{Token: (*o.c).token(string(role) + ":" + sub), Sub: sub, ExpiresAt: time.Unix(1_800_000_000, 0).UTC()}, nil
}

func TestDemoToken(t *testing.T) {
	var c *city
	c = newCity(t, func(d *api.Deps) { d.Demo = openHouse{&c} })
	var site struct {
		Demo  bool
		Roles []string `json:"roles_in_demo"`
	}
	c.expect(http.StatusOK, "GET", "/v1/site", "", "").into(t, &site)
	if !site.Demo || !reflect.DeepEqual(site.Roles, []string{"rider", "driver", "operator"}) {
		t.Errorf("got %+v", site)
	}
	var visit api.Visit
	a := c.expect(http.StatusOK, "POST", "/v1/demo/token", "", `{"role":"rider","sub":"r7"}`)
	a.into(t, &visit)
	if visit.Sub != "r7" || visit.ExpiresAt.Unix() != 1_800_000_000 || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %+v, %v", visit, a.header)
	}
	c.expect(http.StatusOK, "GET", "/v1/trips", "", "", "Authorization", "Bearer "+visit.Token)
	c.refused(http.StatusUnprocessableEntity, "invalid", "POST", "/v1/demo/token", "", `{"role":"system"}`, "system", "rider driver operator")
	c.refused(http.StatusUnprocessableEntity, "invalid", "POST", "/v1/demo/token", "", `{}`, "role")
	c.refused(http.StatusBadRequest, "malformed", "POST", "/v1/demo/token", "", `role=operator`)
}
