package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// register registers a driver and puts the car at the pickup.
func (c *city) register(id, name string) {
	c.Helper()
	c.expect(http.StatusCreated, "POST", "/v1/drivers", "operator:o1", fmt.Sprintf(`{"id":%q,"name":%q}`, id, name))
	c.park(id, "standard", pickup, 0)
}

// steps has the driver of the trip take the steps.
func (c *city) steps(t wire.Trip, driverID string, steps ...string) {
	c.Helper()
	for _, step := range steps {
		c.expect(http.StatusOK, "POST", "/v1/trips/"+t.ID+"/"+step, "driver:"+driverID, "")
	}
}

// timeline is what happened to the trip, as somebody sees it: "type driver" of
// events and "offer status driver by" of offers.
func (c *city) timeline(tripID, who string) (seen []string) {
	c.Helper()
	var body struct {
		Entries []struct {
			At       time.Time
			Kind     string
			Type     string
			Status   string
			By       string
			Actor    struct{ Role, ID string }
			DriverID string `json:"driver_id"`
			Former   string `json:"former_driver_id"`
		}
	}
	c.expect(http.StatusOK, "GET", "/v1/trips/"+tripID+"/timeline", who, "").into(c, &body)
	last := time.Time{}
	for _, e := range body.Entries {
		if e.At.Before(last) {
			c.Errorf("the timeline goes back to %v", e.At)
		}
		last = e.At
		if e.Kind == "offer" {
			seen = append(seen, strings.TrimSpace(fmt.Sprintf("offer %s %s %s", e.Status, e.DriverID, e.By)))
			continue
		}
		seen = append(seen, strings.TrimSpace(fmt.Sprintf("%s by %s:%s %s%s", e.Type, e.Actor.Role, e.Actor.ID, e.DriverID, e.Former)))
	}
	return seen
}

func TestTrip_Timeline(t *testing.T) {
	c := newCity(t, nil)
	c.register("d1", "Ana Silva")
	c.register("d2", "Bo")
	mine := c.request("r1")
	c.expect(http.StatusNoContent, "POST", "/v1/offers/"+c.offer(mine.ID, "d3")+"/decline", "driver:d3", "")
	c.expect(http.StatusOK, "POST", "/v1/offers/"+c.offer(mine.ID, "d2")+"/accept", "driver:d2", "")
	c.expect(http.StatusOK, "POST", "/v1/trips/"+mine.ID+"/redispatch", "operator:o1", `{"reason":"flat tyre"}`)
	var made wire.Trip
	c.expect(http.StatusOK, "POST", "/v1/trips/"+mine.ID+"/assign", "operator:o1", `{"driver_id":"d1"}`).into(t, &made)
	pending := must[*trip.Trip](t)(c.store.Trip(t.Context(), mine.ID)).Offer
	c.expect(http.StatusOK, "POST", "/v1/offers/"+pending.ID+"/accept", "driver:d1", "")
	c.steps(mine, "d1", "arrive", "start", "complete")

	rest := []string{"assigned by driver:d1 d1", "arrived by driver:d1 d1", "riding by driver:d1 d1", "completed by driver:d1 d1"}
	for who, want := range map[string][]string{
		"operator:o1": append([]string{
			"requested by rider:r1", "offer declined d3", "offer accepted d2", "assigned by driver:d2 d2", "redispatched by operator:o1 d2", "offer accepted d1 o1",
		}, rest...),
		"rider:r1":  append([]string{"requested by rider:r1", "assigned by driver:d2 d2", "redispatched by operator: d2"}, rest...),
		"driver:d1": append([]string{"requested by rider:", "assigned by driver:", "redispatched by operator:", "offer accepted d1"}, rest...),
	} {
		if got := c.timeline(mine.ID, who); !slices.Equal(got, want) {
			t.Errorf("%s sees\n%q, want\n%q", who, got, want)
		}
	}
	for _, who := range []string{"rider:r2", "driver:d2", "driver:d3"} {
		c.refused(http.StatusNotFound, "not_found", "GET", "/v1/trips/"+mine.ID+"/timeline", who, "")
	}
}

