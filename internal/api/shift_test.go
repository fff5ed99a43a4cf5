package api_test

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/track"
	"github.com/cabstand/cabstand/internal/wire"
)

func TestRoute(t *testing.T) {
	c := newCity(t, nil)
	var got struct {
		Polyline  string
		DistanceM int `json:"distance_m"`
		DurationS int `json:"duration_s"`
		Rung      string
	}
	for _, who := range []string{"rider:r1", "driver:d1", "operator:o1"} {
		c.expect(http.StatusOK, "POST", "/v1/routes", who, `{"from":{"lat":40.73,"lon":-73.98},"to":{"lat":40.76,"lon":-73.97}}`).into(t, &got)
	}
	line, err := geo.DecodePolyline(got.Polyline)
	if err != nil || len(line) != 2 || geo.Distance(line[0], pickup) > 1 || geo.Distance(line[1], dropoff) > 1 || got.Rung != "straight" {
		t.Errorf("line %v, %v of %+v", line, err, got)
	}
	if far := geo.Distance(pickup, dropoff); float64(got.DistanceM) < far || float64(got.DistanceM) > 2*far || got.DurationS != int(float64(got.DistanceM)/7+0.5) {
		t.Errorf("got %+v for %v m along the straight line", got, far)
	}
	for body, word := range map[string]string{
		`{"from":{"lat":40.73,"lon":-73.98}}`:                                     "to",
		`{"from":{"lat":99,"lon":-73.98},"to":{"lat":40.76,"lon":-73.97}}`:        "from",
		`{"from":{"lat":40.73,"lon":-73.98},"to":{"lat":0,"lon":0}}`:              "to",
		`{"from":{"lat":40.73,"lon":-73.98},"to":{"lat":48.86,"lon":2.35}}`:       "300 km",
		`{"from":{"lat":40.73,"lon":-73.98},"to":{"lat":40.7,"lon":-74},"via":1}`: "via",
	} {
		c.refused(http.StatusUnprocessableEntity, "invalid", "POST", "/v1/routes", "rider:r1", body, word)
	}
}

// earnt is a trip that the driver has completed.
func (c *city) earnt(rider, driverID string) wire.Trip {
	c.Helper()
	t := c.assigned(rider, driverID)
	for _, step := range []string{"arrive", "start", "complete"} {
		c.expect(http.StatusOK, "POST", "/v1/trips/"+t.ID+"/"+step, "driver:"+driverID, "").into(c, &t)
	}
	return t
}

func TestDriver_Earnings(t *testing.T) {
	c := newCity(t, nil)
	// Noon in London, so that neither zone below changes the day while the test runs.
	c.ahead.Store(int64(time.Until(time.Now().UTC().Truncate(24 * time.Hour).Add(12*time.Hour + time.Minute))))
	c.expect(http.StatusCreated, "POST", "/v1/drivers", "operator:o1", `{"id":"d1","name":"Ada","vehicle":{"plate":"K 12","make":"Škoda","colour":"green"}}`)
	first, second := c.earnt("r1", "d1"), c.earnt("r1", "d1")
	c.earnt("r1", "d2")
	current := c.assigned("r1", "d1")
	type sum struct {
		Day      string
		Trips    int
		Amount   int64
		Currency string
	}
	today := c.now().UTC().Format(time.DateOnly)
	want := sum{"", 2, first.Fare.Amount + second.Fare.Amount, "USD"}

	t.Run("Me", func(t *testing.T) {
		var me struct {
			ID, Name, Status string
			Active           bool
			Vehicle          map[string]string
			Trips            []wire.Trip
			Earnings         struct{ Today sum }
		}
		c.expect(http.StatusOK, "GET", "/v1/driver/me?tz=Europe/London", "driver:d1", "").into(t, &me)
		vehicle := map[string]string{"plate": "K 12", "make": "Škoda", "colour": "green"}
		if me.ID != "d1" || me.Name != "Ada" || me.Status != "offline" || !me.Active || !reflect.DeepEqual(me.Vehicle, vehicle) || me.Earnings.Today != want {
			t.Errorf("got %+v, want today %+v", me, want)
		}
		if len(me.Trips) != 1 || me.Trips[0].ID != current.ID {
			t.Errorf("trips %+v, want %s", me.Trips, current.ID)
		}
		c.refused(http.StatusNotFound, "not_found", "GET", "/v1/driver/me", "driver:nobody", "")
		c.refused(http.StatusUnprocessableEntity, "invalid", "GET", "/v1/driver/me?tz=Mars/Base", "driver:d1", "", "tz", "Mars/Base")
		c.refused(http.StatusUnprocessableEntity, "invalid", "GET", "/v1/driver/me?tz=Local", "driver:d1", "", "tz")
	})
	t.Run("Days", func(t *testing.T) {
		type report struct {
			Days  []sum
			Total sum
		}
		get := func(query string) (r report) {
			t.Helper()
			c.expect(http.StatusOK, "GET", "/v1/driver/earnings"+query, "driver:d1", "").into(t, &r)
			return r
		}
		day := func(after int) string { return c.now().UTC().AddDate(0, 0, after).Format(time.DateOnly) }
		if r := get(""); len(r.Days) != 1 || r.Days[0] != (sum{today, want.Trips, want.Amount, "USD"}) || r.Total != want {
			t.Errorf("today: %+v", r)
		}
		if r := get("?from=" + day(-2) + "&to=" + day(1)); len(r.Days) != 4 || r.Days[2].Day != today || r.Days[2].Trips != 2 || r.Days[1].Trips+r.Days[3].Trips != 0 || r.Total != want {
			t.Errorf("four days: %+v", r)
		}
		if r := get("?from=" + day(-2)); len(r.Days) != 1 || r.Total.Trips != 0 {
			t.Errorf("the day before yesterday: %+v", r)
		}
		// There it is the next day already.
		if r := get("?tz=Pacific/Kiritimati"); r.Days[0].Day != day(1) || r.Total != want {
			t.Errorf("Kiritimati: %+v", r)
		}
		if r := get("?tz=Pacific/Kiritimati&from=" + today); r.Total.Trips != 0 {
			t.Errorf("Kiritimati, the day before: %+v", r)
		}
		for query, word := range map[string]string{
			"?from=yesterday": "yesterday", "?from=2026-02-30": "2026-02-30", "?from=2026-01-02&to=2026-01-01": "92 days",
			"?from=2020-01-01&to=2026-01-01": "92 days", "?tz=x": "tz",
		} {
			c.refused(http.StatusUnprocessableEntity, "invalid", "GET", "/v1/driver/earnings"+query, "driver:d1", "", word)
		}
	})
}

