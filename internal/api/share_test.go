package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/api"
)

// ride is a trip as its link shows it.
type ride struct {
	State      string
	Pickup     geo.Point
	Dropoff    geo.Point
	Driver     *struct{ Lat, Lon, Heading float64 }
	EtaS       *int   `json:"eta_s"`
	DriverName string `json:"driver_name"`
	Vehicle    *struct{ Plate string }
}

// link shares the trip and is the link's token.
func (c *city) link(tripID, who string) string {
	c.Helper()
	var v struct{ Token, URL string }
	c.expect(http.StatusCreated, "POST", "/v1/trips/"+tripID+"/share", who, "").into(c, &v)
	if !regexp.MustCompile(`^[0-9A-Za-z]{22}$`).MatchString(v.Token) || v.URL != "/s/"+v.Token {
		c.Fatalf("the link is %+v", v)
	}
	return v.Token
}

// followed is the ride as the link shows it, and all that came with it.
func (c *city) followed(token string) (r ride, a answer) {
	c.Helper()
	a = c.expect(http.StatusOK, "GET", "/v1/shared/"+token, "", "")
	a.into(c, &r)
	return r, a
}

var (
	offGrid    = geo.Point{Lat: 40.73042, Lon: -73.98037} // the pickup's door
	offGridEnd = geo.Point{Lat: 40.75981, Lon: -73.97012}
)

// private is a trip between doors that are on no grid.
func (c *city) private(rider string) (id string) {
	c.Helper()
	body := fmt.Sprintf(`{"pickup":{"lat":%v,"lon":%v},"dropoff":{"lat":%v,"lon":%v}}`, offGrid.Lat, offGrid.Lon, offGridEnd.Lat, offGridEnd.Lon)
	var t struct{ ID string }
	c.expect(http.StatusCreated, "POST", "/v1/trips", "rider:"+rider, body).into(c, &t)
	return t.ID
}

func TestShare(t *testing.T) {
	c := newCity(t, nil)
	c.register("driver-77", "Ana Silva Nunes")
	id := c.private("rider-55")
	token := c.link(id, "rider:rider-55")
	if r, _ := c.followed(token); r.State != "searching" || r.Driver != nil || r.DriverName != "" {
		t.Errorf("before there is a driver the link shows %+v", r)
	}
	c.expect(http.StatusOK, "POST", "/v1/offers/"+c.offer(id, "driver-77")+"/accept", "driver:driver-77", "")
	away := geo.Destination(offGrid, 90, 900)
	c.park("driver-77", "standard", away, 0)
	r, a := c.followed(token)
	if r.State != "assigned" || r.DriverName != "Ana" || r.Driver == nil || r.Driver.Lat != away.Lat || r.EtaS == nil || *r.EtaS <= 0 {
		t.Errorf("on the way the link shows %s", a.body)
	}
	nothingPrivate(t, a, id)
	for _, h := range [][2]string{{"Cache-Control", "no-store"}, {"Referrer-Policy", "no-referrer"}, {"X-Robots-Tag", "noindex"}} {
		if a.header.Get(h[0]) != h[1] {
			t.Errorf("%s is %q", h[0], a.header.Get(h[0]))
		}
	}
	for _, step := range []string{"arrive", "start"} { // the car stands at the door
		c.park("driver-77", "standard", geo.Destination(offGrid, 10, 20), 0)
		c.expect(http.StatusOK, "POST", "/v1/trips/"+id+"/"+step, "driver:driver-77", "")
		r, a = c.followed(token)
		if r.Driver == nil || r.Driver.Lat != 40.731 && r.Driver.Lat != 40.73 || r.Driver.Heading != -1 {
			t.Errorf("at the door the link shows %s", a.body)
		}
		nothingPrivate(t, a, id)
	}
	c.expect(http.StatusOK, "POST", "/v1/trips/"+id+"/complete", "driver:driver-77", "")
	if r, a = c.followed(token); r.State != "completed" || r.Driver != nil || r.DriverName != "" {
		t.Errorf("after the ride the link shows %s", a.body)
	}
	second := c.link(id, "rider:rider-55") // still
	c.ahead.Store(int64(59 * time.Minute))
	c.followed(second)
	c.ahead.Store(int64(61 * time.Minute))
	for _, gone := range []string{token, second} {
		c.noLink(gone)
	}
	if strings.Contains(c.log.String(), token) || strings.Contains(c.log.String(), second) {
		t.Error("a token is in the log")
	}
}