func TestTrip_ByHand(t *testing.T) {
	c := newCity(t, nil)
	c.register("d1", "Ana")
	mine := c.request("r1")
	assign, redispatch := "/v1/trips/"+mine.ID+"/assign", "/v1/trips/"+mine.ID+"/redispatch"
	c.refused(http.StatusConflict, "wrong_state", "POST", redispatch, "operator:o1", "", "no driver")
	c.refused(http.StatusNotFound, "not_found", "POST", assign, "operator:o1", `{"driver_id":"nobody"}`, "driver")
	c.refused(http.StatusUnprocessableEntity, "invalid", "POST", assign, "operator:o1", `{"driver_id":"a b"}`, "driver_id")
	c.expect(http.StatusNoContent, "POST", "/v1/offers/"+c.offer(mine.ID, "d1")+"/decline", "driver:d1", "")
	c.refused(http.StatusConflict, "driver_excluded", "POST", assign, "operator:o1", `{"driver_id":"d1"}`, "override_exclusion")
	c.expect(http.StatusOK, "POST", assign, "operator:o1", `{"driver_id":"d1","override_exclusion":true}`)
	other := c.request("r1")
	c.refused(http.StatusConflict, "driver_claimed", "POST", "/v1/trips/"+other.ID+"/assign", "operator:o1", `{"driver_id":"d1"}`, mine.ID)
	c.ahead.Store(int64(30 * time.Second))
	c.refused(http.StatusConflict, "driver_unfit", "POST", "/v1/trips/"+other.ID+"/assign", "operator:o1", `{"driver_id":"d1"}`, "position_too_old")
	if got, want := c.record("?subject=trip:"+mine.ID).did(), []string{"o1 trip.assign trip:" + mine.ID}; !slices.Equal(got, want) {
		t.Errorf("the record is %q, want %q", got, want)
	}
}

func TestTrip_PIN(t *testing.T) {
	c := newCity(t, func(d *api.Deps) { d.Site.RequirePIN = true })
	c.register("d1", "Ana Silva")
	mine := c.assigned("r1", "d1")
	if !mine.PINRequired {
		t.Errorf("the driver who accepts is told %+v", mine)
	}
	trips := "/v1/trips/" + mine.ID
	for who, shown := range map[string]bool{"rider:r1": true, "operator:o1": true, "driver:d1": false} {
		a := c.expect(http.StatusOK, "GET", trips, who, "")
		var v wire.Trip
		a.into(t, &v)
		if shown != (len(v.PIN) == 4) || strings.Contains(string(a.body), `"pin":`) != shown || !v.PINRequired {
			t.Errorf("%s sees %s", who, a.body)
		}
	}
	live := c.dialStream("rider:r1")
	frame := must[[]byte](t)(live.next())
	if strings.Contains(string(frame), `"pin":`) {
		t.Errorf("events have the PIN: %s", frame)
	}
	pin := must[*trip.Trip](t)(c.store.Trip(t.Context(), mine.ID)).PIN.Code
	wrong := "0000"
	if pin == wrong {
		wrong = "0001"
	}
	body := func(pin string) string { return fmt.Sprintf(`{"pin":%q}`, pin) }
	c.steps(mine, "d1", "arrive")
	c.refused(http.StatusForbidden, "wrong_pin", "POST", trips+"/start", "driver:d1", "", "pin")
	c.refused(http.StatusUnprocessableEntity, "invalid", "POST", trips+"/start", "driver:d1", `{"pin":"12"}`, "pin")
	c.refused(http.StatusNotFound, "not_found", "POST", trips+"/start", "driver:d2", body(pin))
	for range 5 {
		c.refused(http.StatusForbidden, "wrong_pin", "POST", trips+"/start", "driver:d1", body(wrong), "pin")
	}
	if a := c.refused(http.StatusTooManyRequests, "rate_limited", "POST", trips+"/start", "driver:d1", body(pin)); a.header.Get("Retry-After") != "60" {
		t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
	}
	c.ahead.Store(int64(61 * time.Second))
	c.expect(http.StatusOK, "POST", trips+"/start", "driver:d1", body(pin))
	c.expect(http.StatusOK, "POST", trips+"/start", "driver:d1", "") // a repetition
	if strings.Contains(c.log.String(), pin+`"`) || strings.Contains(c.log.String(), "pin="+pin) {
		t.Error("the PIN is in the log")
	}
	// The same over the socket's way: the tracker's command.
	next := c.assigned("r1", "d9")
	c.steps(next, "d9", "arrive")
	command := wire.Command{Kind: wire.CommandStart, DriverID: "d9", TripID: next.ID}
	if r := c.desk.Command(t.Context(), command); r.Code != fault.WrongPIN {
		t.Errorf("without a PIN: %+v", r)
	}
	command.PIN = must[*trip.Trip](t)(c.store.Trip(t.Context(), next.ID)).PIN.Code
	if r := c.desk.Command(t.Context(), command); r.Code != "" || r.Trip.State != trip.Riding {
		t.Errorf("with the PIN: %+v", r)
	}
}

