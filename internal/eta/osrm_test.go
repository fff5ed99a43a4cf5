package eta_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/match"
)

const patient = time.Minute // a time box that no test runs into

// recorded is an answer of the documented format to three sources and one
// destination, the second source without a way.
const recorded = `{"code":"Ok",
 "durations":[[192.6],[null],[0]],"distances":[[1886.8],[null],[0]],
 "sources":[{"distance":4.2,"name":"Friedrichstraße","location":[-76.61,39.29]},
  {"distance":0.5,"name":"","location":[-76.61,39.28]},{"distance":12.1,"name":"Pier 5","location":[-76.6,39.29]}],
 "destinations":[{"distance":3.3,"name":"Torstraße","location":[-76.61,39.29]}]}`

func mustOSRM(tb testing.TB, s eta.Server) *eta.Engine {
	tb.Helper()
	e, err := eta.NewOSRM(s)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(e.Close)
	return e
}

// serve starts a server that is gone when the test is over.
func serve(tb testing.TB, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	tb.Cleanup(s.Close)
	return s.URL
}

func answering(tb testing.TB, status int, body string) string {
	return serve(tb, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	})
}

func TestOSRM_Pickups(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want []time.Duration
	}{
		"OK": {recorded, []time.Duration{192600 * time.Millisecond, eta.NoWay, 0}},
		"SourceOffMap": {strings.Replace(recorded, `"distance":12.1`, `"distance":1200.1`, 1),
			[]time.Duration{192600 * time.Millisecond, eta.NoWay, eta.Unknown}},
		"DestinationOffMap": {strings.Replace(recorded, `"distance":3.3`, `"distance":48000`, 1),
			[]time.Duration{eta.Unknown, eta.Unknown, eta.Unknown}},
		"WaypointsLeftOut": {`{"code":"Ok","durations":[[1],[2],[3.0004]]}`,
			[]time.Duration{time.Second, 2 * time.Second, 3 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			e := mustOSRM(t, eta.Server{URL: answering(t, 200, c.body), Timeout: patient})
			got, err := e.Pickups(t.Context(), around(3), center)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("times = %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

func TestOSRM_PickupsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"ErrNoTable":      {400, `{"code":"NoTable","message":"No table found"}`, "NoTable"},
		"ErrTooBig":       {400, `{"code":"TooBig","message":"Too many table coordinates"}`, "TooBig"},
		"ErrInvalidQuery": {400, `{"code":"InvalidQuery","message":"Query string malformed close to position 49"}`, "position 49"},
		"ErrGarbage":      {200, `<html>It works!</html>`, "no table"},
		"ErrGateway":      {502, `Bad Gateway`, "HTTP status 502"},
		"ErrEmpty":        {200, ``, "no table"},
		"ErrRows":         {200, `{"code":"Ok","durations":[[1],[2]]}`, "2 rows for 3 points"},
		"ErrColumns":      {200, `{"code":"Ok","durations":[[1],[2,3],[4]]}`, "durations[1]: 2 columns"},
		"ErrNegative":     {200, `{"code":"Ok","durations":[[1],[-2],[4]]}`, "durations[1]: -2"},
		"ErrAges":         {200, `{"code":"Ok","durations":[[1],[2],[1e300]]}`, "durations[2]"},
		"ErrTooLong":      {200, strings.Repeat(" ", 5<<20), "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			e := mustOSRM(t, eta.Server{URL: answering(t, c.status, c.body), Timeout: patient})
			got, err := e.Pickups(t.Context(), around(3), center)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "osrm") {
				t.Errorf("error = %v, want osrm and %q in it", err, c.want)
			}
			if slices.ContainsFunc(got, func(d time.Duration) bool { return d != eta.Unknown }) {
				t.Errorf("times = %v, want all unknown", got)
			}
		})
	}
}

func TestOSRM_Slow(t *testing.T) {
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	e := mustOSRM(t, eta.Server{URL: url, Timeout: 20 * time.Millisecond})
	if got, err := e.Pickups(t.Context(), around(2), center); err == nil {
		t.Errorf("times = %v of a server that does not answer", got)
	}
	if got, err := e.Ride(t.Context(), center, around(1)[0]); err == nil || got.Takes != eta.Unknown {
		t.Errorf("ride = %v, %v of a server that does not answer", got, err)
	}
}

