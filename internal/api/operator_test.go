package api_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/wire"
)

func TestDriver_Register(t *testing.T) {
	c := newCity(t, nil)
	full := `{"id":"d1","name":"Ada","class":"xl","seats":6}`
	t.Run("OK", func(t *testing.T) {
		var got wire.Driver
		c.expect(http.StatusCreated, "POST", "/v1/drivers", "operator:o1", full).into(t, &got)
		if got.ID != "d1" || got.Name != "Ada" || got.Class != "xl" || got.Seats != 6 || got.CreatedAt.IsZero() {
			t.Errorf("got %+v", got)
		}
		c.expect(http.StatusOK, "POST", "/v1/drivers", "operator:o1", full)
	})
	t.Run("OKDefaults", func(t *testing.T) {
		var got wire.Driver
		c.expect(http.StatusCreated, "POST", "/v1/drivers", "operator:o1", `{"id":"d2"}`).into(t, &got)
		if got.Class != "standard" || got.Seats != 4 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("ErrOtherData", func(t *testing.T) {
		c.refused(409, "already_exists", "POST", "/v1/drivers", "operator:o1", `{"id":"d1","name":"Bob"}`)
	})
	t.Run("ErrBad", func(t *testing.T) {
		for body, word := range map[string]string{
			`{"name":"no id"}`:               "id",
			`{"id":"a b"}`:                   `"a b"`,
			`{"id":"d3","class":"moped"}`:    "moped",
			`{"id":"d3","seats":99}`:         "99",
			`{"id":"d3","wheels":3}`:         "wheels",
			`{"id":"d3","created_at":"now"}`: "created_at",
		} {
			c.refused(422, "invalid", "POST", "/v1/drivers", "operator:o1", body, word)
		}
	})
	t.Run("List", func(t *testing.T) {
		var page struct {
			Drivers []wire.Driver
			Next    string `json:"next_cursor"`
		}
		c.expect(http.StatusOK, "GET", "/v1/drivers?limit=1", "operator:o1", "").into(t, &page)
		if len(page.Drivers) != 1 || page.Drivers[0].ID != "d1" || page.Next == "" {
			t.Errorf("got %+v", page)
		}
		c.refused(422, "invalid", "GET", "/v1/drivers?cursor=a+b", "operator:o1", "", "cursor")
	})
}

func TestDriver_Status(t *testing.T) {
	c := newCity(t, nil)
	type view struct {
		ID       string
		Status   string
		Location *struct {
			Lat, Accuracy float64
			AgeS          float64 `json:"age_s"`
		}
		TripIDs []string `json:"trip_ids"`
	}
	get := func(id string) (v view) {
		t.Helper()
		c.expect(http.StatusOK, "GET", "/v1/drivers/"+id, "operator:o1", "").into(t, &v)
		return v
	}
	c.expect(http.StatusCreated, "POST", "/v1/drivers", "operator:o1", `{"id":"d1"}`)
	if v := get("d1"); v.Status != "offline" || v.Location != nil || v.TripIDs == nil || len(v.TripIDs) != 0 {
		t.Errorf("no session: %+v", v)
	}
	c.park("d1", "standard", pickup, 0)
	if v := get("d1"); v.Status != "available" || v.Location == nil || v.Location.Lat != pickup.Lat || v.Location.Accuracy != 5 {
		t.Errorf("parked: %+v", v)
	}
	mine := c.request("r1")
	offer := c.offer(mine.ID, "d1")
	if v := get("d1"); v.Status != "offered" || len(v.TripIDs) != 1 || v.TripIDs[0] != mine.ID {
		t.Errorf("offered: %+v", v)
	}
	for step, want := range map[string]string{"/v1/offers/" + offer + "/accept": "enroute"} {
		c.expect(http.StatusOK, "POST", step, "driver:d1", "")
		if v := get("d1"); v.Status != want {
			t.Errorf("%s: %+v, want %s", step, v, want)
		}
	}
	c.park("d1", "standard", pickup, time.Minute) // older: changes nothing
	c.ahead.Store(int64(time.Minute))
	if v := get("d1"); v.Status != "silent" || v.Location.AgeS < 59 {
		t.Errorf("a minute later: %+v", v)
	}
	c.refused(404, "not_found", "GET", "/v1/drivers/nobody", "operator:o1", "")
}

func TestDriver_Nearby(t *testing.T) {
	c := newCity(t, nil)
	spot := geo.Point{Lat: 40.731234, Lon: -73.987654}
	c.park("a", "standard", spot, 3*time.Second)
	c.park("b", "xl", geo.Destination(spot, 90, 900), 0)
	c.park("old", "standard", geo.Destination(spot, 90, 100), time.Minute)
	type near struct {
		ID        string
		Class     string
		Lat, Lon  float64
		Heading   float64
		Accuracy  float64
		DistanceM float64 `json:"distance_m"`
		AgeS      float64 `json:"age_s"`
	}
	get := func(who, more string) []near {
		t.Helper()
		var out struct{ Drivers []near }
		c.expect(http.StatusOK, "GET", "/v1/drivers/nearby?lat=40.731234&lon=-73.987654"+more, who, "").into(t, &out)
		return out.Drivers
	}
	t.Run("OperatorExactly", func(t *testing.T) {
		got := get("operator:o1", "")
		if len(got) != 3 || got[0].ID != "a" || got[1].ID != "old" || got[2].ID != "b" || got[0].Lat != spot.Lat {
			t.Fatalf("got %+v", got)
		}
		if got[0].AgeS < 3 || got[1].AgeS < 60 || got[0].Accuracy != 5 || math.Abs(got[2].DistanceM-900) > 0.01 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("RiderCoarsely", func(t *testing.T) {
		got := get("rider:r1", "")
		if len(got) != 2 {
			t.Fatalf("got %+v, want the two fresh ones", got)
		}
		for _, d := range got {
			if d.ID != "" || d.Heading != -1 || d.Lat*1000 != math.Round(d.Lat*1000) || d.Lon == spot.Lon {
				t.Errorf("a rider is told %+v", d)
			}
			if d.DistanceM != math.Round(geo.Distance(spot, geo.Point{Lat: d.Lat, Lon: d.Lon})) {
				t.Errorf("the distance %v gives the exact position away", d.DistanceM)
			}
		}
	})
	t.Run("Narrower", func(t *testing.T) {
		if got := get("operator:o1", "&class=xl"); len(got) != 1 || got[0].ID != "b" {
			t.Errorf("by class: %+v", got)
		}
		if got := get("operator:o1", "&radius_m=500"); len(got) != 2 {
			t.Errorf("by radius: %+v", got)
		}
		if got := get("operator:o1", "&limit=1"); len(got) != 1 {
			t.Errorf("by limit: %+v", got)
		}
	})
	t.Run("ErrBad", func(t *testing.T) {
		for query, word := range map[string]string{
			"":                              "lat",
			"?lat=40":                       "lon",
			"?lat=NaN&lon=1":                "NaN",
			"?lat=1&lon=Inf":                "Inf",
			"?lat=abc&lon=1":                "abc",
			"?lat=0&lon=0":                  "lat 0",
			"?lat=91&lon=1":                 "91",
			"?lat=1&lon=1&radius_m=NaN":     "NaN",
			"?lat=1&lon=1&radius_m=-5":      "-5",
			"?lat=1&lon=1&radius_m=1e9":     "50000",
			"?lat=1&lon=1&limit=1000":       "limit",
			"?lat=1&lon=1&class=moped":      "moped",
			"?lat=1&lon=1&lng=1":            "lng",
			"?lat=1&lon=1&access_token=abc": "access_token",
		} {
			c.refused(422, "invalid", "GET", "/v1/drivers/nearby"+query, "operator:o1", "", word)
		}
	})
}

type oneDecision struct{}

func (oneDecision) Recall(_ context.Context, tripID string) ([]wire.Decision, bool, error) {
	d := dispatch.Decision{
		TripID: tripID, Epoch: 1, Ticks: 3, Policy: "greedy", Rung: "straight",
		Candidates: []dispatch.Candidate{{DriverID: "d1", Metres: 500, PickupIn: time.Minute, Age: 2 * time.Second, Accuracy: 5}},
		Excluded:   []dispatch.Exclusion{{DriverID: "d2", Metres: 300, Reason: dispatch.Declined, Age: 3 * time.Second, Accuracy: 40}},
	}
	return []wire.Decision{d.Public()}, true, nil
}

// PassedOver is one decision more than is told, made since then.
func (oneDecision) PassedOver(_ context.Context, q wire.PassedOverQuery) (wire.PassedOverReply, error) {
	var r wire.PassedOverReply
	for i := range 201 {
		r.Decisions = append(r.Decisions, wire.PassedOver{At: q.Since, TripID: fmt.Sprint("t", i), Reason: "too_dear", Chosen: q.DriverID})
	}
	return r, nil
}

func TestDriver_PassedOver(t *testing.T) {
	c := newCity(t, func(d *api.Deps) { d.Decisions = oneDecision{} })
	c.expect(http.StatusCreated, "POST", "/v1/drivers", "operator:o1", `{"id":"d1"}`)
	get := func(query string) (got struct {
		Decisions []wire.PassedOver
		Partial   bool
	}) {
		t.Helper()
		c.expect(http.StatusOK, "GET", "/v1/drivers/d1/passed_over"+query, "operator:o1", "").into(t, &got)
		return got
	}
	got := get("")
	if len(got.Decisions) != 200 || !got.Partial || got.Decisions[0].TripID != "t0" || got.Decisions[0].Chosen != "d1" {
		t.Errorf("%d, partial %v", len(got.Decisions), got.Partial)
	}
	if ago := c.now().Sub(got.Decisions[0].At); ago < time.Hour || ago > time.Hour+time.Minute {
		t.Errorf("asked for the last %v", ago)
	}
	since := c.now().Add(-time.Minute).UTC().Truncate(time.Second)
	if got := get("?since=" + since.Format(time.RFC3339)); !got.Decisions[0].At.Equal(since) {
		t.Errorf("asked since %v, want %v", got.Decisions[0].At, since)
	}
	if got := get("?since=2020-01-01T00:00:00Z"); c.now().Sub(got.Decisions[0].At) > time.Hour+time.Minute {
		t.Errorf("asked since %v", got.Decisions[0].At)
	}
	c.refused(404, "not_found", "GET", "/v1/drivers/nobody/passed_over", "operator:o1", "")
	c.refused(422, "invalid", "GET", "/v1/drivers/d1/passed_over?since=noon", "operator:o1", "", "noon")
}

// trust is how far a position is to be trusted.
type trust struct {
	AgeS      float64 `json:"age_s"`
	AccuracyM float64 `json:"accuracy_m"`
}

func TestTrip_Decisions(t *testing.T) {
	c := newCity(t, func(d *api.Deps) { d.Decisions = oneDecision{} })
	mine := c.request("r1")
	var got struct {
		TripID    string `json:"trip_id"`
		Decisions []struct {
			Policy, Rung string
			Candidates   []struct {
				DriverID string `json:"driver_id"`
				PickupS  int    `json:"pickup_s"`
				trust
			}
			Excluded []struct {
				Reason string
				trust
			}
		}
	}
	c.expect(http.StatusOK, "GET", "/v1/trips/"+mine.ID+"/decisions", "operator:o1", "").into(t, &got)
	if got.TripID != mine.ID || len(got.Decisions) != 1 {
		t.Fatalf("got %+v", got)
	}
	d := got.Decisions[0]
	if d.Policy != "greedy" || d.Rung != "straight" || d.Candidates[0].PickupS != 60 || d.Excluded[0].Reason != "declined" {
		t.Errorf("got %+v", d)
	}
	if d.Candidates[0].trust != (trust{2, 5}) || d.Excluded[0].trust != (trust{3, 40}) {
		t.Errorf("ages and accuracies are %+v", d)
	}
	c.refused(404, "not_found", "GET", "/v1/trips/nobody/decisions", "operator:o1", "")
}