// tracked adds a real tracker on the city's bus, and the desk that answers it.
func (c *city) tracked() {
	c.Helper()
	stop, err := c.bus.Commands.Serve(c.api.Desk.Command)
	if err != nil {
		c.Fatal(err)
	}
	tracker := track.New(track.DefaultConfig, track.Deps{
		Mirror: c.places, Feed: c.bus.Positions, Commands: c.bus.Commands, Line: c.bus.Line, Now: c.now, Name: "tracker-1",
	})
	api.TrackerRoutes(c.api.Router(), tracker, func(ctx context.Context, token string) (auth.Identity, error) {
		return c.api.Verifier.Verify(ctx, token)
	}, api.TrackerOptions{})
	ctx, end := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = tracker.Run(ctx) }) // it returns nil
	c.Cleanup(func() {
		_ = tracker.Drain(context.Background()) // nothing ends this context
		end()
		running.Wait()
		stop()
	})
}

// dialDriver opens the driver's socket, and reads its first frame.
func (c *city) dialDriver(id string) *socket {
	c.Helper()
	conn, res, err := websocket.Dial(c.Context(), c.url+"/v1/driver/stream?access_token="+c.token("driver:"+id), nil)
	if err != nil {
		c.Fatalf("%v, %v", err, res)
	}
	c.Cleanup(func() { conn.CloseNow() })
	s := &socket{c, conn}
	s.until("hello", &struct{}{})
	return s
}

type detail struct {
	Status   string
	Active   bool
	Class    string
	Sessions []struct {
		Tracker, Session, Kind string
		Since                  time.Time
	}
	Filters map[string]int
	Last    *struct {
		Code string
		At   time.Time
	} `json:"last_refusal"`
	Partial bool `json:"sessions_partial"`
}

func (c *city) detail(id string) (d detail) {
	c.Helper()
	c.expect(http.StatusOK, "GET", "/v1/drivers/"+id, "operator:o1", "").into(c, &d)
	return d
}

func (s *socket) position(seq int, lat float64) {
	s.Helper()
	s.send(fmt.Sprintf(`{"type":"position","seq":%d,"lat":%v,"lon":-73.98}`, seq, lat))
}