// nothingPrivate checks that an answer names no people, no fare, no id of the
// trip and no door.
func nothingPrivate(t *testing.T, a answer, id string) {
	t.Helper()
	for _, secret := range []string{"rider-55", "driver-77", "Silva", id, "fare", "pin", "40.73042", "73.98037", "40.75981", "73.97012"} {
		if strings.Contains(string(a.body), secret) {
			t.Errorf("the link shows %q: %s", secret, a.body)
		}
	}
	var r ride
	a.into(t, &r)
	for _, p := range []geo.Point{r.Pickup, r.Dropoff} {
		for _, degrees := range []float64{p.Lat, p.Lon} {
			if thousandth := degrees * 1000; thousandth-float64(int64(thousandth)) > 1e-6 && float64(int64(thousandth))+1-thousandth > 1e-6 {
				t.Errorf("%v is not on the grid", p)
			}
		}
	}
}

// noLink checks that both addresses of the link say the same nothing.
func (c *city) noLink(token string) {
	c.Helper()
	for _, path := range []string{"/v1/shared/" + token, "/v1/shared/" + token + "/events"} {
		c.refused(http.StatusNotFound, "not_found", "GET", path, "", "", "no such link")
	}
}

func TestShare_TakenBackAndGuessed(t *testing.T) {
	c := newCity(t, nil)
	mine := c.request("r1")
	token := c.link(mine.ID, "rider:r1")
	if other := c.link(mine.ID, "rider:r1"); other == token {
		t.Fatal("two links have one token")
	}
	for _, guess := range []string{
		strings.Repeat("A", 22), token[:21], token + "A", strings.ToLower(token), mine.ID, "..", token[:21] + "_", token[:21] + "%00", "%F0%9F%98%80", strings.Repeat("9", 64),
	} {
		if guess != token {
			c.noLink(guess)
		}
	}
	c.refused(http.StatusNotFound, "not_found", "POST", "/v1/trips/"+mine.ID+"/share", "rider:r2", "")
	c.refused(http.StatusNotFound, "not_found", "DELETE", "/v1/trips/"+mine.ID+"/share", "rider:r2", "")
	c.followed(token)
	c.expect(http.StatusNoContent, "DELETE", "/v1/trips/"+mine.ID+"/share", "rider:r1", "")
	c.noLink(token)
	for range 10 {
		c.link(mine.ID, "rider:r1")
	}
	c.refused(http.StatusConflict, "wrong_state", "POST", "/v1/trips/"+mine.ID+"/share", "rider:r1", "", "10 links")
}

// Who looks for links at random is slowed down, whatever is asked for.
func TestShare_Paced(t *testing.T) {
	c := newCity(t, func(d *api.Deps) {
		proxies, err := api.ParseProxies([]string{"127.0.0.1/32"})
		if err != nil {
			t.Fatal(err)
		}
		d.Gate = api.NewGate(api.GateOptions{Proxies: proxies, Now: d.Now, Log: d.Log})
	})
	token := c.link(c.request("r1").ID, "rider:r1")
	guess := func(from string) int {
		return c.call("GET", "/v1/shared/"+strings.Repeat("A", 22), "", "", "X-Forwarded-For", from).status
	}
	tries := 0
	for tries < 1000 && guess("203.0.113.7") == http.StatusNotFound {
		tries++
	}
	if tries < 10 || tries == 1000 {
		t.Fatalf("%d guesses were answered at once", tries)
	}
	limited := c.call("GET", "/v1/shared/"+token, "", "", "X-Forwarded-For", "203.0.113.7")
	c.checkProblem(limited, http.StatusTooManyRequests, "rate_limited")
	if got := c.call("GET", "/v1/shared/"+token, "", "", "X-Forwarded-For", "203.0.113.8").status; got != http.StatusOK {
		t.Errorf("another address is told %d", got)
	}
}

