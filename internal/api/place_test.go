package api_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// echoPlaces finds what it was asked, and nothing at all for "nothing".
type echoPlaces struct{}

func (echoPlaces) Search(_ context.Context, q string, near *geo.Point) ([]wire.Place, error) {
	switch {
	case q == "nothing":
		return nil, nil
	case q == "away":
		return nil, fault.New(fault.Unavailable, "the address search does not answer")
	case near == nil:
		return []wire.Place{{Name: q}}, nil
	}
	return []wire.Place{{Name: q, Lat: near.Lat, Lon: near.Lon}}, nil
}

func (echoPlaces) Reverse(_ context.Context, p geo.Point) ([]wire.Place, error) {
	return []wire.Place{{Name: "here", Lat: p.Lat, Lon: p.Lon}}, nil
}

func TestPlaces(t *testing.T) {
	c := newCity(t, func(d *api.Deps) { d.Places = echoPlaces{} })
	get := func(path string) []wire.Place {
		t.Helper()
		var got struct{ Places []wire.Place }
		c.expect(http.StatusOK, "GET", path, "rider:r1", "").into(t, &got)
		if got.Places == nil {
			t.Error("null is no list")
		}
		return got.Places
	}
	for path, want := range map[string][]wire.Place{
		"/v1/places?q=+Caf%C3%A9+":                   {{Name: "Café"}},
		"/v1/places?q=park&lat=40.5&lon=-73":         {{Name: "park", Lat: 40.5, Lon: -73}},
		"/v1/places?q=nothing":                       {},
		"/v1/places/reverse?lat=40.731234&lon=-73.9": {{Name: "here", Lat: 40.731234, Lon: -73.9}},
	} {
		if got := get(path); len(got) != len(want) || len(got) > 0 && got[0] != want[0] {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
	for path, word := range map[string]string{
		"/v1/places": "q", "/v1/places?q=": "q", "/v1/places?q=+": "q", "/v1/places?q=a%00b": "q", "/v1/places?q=x&lat=99": "lat",
		"/v1/places/reverse?lat=1": "lon", "/v1/places/reverse?lat=0&lon=0": "lat 0",
	} {
		c.refused(http.StatusUnprocessableEntity, "invalid", "GET", path, "rider:r1", "", word)
	}
	c.refused(http.StatusServiceUnavailable, "unavailable", "GET", "/v1/places?q=away", "rider:r1", "")
	var site struct{ Places bool }
	if c.expect(http.StatusOK, "GET", "/v1/site", "", "").into(t, &site); !site.Places {
		t.Error("the site does not tell of it")
	}
}

func TestPlaces_NotConfigured(t *testing.T) {
	c := newCity(t, nil)
	c.refused(http.StatusNotFound, "not_configured", "GET", "/v1/places?q=x", "rider:r1", "")
	c.refused(http.StatusNotFound, "not_configured", "GET", "/v1/places/reverse?lat=1&lon=1", "rider:r1", "")
}
