package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// A whole ride over HTTP, and what the rider's stream saw of it.
func TestTrip_WholeRide(t *testing.T) {
	c := newCity(t, nil)
	live := c.dialStream("rider:r1")
	mine := c.request("r1")
	offer := c.offer(mine.ID, "d1")
	c.expect(http.StatusNoContent, "POST", "/v1/offers/"+offer+"/received", "driver:d1", "")
	c.refused(http.StatusUnprocessableEntity, "invalid", "POST", "/v1/trips/"+mine.ID+"/arrive", "driver:d1", `{"epoch":0}`, "epoch")
	for _, step := range []string{"/v1/offers/" + offer + "/accept", "/v1/trips/" + mine.ID + "/arrive", "/v1/trips/" + mine.ID + "/start", "/v1/trips/" + mine.ID + "/complete"} {
		var first, again wire.Trip
		c.expect(http.StatusOK, "POST", step, "driver:d1", "").into(t, &first)
		c.expect(http.StatusOK, "POST", step, "driver:d1", "").into(t, &again)
		if first.Version != again.Version || first.State != again.State {
			t.Errorf("%s twice: %+v, then %+v", step, first, again)
		}
	}
	for i, state := range []trip.State{trip.Searching, trip.Assigned, trip.Arrived, trip.Riding, trip.Completed} {
		var f wire.TripFrame
		live.until("trip", &f)
		if f.Trip.ID != mine.ID || f.Trip.State != state || f.Trip.Version != int64(i+1) {
			t.Errorf("frame %d: %+v, want %s", i, f.Trip, state)
		}
	}
	c.refused(http.StatusConflict, "wrong_state", "POST", "/v1/trips/"+mine.ID+"/cancel", "rider:r1", "")
}

func TestTrip_Cancel(t *testing.T) {
	c := newCity(t, nil)
	t.Run("ByRider", func(t *testing.T) {
		mine := c.request("r1")
		offer := c.offer(mine.ID, "d1")
		var got wire.Trip
		c.expect(http.StatusOK, "POST", "/v1/trips/"+mine.ID+"/cancel", "rider:r1", `{"reason":"changed my mind"}`).into(t, &got)
		if got.State != trip.Cancelled || got.CancelledBy != trip.Rider || got.Reason != "changed my mind" {
			t.Errorf("got %+v", got)
		}
		c.refused(http.StatusConflict, "offer_closed", "POST", "/v1/offers/"+offer+"/accept", "driver:d1", "")
	})
	t.Run("ByDriver", func(t *testing.T) {
		mine := c.assigned("r1", "d2")
		var got wire.Trip
		c.refused(http.StatusConflict, "wrong_state", "POST", "/v1/trips/"+mine.ID+"/cancel", "driver:d2", `{"epoch":2}`, "epoch 2")
		c.refused(http.StatusConflict, "wrong_state", "POST", "/v1/trips/"+mine.ID+"/arrive", "driver:d2", `{"epoch":2}`, "epoch 2")
		c.expect(http.StatusOK, "POST", "/v1/trips/"+mine.ID+"/cancel", "driver:d2", `{"epoch":1}`).into(t, &got)
		if got.State != trip.Searching || got.Epoch != 2 || got.DriverID != "" {
			t.Errorf("got %+v, want it to search on", got)
		}
		c.expect(http.StatusOK, "POST", "/v1/trips/"+mine.ID+"/cancel", "driver:d2", `{}`) // a repetition
		next := c.offer(mine.ID, "zoe")
		c.expect(http.StatusOK, "POST", "/v1/offers/"+next+"/accept", "driver:zoe", "")
		told := c.refused(http.StatusConflict, "wrong_state", "POST", "/v1/trips/"+mine.ID+"/cancel", "driver:d2", "{}", "not yours")
		if strings.Contains(string(told.body), "zoe") {
			t.Errorf("the driver who left is told who came: %s", told.body)
		}
	})
	t.Run("ByOperator", func(t *testing.T) {
		mine := c.assigned("r1", "d3")
		c.expect(http.StatusOK, "POST", "/v1/trips/"+mine.ID+"/arrive", "driver:d3", "")
		c.expect(http.StatusOK, "POST", "/v1/trips/"+mine.ID+"/start", "driver:d3", "")
		c.refused(http.StatusConflict, "wrong_state", "POST", "/v1/trips/"+mine.ID+"/cancel", "rider:r1", "")
		c.expect(http.StatusOK, "POST", "/v1/trips/"+mine.ID+"/cancel", "operator:o1", "")
	})
	t.Run("ErrBad", func(t *testing.T) {
		mine := c.request("r1")
		c.refused(422, "invalid", "POST", "/v1/trips/"+mine.ID+"/cancel", "rider:r1", `{"why":"x"}`, "why")
		c.refused(404, "not_found", "POST", "/v1/trips/nobody/cancel", "rider:r1", "")
		c.refused(404, "not_found", "POST", "/v1/trips/"+url.PathEscape("a b;DROP")+"/cancel", "rider:r1", "")
	})
}

func TestTrip_List(t *testing.T) {
	c := newCity(t, nil)
	var ids []string
	for range 5 {
		ids = append(ids, c.request("r1").ID)
	}
	c.expect(http.StatusOK, "POST", "/v1/trips/"+ids[0]+"/cancel", "rider:r1", "")
	type page struct {
		Trips      []wire.Trip `json:"trips"`
		NextCursor string      `json:"next_cursor"`
	}
	t.Run("PagesNewestFirst", func(t *testing.T) {
		var got []string
		for cursor := ""; ; {
			var p page
			c.expect(http.StatusOK, "GET", "/v1/trips?limit=2&cursor="+url.QueryEscape(cursor), "rider:r1", "").into(t, &p)
			for _, tr := range p.Trips {
				got = append(got, tr.ID)
			}
			if cursor = p.NextCursor; cursor == "" {
				break
			}
		}
		if len(got) != 5 || got[0] != ids[4] || got[4] != ids[0] {
			t.Errorf("got %v, want %v backwards", got, ids)
		}
	})
	t.Run("ByState", func(t *testing.T) {
		var p page
		c.expect(http.StatusOK, "GET", "/v1/trips?state=cancelled", "rider:r1", "").into(t, &p)
		if len(p.Trips) != 1 || p.Trips[0].ID != ids[0] {
			t.Errorf("got %+v", p.Trips)
		}
	})
	t.Run("NothingIsAnEmptyList", func(t *testing.T) {
		if got := string(c.expect(http.StatusOK, "GET", "/v1/trips", "rider:nobody", "").body); got != "{\"trips\":[]}\n" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("ErrBad", func(t *testing.T) {
		c.refused(422, "invalid", "GET", "/v1/trips?state=lost", "rider:r1", "", "lost", "searching")
		c.refused(422, "invalid", "GET", "/v1/trips?limit=0", "rider:r1", "", "limit")
		c.refused(422, "invalid", "GET", "/v1/trips?limit=many", "rider:r1", "", "limit")
		c.refused(422, "invalid", "GET", "/v1/trips?cursor=%ff%fe", "rider:r1", "", "cursor")
		c.refused(422, "invalid", "GET", "/v1/trips?page=2", "rider:r1", "", "page")
	})
}
