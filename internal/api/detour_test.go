package api_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/wire"
)

// detoured is a city that trackers may call, and a tracker's header.
func detoured(t *testing.T) (c *city, tracker []string) {
	var deps *api.Deps
	c = newCity(t, func(d *api.Deps) { deps = d })
	trackers := must[*auth.Trackers](t)(auth.NewTrackers(c.now, bytes.Repeat([]byte("k"), 32)))
	api.DetourRoutes(c.api.Router(), deps.Desk, dispatch.NewDetour(c.store, c.bus.Line, c.now), trackers.Verify, deps.Log)
	return c, []string{"Authorization", "Bearer " + must[string](t)(trackers.Token())}
}

// What is for trackers is for nobody else, whatever the role.
func TestDetour_ForTrackersAlone(t *testing.T) {
	c, tracker := detoured(t)
	for _, path := range []string{"/v1/tracker/command", "/v1/tracker/pending"} {
		for _, who := range []string{"", "rider:x", "driver:tracker", "operator:x"} {
			c.refused(http.StatusUnauthorized, "unauthenticated", "POST", path, who, "{}")
		}
		in := strings.TrimPrefix(tracker[1], "Bearer ")
		c.refused(http.StatusUnauthorized, "unauthenticated", "POST", path+"?access_token="+in, "", "{}")
		c.expect(http.StatusOK, "POST", path, "", "{}", tracker...)
		c.checkProblem(c.call("POST", path, "", "[", tracker...), http.StatusBadRequest, "malformed")
		long := `{"device":"` + strings.Repeat("x", 600<<10) + `"}`
		c.checkProblem(c.call("POST", path, "", long, tracker...), http.StatusRequestEntityTooLarge, "too_large")
	}
	c.checkProblem(c.call("GET", "/v1/drivers", "", "", tracker...), http.StatusUnauthorized, "unauthenticated")
}

// A tracker's command does what it does over the bus, and what is pending is told.
func TestDetour_CommandsAndQuestions(t *testing.T) {
	c, tracker := detoured(t)
	mine := c.request("r1")
	offer := c.offer(mine.ID, "d1")
	var told wire.Answers
	c.expect(http.StatusOK, "POST", "/v1/tracker/pending", "", `{"drivers":[{"driver_id":"d1"},{"driver_id":"d2"}]}`, tracker...).into(t, &told)
	if len(told.Drivers) != 1 || told.Drivers[0].DriverID != "d1" || told.Drivers[0].OfferID != offer || len(told.Drivers[0].Pushes) != 1 {
		t.Errorf("told %+v, want the offer", told)
	}
	var reply wire.Reply
	c.expect(http.StatusOK, "POST", "/v1/tracker/command", "", `{"kind":"accept","driver_id":"d2","offer_id":"`+offer+`"}`, tracker...).into(t, &reply)
	if reply.Code != "not_found" {
		t.Errorf("another driver's accept is answered %+v", reply)
	}
	reply = wire.Reply{}
	c.expect(http.StatusOK, "POST", "/v1/tracker/command", "", `{"kind":"accept","driver_id":"d1","offer_id":"`+offer+`"}`, tracker...).into(t, &reply)
	if reply.Trip == nil || reply.Trip.DriverID != "d1" || reply.Trip.State != "assigned" {
		t.Errorf("the accept is answered %+v", reply)
	}
}
