package api_test

import (
	"encoding/json"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// ridden is a trip of r1 that d1 drove from the pickup 600 m to the east, then
// 400 m to the north, with a position every 10 s; and the fixes of its corners.
func (c *city) ridden() (wire.Trip, []trip.Fix) {
	c.Helper()
	t := c.assigned("r1", "d1")
	for _, step := range []string{"arrive", "start"} {
		c.expect(http.StatusOK, "POST", "/v1/trips/"+t.ID+"/"+step, "driver:d1", "").into(c, &t)
	}
	var fixes []trip.Fix
	at := pickup
	for i := range 11 {
		fixes = append(fixes, wire.RoundFix(trip.Fix{Point: at, At: t.RidingAt.Add(time.Duration(i) * 10 * time.Second)}))
		if i < 6 {
			at = geo.Destination(at, 90, 100)
		} else {
			at = geo.Destination(at, 0, 100)
		}
	}
	c.ahead.Add(int64(2 * time.Minute))
	reply := c.api.Desk.Command(c.Context(), wire.Command{Kind: wire.CommandTrack, DriverID: "d1", TripID: t.ID, Fixes: wire.EncodeFixes(fixes)})
	if err := reply.Fault(); err != nil {
		c.Fatal(err)
	}
	return t, []trip.Fix{fixes[0], fixes[6], fixes[10]}
}

func TestTrack(t *testing.T) {
	c := newCity(t, nil)
	mine, corners := c.ridden()
	path := "/v1/trips/" + mine.ID
	c.refused(http.StatusNotFound, "not_found", "GET", path+"/track", "rider:r1", "", "when the ride ends")
	c.expect(http.StatusOK, "POST", path+"/complete", "driver:d1", "")

	for _, who := range []string{"rider:r1", "driver:d1", "operator:o1"} {
		a := c.expect(http.StatusOK, "GET", path+"/track", who, "")
		if got := a.header.Get("Content-Type"); got != "application/geo+json" {
			t.Errorf("content type %q", got)
		}
		var feature struct {
			Type     string
			Geometry struct {
				Type        string
				Coordinates [][2]float64
			}
			Properties struct {
				TripID    string  `json:"trip_id"`
				DistanceM float64 `json:"distance_m"`
				Times     []time.Time
			}
		}
		a.into(t, &feature)
		line, of := feature.Geometry, feature.Properties
		if feature.Type != "Feature" || line.Type != "LineString" || len(line.Coordinates) != 3 || len(of.Times) != 3 || of.TripID != mine.ID || math.Abs(of.DistanceM-1000) > 1 {
			t.Fatalf("%s", a.body)
		}
		for i, f := range corners {
			if line.Coordinates[i] != [2]float64{f.Lon, f.Lat} || !of.Times[i].Equal(f.At) {
				t.Errorf("corner %d is %v at %v, want %v", i, line.Coordinates[i], of.Times[i], f)
			}
		}
	}
	for _, stranger := range []string{"rider:r2", "driver:d2", "rider:d1"} {
		c.refused(http.StatusNotFound, "not_found", "GET", path+"/track", stranger, "", "no such trip")
	}
	var read wire.Trip
	c.expect(http.StatusOK, "GET", path, "rider:r1", "").into(t, &read)
	if math.Abs(read.DistanceM-1000) > 1 || read.Version != 5 {
		t.Errorf("the trip is %v m long, at version %d", read.DistanceM, read.Version)
	}
}

func TestTrack_Polyline(t *testing.T) {
	c := newCity(t, nil)
	mine, corners := c.ridden()
	path := "/v1/trips/" + mine.ID
	c.expect(http.StatusOK, "POST", path+"/complete", "driver:d1", "")
	var out struct {
		Polyline  string
		Times     []time.Time
		DistanceM float64 `json:"distance_m"`
	}
	a := c.expect(http.StatusOK, "GET", path+"/track?format=polyline", "rider:r1", "")
	a.into(t, &out)
	line, err := geo.DecodePolyline(out.Polyline)
	if err != nil || len(line) != 3 || len(out.Times) != 3 || math.Abs(out.DistanceM-1000) > 1 {
		t.Fatalf("%s, %v", a.body, err)
	}
	for i, f := range corners {
		if geo.Distance(line[i], f.Point) > 1 || !out.Times[i].Equal(f.At) {
			t.Errorf("corner %d is %v at %v, want %v", i, line[i], out.Times[i], f)
		}
	}
	c.refused(http.StatusUnprocessableEntity, "invalid", "GET", path+"/track?format=kml", "rider:r1", "", "format", "kml", "geojson", "polyline")
}

func TestTrack_None(t *testing.T) {
	c := newCity(t, nil)
	open := c.request("r1")
	c.refused(http.StatusNotFound, "not_found", "GET", "/v1/trips/"+open.ID+"/track", "rider:r1", "", "not begun")
	c.expect(http.StatusOK, "POST", "/v1/trips/"+open.ID+"/cancel", "rider:r1", "")
	c.refused(http.StatusNotFound, "not_found", "GET", "/v1/trips/"+open.ID+"/track", "rider:r1", "", "before the ride")
	ride := c.assigned("r2", "d2")
	for _, step := range []string{"arrive", "start", "complete"} {
		c.expect(http.StatusOK, "POST", "/v1/trips/"+ride.ID+"/"+step, "driver:d2", "")
	}
	c.refused(http.StatusNotFound, "not_found", "GET", "/v1/trips/"+ride.ID+"/track", "rider:r2", "", "no positions")
	var read map[string]any
	a := c.expect(http.StatusOK, "GET", "/v1/trips/"+ride.ID, "rider:r2", "")
	a.into(t, &read)
	if _, there := read["distance_m"]; there {
		t.Errorf("a trip without a track has a length: %s", a.body)
	}
}

// The description says what comes.
func TestTrack_Described(t *testing.T) {
	c := newCity(t, nil)
	var spec struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct {
				Content map[string]struct{ Schema json.RawMessage }
			}
		}
	}
	c.expect(http.StatusOK, "GET", "/openapi.json", "", "").into(t, &spec)
	content := spec.Paths["/v1/trips/{id}/track"]["get"].Responses["200"].Content
	if len(content) != 2 || len(content["application/geo+json"].Schema) == 0 || len(content["application/json"].Schema) == 0 {
		t.Errorf("described as %v", content)
	}
}
