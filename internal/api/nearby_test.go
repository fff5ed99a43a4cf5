package api_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/driver"
)

// unsure is a store that has everybody and cannot be sure of it.
type unsure struct {
	api.Locations
	missing []geo.Cell
}

func (u *unsure) Nearby(ctx context.Context, p geo.Point, radius float64, limit int, w driver.Wanted) ([]driver.Located, []geo.Cell, error) {
	found, _, err := u.Locations.Nearby(ctx, p, radius, limit, w)
	return found, u.missing, err
}

func (u *unsure) Locate(ctx context.Context, id string) (at driver.Location, ok, partial bool, err error) {
	at, ok, _, err = u.Locations.Locate(ctx, id)
	return at, ok, len(u.missing) > 0, err
}

// mustFrozenCity is a city where no time passes while it is asked.
func mustFrozenCity(t *testing.T) (*city, *unsure) {
	t.Helper()
	frozen, places := time.Now(), &unsure{}
	c := newCity(t, func(d *api.Deps) {
		places.Locations, d.Locations = d.Locations, places
		d.Now = func() time.Time { return frozen }
		d.Pace, d.OperatorPace = api.Pace{PerSecond: 1e6, Burst: 1e6}, api.Pace{PerSecond: 1e6, Burst: 1e6}
	})
	for i := range 30 {
		p := geo.Destination(pickup, float64(i*37), float64(i*i)*1.7)
		c.park(fmt.Sprint("d", i), []driver.Class{"standard", "xl"}[i%2], p, time.Duration(i)*777*time.Millisecond)
	}
	c.park("odd", "standard", geo.Point{Lat: 40.7300001, Lon: -73.98}, 0)
	return c, places
}

// The short way of a plain question and the long way of all others give the same
// answers, to the byte. An escape that means nothing sends a question the long
// way.
func TestNearby_BothWays(t *testing.T) {
	c, places := mustFrozenCity(t)
	numbers := []string{"40.73", "-73.98", "1", "20", "3000", "0", "-0", "", "1e1", "1e-7", "0x10p0", "Inf", "nan", "1_0", "007", "5.", ".5", "1e999", "201", "x"}
	queries := []string{
		"lat=40.73&lon=-73.98", "lat=40.73&lon=-73.98&class=xl&limit=3", "lon=-73.98&lat=40.73&radius_m=50000&limit=200", "lat=40.73&lon=-73.98&class=boat",
		"lat=40.73&lon=-73.98&class=", "lat=40.73&lat=40.73&lon=-73.98", "lat=40.73&lon=-73.98&lng=1", "lat=40.73&&lon=-73.98", "lat=40.73&lon=-73.98&", "lat=40.73;lon=-73.98",
		"lat=40.73&lon=-73.98&class=xl&class=xl", "LAT=40.73&lon=-73.98", "", "lat", "lat=40.73&lon=-73.98&access_token=x", "lat=80&lon=-73.98",
	}
	for _, n := range numbers {
		for _, form := range []string{"lat=%s&lon=-73.98", "lat=40.73&lon=%s", "lat=40.73&lon=-73.98&radius_m=%s", "lat=40.73&lon=-73.98&limit=%s"} {
			queries = append(queries, fmt.Sprintf(form, n))
		}
	}
	answered := 0
	for _, missing := range [][]geo.Cell{nil, {"dr5r", "dr5x"}} {
		places.missing = missing
		for _, query := range queries {
			for _, who := range []string{"operator:o1", "rider:r1"} {
				short := c.call("GET", "/v1/drivers/nearby?"+query, who, "")
				long := c.call("GET", "/v1/drivers/nearby?"+strings.NewReplacer("lat=", "%6Cat=", "lon=", "%6Con=").Replace(query), who, "")
				if short.status == http.StatusOK {
					answered++
				} else {
					short.body, long.body = withoutID(short), withoutID(long)
				}
				if short.status != long.status || string(short.body) != string(long.body) {
					t.Errorf("%s for %s:\n%d %s\n%d %s", query, who, short.status, short.body, long.status, long.body)
				}
				for name := range long.header {
					switch name {
					case "Content-Length", "Date", "X-Request-Id", "Ratelimit":
					default:
						if !slices.Equal(short.header[name], long.header[name]) {
							t.Errorf("%s: header %s: %v and %v", query, name, short.header[name], long.header[name])
						}
					}
				}
			}
		}
	}
	if answered < 60 {
		t.Errorf("only %d were answered", answered)
	}
}

// withoutID is a problem without its request id.
func withoutID(a answer) []byte {
	body, _, _ := strings.Cut(string(a.body), `"request_id"`)
	return []byte(body)
}

func TestNearby_Partial(t *testing.T) {
	c, places := mustFrozenCity(t)
	type answer struct {
		Drivers []struct{ ID string }
		Partial *bool
		Missing []string `json:"missing_cells"`
	}
	get := func() (a answer) {
		t.Helper()
		c.expect(http.StatusOK, "GET", "/v1/drivers/nearby?lat=40.73&lon=-73.98", "operator:o1", "").into(t, &a)
		return a
	}
	if a := get(); len(a.Drivers) != 20 || a.Partial != nil || a.Missing != nil {
		t.Errorf("whole: %+v", a)
	}
	c.expect(http.StatusCreated, "POST", "/v1/drivers", "operator:o1", `{"id":"d1"}`)
	places.missing = []geo.Cell{"dr5r"}
	if a := get(); len(a.Drivers) != 20 || a.Partial == nil || !*a.Partial || !slices.Equal(a.Missing, []string{"dr5r"}) {
		t.Errorf("in part: %+v", a)
	}
	var view struct {
		Partial  bool
		Location *geo.Point
	}
	c.expect(http.StatusOK, "GET", "/v1/drivers/d1", "operator:o1", "").into(t, &view)
	if !view.Partial || view.Location == nil {
		t.Errorf("the driver: %+v", view)
	}
}