func TestOSRM_Gone(t *testing.T) {
	s := httptest.NewServer(nil)
	s.Close()
	e := mustOSRM(t, eta.Server{URL: s.URL, Timeout: patient})
	if got, err := e.Pickups(t.Context(), around(2), center); err == nil {
		t.Errorf("times = %v of a server that is not there", got)
	}
	if err := e.Ping(t.Context()); err == nil {
		t.Error("a server that is not there answers a ping")
	}
}

func TestOSRM_Ride(t *testing.T) {
	var asked url.Values
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Query()
		fmt.Fprint(w, `{"code":"Ok","durations":[[600.1]],"distances":[[4200.5]]}`)
	})
	e := mustOSRM(t, eta.Server{URL: address + "/", Timeout: patient})
	got, err := e.Ride(t.Context(), center, around(1)[0])
	if want := (eta.Drive{Takes: 600100 * time.Millisecond, Metres: 4200.5}); err != nil || got != want {
		t.Errorf("ride = %v, %v, want %v", got, err, want)
	}
	if asked.Get("annotations") != "duration,distance" {
		t.Errorf("asked %v, without distances", asked)
	}
}

func TestOSRM_BadAddress(t *testing.T) {
	for _, s := range []eta.Server{
		{}, {URL: "osrm:5000"}, {URL: "ftp://osrm"}, {URL: "http://osrm", Timeout: -1}, {URL: "http://osrm", Points: 1},
	} {
		if _, err := eta.NewOSRM(s); err == nil {
			t.Errorf("%+v was accepted", s)
		}
	}
}

// table is an OSRM server as the documentation has it: the time between two
// points is their distance in metres, as seconds. Points that are lost cannot be
// placed.
type table struct {
	most int
	lost []geo.Point

	mu    sync.Mutex
	asked [][]geo.Point // the sources of each request
}