// linkEvents reads what the link's stream says.
func (c *city) linkEvents(token string) (next func() (kind string, r ride)) {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), 30*time.Second)
	c.Cleanup(cancel)
	req := must[*http.Request](c)(http.NewRequestWithContext(ctx, "GET", c.url+"/v1/shared/"+token+"/events", nil))
	res := must[*http.Response](c)(http.DefaultClient.Do(req))
	c.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != http.StatusOK || res.Header.Get("Referrer-Policy") != "no-referrer" {
		c.Fatalf("%d, %v", res.StatusCode, res.Header)
	}
	lines := bufio.NewScanner(res.Body)
	return func() (kind string, r ride) {
		c.Helper()
		for lines.Scan() {
			line := lines.Text()
			if k, ok := strings.CutPrefix(line, "event: "); ok {
				kind = k
			}
			if data, ok := strings.CutPrefix(line, "data: "); ok {
				if err := json.Unmarshal([]byte(data), &r); err != nil {
					c.Fatal(err)
				}
				return kind, r
			}
		}
		c.Fatalf("the stream ended: %v", lines.Err())
		return "", r
	}
}

func TestShare_Events(t *testing.T) {
	c := newCity(t, nil)
	c.register("d1", "Ana Silva")
	mine := c.request("r1")
	token := c.link(mine.ID, "rider:r1")
	next := c.linkEvents(token)
	until := func(state string) {
		t.Helper()
		for {
			kind, r := next()
			if kind != "shared" {
				t.Fatalf("%s comes, not %s", kind, state)
			}
			if r.State == state {
				return
			}
		}
	}
	until("searching")
	c.expect(http.StatusOK, "POST", "/v1/offers/"+c.offer(mine.ID, "d1")+"/accept", "driver:d1", "")
	until("assigned")
	c.steps(mine, "d1", "arrive", "start", "complete")
	until("completed")
	if kind, _ := next(); kind != "ended" {
		t.Errorf("at the end comes %q", kind)
	}
	if a := c.call("GET", "/v1/shared/"+token+"/events", "", "", "Last-Event-ID", "5"); a.status != http.StatusNoContent {
		t.Errorf("who has seen the end is told %d", a.status)
	}

	other := c.request("r1")
	token = c.link(other.ID, "rider:r1")
	next = c.linkEvents(token)
	until("searching")
	c.expect(http.StatusNoContent, "DELETE", "/v1/trips/"+other.ID+"/share", "rider:r1", "")
	c.expect(http.StatusOK, "POST", "/v1/offers/"+c.offer(other.ID, "d1")+"/accept", "driver:d1", "")
	if kind, _ := next(); kind != "ended" { // and nothing of what comes after
		t.Errorf("after the link was taken back comes %q", kind)
	}
}

func TestSearch(t *testing.T) {
	c := newCity(t, nil)
	c.register("d1", "Ana Silva")
	mine := c.request("anton")
	find := func(q string) (found []string) {
		t.Helper()
		var v struct{ Results []struct{ Kind, ID string } }
		c.expect(http.StatusOK, "GET", "/v1/search?q="+q, "operator:o1", "").into(t, &v)
		for _, r := range v.Results {
			found = append(found, r.Kind+" "+r.ID)
		}
		return found
	}
	for q, want := range map[string]string{
		"an": "driver d1,rider anton", "SILVA": "driver d1", "d1": "driver d1", mine.ID[:9]: "trip " + mine.ID, "a%20s": "driver d1", "nobody": "", "%25": "",
	} {
		if got := strings.Join(find(q), ","); got != want {
			t.Errorf("%s finds %q, want %q", q, got, want)
		}
	}
	c.refused(http.StatusUnprocessableEntity, "invalid", "GET", "/v1/search", "operator:o1", "", "q")
	for query, want := range map[string]int{"rider_id=anton": 1, "rider_id=nobody": 0, "driver_id=d1": 0, "rider_id=anton&state=searching": 1, "rider_id=anton&state=riding": 0} {
		var v struct{ Trips []struct{ ID string } }
		c.expect(http.StatusOK, "GET", "/v1/trips?"+query, "operator:o1", "").into(t, &v)
		if len(v.Trips) != want {
			t.Errorf("%s lists %d trips, want %d", query, len(v.Trips), want)
		}
	}
	c.refused(http.StatusForbidden, "forbidden", "GET", "/v1/trips?rider_id=anton", "rider:r2", "", "rider_id")
	c.refused(http.StatusForbidden, "forbidden", "GET", "/v1/trips?driver_id=d1", "rider:r2", "", "driver_id")
	c.expect(http.StatusOK, "GET", "/v1/trips?rider_id=anton", "rider:anton", "")
}