func TestTrip_RatingAndReceipt(t *testing.T) {
	c := newCity(t, nil)
	c.register("d1", "Ana Silva")
	mine := c.assigned("r1", "d1")
	trips := "/v1/trips/" + mine.ID
	c.refused(http.StatusConflict, "wrong_state", "POST", trips+"/rating", "rider:r1", `{"stars":5}`, "assigned")
	c.refused(http.StatusConflict, "wrong_state", "GET", trips+"/receipt", "rider:r1", "", "assigned")
	c.steps(mine, "d1", "arrive", "start")
	c.ahead.Store(int64(10 * time.Minute))
	c.steps(mine, "d1", "complete")

	var first, again wire.Rating
	c.expect(http.StatusOK, "POST", trips+"/rating", "rider:r1", `{"stars":4,"comment":"on time"}`).into(t, &first)
	c.expect(http.StatusOK, "POST", trips+"/rating", "rider:r1", `{"stars":4,"comment":"on time"}`).into(t, &again)
	if first != again || first.Stars != 4 || first.Comment != "on time" || first.At.IsZero() {
		t.Errorf("rated %+v, then %+v", first, again)
	}
	for _, stars := range []string{`{"stars":0}`, `{"stars":6}`, `{}`, `{"stars":5,"comment":"` + strings.Repeat("é", 501) + `"}`} {
		c.refused(http.StatusUnprocessableEntity, "invalid", "POST", trips+"/rating", "rider:r1", stars)
	}
	c.refused(http.StatusNotFound, "not_found", "POST", trips+"/rating", "rider:r2", `{"stars":1}`)
	second := c.assigned("r2", "d1")
	c.steps(second, "d1", "arrive", "start", "complete")
	c.expect(http.StatusOK, "POST", "/v1/trips/"+second.ID+"/rating", "rider:r2", `{"stars":5}`)
	for who, shown := range map[string]bool{"rider:r1": true, "operator:o1": true, "driver:d1": false} {
		var v wire.Trip
		c.expect(http.StatusOK, "GET", trips, who, "").into(t, &v)
		if shown != (v.Rating != nil) || shown != (v.Driver != nil) || shown && (*v.Rating != first || v.Driver.Name != "Ana Silva" || v.Driver.Seats != 4 || *v.Driver.Rating != 4.5) {
			t.Errorf("%s sees %+v, %+v", who, v.Rating, v.Driver)
		}
	}
	var r struct {
		TripID    string `json:"trip_id"`
		RiderID   string `json:"rider_id"`
		Driver    struct{ Name string }
		DurationS int `json:"duration_s"`
		Lines     []struct{ Amount int64 }
		Total     struct {
			Amount   int64
			Currency string
		}
	}
	c.expect(http.StatusOK, "GET", trips+"/receipt", "rider:r1", "").into(t, &r)
	sum := int64(0)
	for _, line := range r.Lines {
		sum += line.Amount
	}
	if r.TripID != mine.ID || r.RiderID != "r1" || r.Driver.Name != "Ana Silva" || r.DurationS < 600 || r.DurationS > 660 || sum != r.Total.Amount || sum != mine.Fare.Amount || r.Total.Currency != mine.Fare.Currency {
		t.Errorf("the receipt is %+v of %+v", r, mine)
	}
	c.refused(http.StatusNotFound, "not_found", "GET", trips+"/receipt", "rider:r2", "")
}