func (s *table) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fail := func(code, message string) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"code":%q,"message":%q}`, code, message)
	}
	path, ok := strings.CutPrefix(r.URL.Path, "/table/v1/driving/")
	if !ok || r.Method != http.MethodGet {
		fail("InvalidUrl", r.Method+" "+r.URL.Path)
		return
	}
	points, err := coordinates(path)
	sources, err2 := indexes(option(r, "sources"), points)
	destinations, err3 := indexes(option(r, "destinations"), points)
	if err != nil || err2 != nil || err3 != nil {
		fail("InvalidQuery", r.URL.String())
		return
	}
	s.mu.Lock()
	s.asked = append(s.asked, sources)
	s.mu.Unlock()
	if len(points) > s.most {
		fail("TooBig", "Too many table coordinates")
		return
	}
	for i, p := range points {
		if slices.ContainsFunc(s.lost, func(l geo.Point) bool { return geo.Distance(l, p) < 1 }) {
			fail("NoSegment", fmt.Sprintf("Could not find a matching segment for coordinate %d", i))
			return
		}
	}
	rows := make([][]float64, len(sources))
	for i, from := range sources {
		for _, to := range destinations {
			rows[i] = append(rows[i], geo.Distance(from, to))
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"code": "Ok", "durations": rows})
}

func coordinates(path string) (points []geo.Point, err error) {
	for pair := range strings.SplitSeq(path, ";") {
		var p geo.Point
		if _, err := fmt.Sscanf(pair, "%f,%f", &p.Lon, &p.Lat); err != nil {
			return nil, err
		}
		points = append(points, p)
	}
	return points, nil
}

// option reads the query as OSRM does: net/url takes no semicolons.
func option(r *http.Request, name string) string {
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

func indexes(list string, points []geo.Point) (picked []geo.Point, err error) {
	for number := range strings.SplitSeq(list, ";") {
		i, err := strconv.Atoi(number)
		if err != nil || i < 0 || i >= len(points) {
			return nil, fmt.Errorf("no point %q", number)
		}
		picked = append(picked, points[i])
	}
	return picked, nil
}

// check compares times with what the server tells, but for the points that are
// to be unknown.
func (s *table) check(t *testing.T, from []geo.Point, got []time.Duration, unknown ...int) {
	t.Helper()
	for i, p := range from {
		want := time.Duration(geo.Distance(p, center) * float64(time.Second))
		switch {
		case slices.Contains(unknown, i):
			if got[i] != eta.Unknown {
				t.Errorf("time %d = %v, want it unknown", i, got[i])
			}
		case (got[i] - want).Abs() > 300*time.Millisecond: // coordinates go over to a decimetre
			t.Errorf("time %d = %v, want %v", i, got[i], want)
		}
	}
}

func TestOSRM_Chunks(t *testing.T) {
	for _, n := range []int{0, 1, 9, 10, 95} {
		s := &table{most: 10}
		e := mustOSRM(t, eta.Server{URL: serve(t, s.ServeHTTP), Timeout: patient, Points: 10})
		from := around(n)
		got, err := e.Pickups(t.Context(), from, center)
		if err != nil || len(got) != n {
			t.Fatalf("%d points: %d times, %v", n, len(got), err)
		}
		s.check(t, from, got)
		if want := (n + 8) / 9; len(s.asked) != want {
			t.Errorf("%d points in %d requests, want %d", n, len(s.asked), want)
		}
		if e.Rung() != match.OSRM {
			t.Errorf("rung = %s", e.Rung())
		}
	}
}

func TestOSRM_ChunkFails(t *testing.T) {
	s := &table{most: 10}
	from := around(27)
	e := mustOSRM(t, eta.Server{Timeout: patient, Points: 10, URL: serve(t, func(w http.ResponseWriter, r *http.Request) {
		if points, _ := coordinates(strings.TrimPrefix(r.URL.Path, "/table/v1/driving/")); geo.Distance(points[0], from[9]) < 1 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		s.ServeHTTP(w, r)
	})})
	got, err := e.Pickups(t.Context(), from, center)
	if err == nil {
		t.Error("a chunk failed, and there is no error")
	}
	s.check(t, from, got, 9, 10, 11, 12, 13, 14, 15, 16, 17)
}

func TestOSRM_PointsOffMap(t *testing.T) {
	from := around(60)
	t.Run("Some", func(t *testing.T) {
		s := &table{most: 100, lost: []geo.Point{from[0], from[41]}}
		e := mustOSRM(t, eta.Server{URL: serve(t, s.ServeHTTP), Timeout: patient})
		for range 5 { // one driver who is off the map opens no breaker
			got, err := e.Pickups(t.Context(), from, center)
			if err != nil {
				t.Fatal(err)
			}
			s.check(t, from, got, 0, 41)
		}
	})
	t.Run("All", func(t *testing.T) {
		s := &table{most: 100, lost: []geo.Point{center}}
		e := mustOSRM(t, eta.Server{URL: serve(t, s.ServeHTTP), Timeout: patient})
		got, err := e.Pickups(t.Context(), from, center)
		if err != nil {
			t.Fatal(err)
		}
		s.check(t, from, got, numbers(60)...)
		if len(s.asked) > 30 {
			t.Errorf("%d requests for a pickup that is off the map", len(s.asked))
		}
	})
	t.Run("Ride", func(t *testing.T) {
		s := &table{most: 100, lost: []geo.Point{center}}
		e := mustOSRM(t, eta.Server{URL: serve(t, s.ServeHTTP), Timeout: patient})
		if got, err := e.Ride(t.Context(), center, from[0]); err != nil || got.Takes != eta.Unknown {
			t.Errorf("ride = %v, %v, want it unknown", got, err)
		}
	})
}

func numbers(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func TestOSRM_ReusesConnections(t *testing.T) {
	var opened atomic.Int32
	from := around(3)
	server := httptest.NewUnstartedServer(&table{most: 100, lost: from[2:]})
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	e := mustOSRM(t, eta.Server{URL: server.URL, Timeout: patient})
	for range 10 {
		if _, err := e.Pickups(t.Context(), from, center); err != nil {
			t.Fatal(err)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections for requests one after the other", n)
	}
}