func TestDriver_Sessions(t *testing.T) {
	c := newCity(t, nil)
	c.tracked()
	c.expect(http.StatusCreated, "POST", "/v1/drivers", "operator:o1", `{"id":"d1"}`)
	if d := c.detail("d1"); len(d.Sessions) != 0 || d.Partial || d.Filters == nil || d.Last != nil {
		t.Errorf("nobody is there: %+v", d)
	}
	s := c.dialDriver("d1")
	s.send(`{"type":"status","status":"available"}`)
	s.position(1, 40.73)
	s.position(2, 0.0)
	s.position(3, 48.0)
	s.until("rejected", &struct{}{})
	s.until("rejected", &struct{}{})
	d := c.detail("d1")
	if len(d.Sessions) != 1 || d.Sessions[0].Tracker != "tracker-1" || d.Sessions[0].Kind != "socket" || d.Sessions[0].Session == "" || d.Partial {
		t.Fatalf("one session: %+v", d)
	}
	if age := c.now().Sub(d.Sessions[0].Since); age < -time.Second || age > time.Minute {
		t.Errorf("the session is %v old", age)
	}
	if d.Filters["speed"] != 2 || len(d.Filters) != 1 || d.Last == nil || d.Last.Code != "speed" || c.now().Sub(d.Last.At) > time.Minute {
		t.Errorf("refused %+v, last %+v", d.Filters, d.Last)
	}

	eventually(t, "the driver is on the map", func() bool { return c.detail("d1").Status == "available" })
	c.expect(http.StatusNoContent, "DELETE", "/v1/drivers/d1/session", "operator:o1", "")
	s.closedWith(4003)
	eventually(t, "the driver is off the map", func() bool { d := c.detail("d1"); return d.Status == "offline" && len(d.Sessions) == 0 })
	c.refused(http.StatusNotFound, "not_found", "DELETE", "/v1/drivers/nobody/session", "operator:o1", "")
	if again := c.dialDriver("d1"); len(c.detail("d1").Sessions) != 1 {
		t.Errorf("no new session: %v", again.conn.CloseNow())
	}
	if d := c.detail("d1"); len(d.Filters) != 0 {
		t.Errorf("a new session begins with %+v", d.Filters)
	}
}

func TestDriver_Change(t *testing.T) {
	c := newCity(t, nil)
	c.tracked()
	c.expect(http.StatusCreated, "POST", "/v1/drivers", "operator:o1", `{"id":"d1","name":"Ada","vehicle":{"plate":"K 12"}}`)
	s := c.dialDriver("d1")
	s.send(`{"type":"status","status":"available"}`)
	s.position(1, 40.73)
	inCity := func(class driver.Class) func() bool {
		return func() bool {
			found := must[[]driver.Located](t)(c.places.Nearby(t.Context(), pickup, 1000, 10, driver.Wanted{Class: class}))
			return len(found) == 1
		}
	}
	eventually(t, "the driver is standard", inCity("standard"))

	t.Run("WhatIsGiven", func(t *testing.T) {
		var got wire.Driver
		c.expect(http.StatusOK, "PATCH", "/v1/drivers/d1", "operator:o1", `{"class":"xl","seats":6}`).into(t, &got)
		if got.Name != "Ada" || got.Class != "xl" || got.Seats != 6 || !got.Active || got.Vehicle == nil || got.Vehicle.Plate != "K 12" {
			t.Errorf("got %+v", got)
		}
		eventually(t, "the open session is xl", func() bool {
			s.send(fmt.Sprintf(`{"type":"position","lat":40.73,"lon":-73.98,"t":%d}`, c.now().UnixMilli()))
			return inCity("xl")()
		})
		got = wire.Driver{}
		c.expect(http.StatusOK, "PATCH", "/v1/drivers/d1", "operator:o1", `{"vehicle":{"make":"Škoda"}}`).into(t, &got)
		if *got.Vehicle != (wire.Vehicle{Make: "Škoda"}) || got.Class != "xl" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("Err", func(t *testing.T) {
		for body, word := range map[string]string{
			`{"class":"moped"}`: "moped", `{"seats":0}`: "seats", `{"id":"d9"}`: "id", `{"vehicle":{"wheels":"3"}}`: "wheels",
			`{"vehicle":{"plate":"` + strings.Repeat("x", 201) + `"}}`: "vehicle.plate", `{"name":"a\u0000b"}`: "name",
		} {
			c.refused(http.StatusUnprocessableEntity, "invalid", "PATCH", "/v1/drivers/d1", "operator:o1", body, word)
		}
		c.refused(http.StatusNotFound, "not_found", "PATCH", "/v1/drivers/nobody", "operator:o1", `{"name":"x"}`)
	})
	t.Run("NotActive", func(t *testing.T) {
		c.expect(http.StatusOK, "PATCH", "/v1/drivers/d1", "operator:o1", `{"active":false}`)
		s.closedWith(4004)
		if d := c.detail("d1"); d.Active {
			t.Errorf("got %+v", d)
		}
		eventually(t, "the driver is off the map", func() bool { return c.detail("d1").Status == "offline" })
		again := c.dialDriver("d1")
		var refusal struct{ Code, Detail string }
		again.until("error", &refusal)
		if refusal.Code != "unknown_driver" || !strings.Contains(refusal.Detail, "not active") {
			t.Errorf("refused with %+v", refusal)
		}
		again.closedWith(4004)
		c.expect(http.StatusOK, "PATCH", "/v1/drivers/d1", "operator:o1", `{"active":true}`)
		back := c.dialDriver("d1")
		back.send(`{"type":"status","status":"available"}`)
		eventually(t, "the driver is back", func() bool {
			back.send(fmt.Sprintf(`{"type":"position","lat":40.73,"lon":-73.98,"t":%d}`, c.now().UnixMilli()))
			return c.detail("d1").Status == "available"
		})
	})
}
