package places_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/places"
	"github.com/cabstand/cabstand/internal/wire"
)

// server answers every question the same, and remembers them.
type server struct {
	url string

	mu     sync.Mutex
	status int
	body   string
	asked  []url.URL
	now    time.Time
}

func mustServer(tb testing.TB, body string) *server {
	tb.Helper()
	s := &server{status: http.StatusOK, body: body, now: time.Unix(1_700_000_000, 0)}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = append(s.asked, *r.URL)
		w.WriteHeader(s.status)
		_, _ = w.Write([]byte(s.body)) // who went does not want it
	}))
	tb.Cleanup(web.Close)
	s.url = web.URL
	return s
}

func (s *server) set(status int, body string, after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.body, s.now = status, body, s.now.Add(after)
}

func (s *server) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *server) asks() []url.URL {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func mustFinder(tb testing.TB, s *server, kind string, pace float64) *places.Finder {
	tb.Helper()
	f, err := places.New(places.Options{URL: s.url + "/base/", Kind: kind, Pace: pace, Now: s.clock, Timeout: 10 * time.Second})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(f.Close)
	return f
}

const (
	nominatimList = `[{"place_id":1,"lat":"48.8584","lon":"2.2945","name":"Tour Eiffel","display_name":"Tour Eiffel, 5, Avenue Anatole France, Paris, France"},
		{"lat":"48.85","lon":"2.35","name":"","display_name":"12, Rue de Rivoli, Paris, France"},
		{"lat":"148.85","lon":"2.35","name":"not on the earth","display_name":"x"},
		{"lat":"1","lon":"2","name":"a\u0007b","display_name":"a\u0007b, c"}]`
	photonList = `{"type":"FeatureCollection","features":[
		{"geometry":{"type":"Point","coordinates":[2.2945,48.8584]},"properties":{"name":"Tour Eiffel","street":"Avenue Anatole France","housenumber":"5","postcode":"75007","city":"Paris","country":"France"}},
		{"geometry":{"type":"Point","coordinates":[2.35,48.85]},"properties":{"street":"Rue de Rivoli","housenumber":"12","city":"Paris","country":"France"}},
		{"geometry":{"coordinates":[1]},"properties":{"name":"nowhere"}},{"geometry":{"coordinates":[1,2]},"properties":{}}]}`
)

func TestFinder_Search(t *testing.T) {
	for kind, c := range map[string]struct {
		answer string
		query  string
		want   []wire.Place
	}{
		"nominatim": {nominatimList, "/base/search?format=jsonv2&limit=8&q=tour+eiffel&viewbox=1.84%2C49.36%2C2.84%2C48.36", []wire.Place{
			{Name: "Tour Eiffel", Detail: "5, Avenue Anatole France, Paris, France", Lat: 48.8584, Lon: 2.2945},
			{Name: "Rue de Rivoli 12", Detail: "Paris, France", Lat: 48.85, Lon: 2.35},
			{Name: "a b", Detail: "c", Lat: 1, Lon: 2},
		}},
		"photon": {photonList, "/base/api?lat=48.86&limit=8&lon=2.34&q=tour+eiffel", []wire.Place{
			{Name: "Tour Eiffel", Detail: "Avenue Anatole France 5, 75007 Paris, France", Lat: 48.8584, Lon: 2.2945},
			{Name: "Rue de Rivoli 12", Detail: "Paris, France", Lat: 48.85, Lon: 2.35},
		}},
	} {
		t.Run(kind, func(t *testing.T) {
			s := mustServer(t, c.answer)
			f := mustFinder(t, s, kind, 10)
			got, err := f.Search(t.Context(), "tour eiffel", &geo.Point{Lat: 48.8612, Lon: 2.3359})
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v, %v\nwant %+v", got, err, c.want)
			}
			if asked := s.asks()[0]; asked.RequestURI() != c.query {
				t.Errorf("asked %s, want %s", asked.RequestURI(), c.query)
			}
		})
	}
}

func TestFinder_Reverse(t *testing.T) {
	for kind, c := range map[string]struct{ answer, nothing, query string }{
		"nominatim": {`{"lat":"48.85","lon":"2.35","name":"","display_name":"12, Rue de Rivoli, Paris"}`, `{"error":"Unable to geocode"}`, "/base/reverse?format=jsonv2&lat=48.8501&lon=2.35"},
		"photon":    {`{"features":[{"geometry":{"coordinates":[2.35,48.85]},"properties":{"street":"Rue de Rivoli","housenumber":"12","city":"Paris"}}]}`, `{"features":[]}`, "/base/reverse?lat=48.8501&lon=2.35"},
	} {
		s := mustServer(t, c.answer)
		f := mustFinder(t, s, kind, 10)
		got, err := f.Reverse(t.Context(), geo.Point{Lat: 48.85011, Lon: 2.35})
		if want := []wire.Place{{Name: "Rue de Rivoli 12", Detail: "Paris", Lat: 48.85, Lon: 2.35}}; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", kind, got, err)
		}
		if asked := s.asks()[0]; asked.RequestURI() != c.query {
			t.Errorf("%s asked %s, want %s", kind, asked.RequestURI(), c.query)
		}
		s.set(http.StatusOK, c.nothing, 0)
		if got, err := f.Reverse(t.Context(), geo.Point{Lat: 1, Lon: 1}); err != nil || len(got) != 0 {
			t.Errorf("%s, at sea: %+v, %v", kind, got, err)
		}
	}
}

// Who asks the same again within the hour is answered from memory.
func TestFinder_Remembers(t *testing.T) {
	s := mustServer(t, photonList)
	f := mustFinder(t, s, "photon", 10)
	for range 3 {
		if got, err := f.Search(t.Context(), "tour", nil); err != nil || len(got) != 2 {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	if n := len(s.asks()); n != 1 {
		t.Errorf("asked %d times", n)
	}
	s.set(http.StatusOK, photonList, 2*time.Hour)
	if _, err := f.Search(t.Context(), "tour", nil); err != nil || len(s.asks()) != 2 {
		t.Errorf("two hours later: asked %d times, %v", len(s.asks()), err)
	}
}

// The server is asked no faster than it bears, whoever asks.
func TestFinder_Pace(t *testing.T) {
	s := mustServer(t, photonList)
	f := mustFinder(t, s, "photon", 1)
	asks := func(q string, want fault.Code) {
		t.Helper()
		if _, err := f.Search(t.Context(), q, nil); fault.CodeOf(err) != want {
			t.Errorf("%s: %v", q, err)
		}
	}
	asks("a", "")
	asks("b", "")
	asks("c", fault.RateLimited)
	asks("a", "") // is known
	s.set(http.StatusOK, photonList, time.Second)
	asks("c", "")
	asks("d", fault.RateLimited)
	if n := len(s.asks()); n != 3 {
		t.Errorf("asked %d times", n)
	}
}

// A server that fails is not asked any more for a while, and its failures are
// not remembered as answers.
func TestFinder_Failures(t *testing.T) {
	s := mustServer(t, photonList)
	f := mustFinder(t, s, "photon", 1000)
	for name, answer := range map[string]struct {
		status int
		body   string
	}{
		"Status": {http.StatusInternalServerError, "{}"}, "NotJSON": {http.StatusOK, "<html>"}, "Long": {http.StatusOK, strings.Repeat(" ", 1<<21)},
	} {
		s.set(answer.status, answer.body, 0)
		if _, err := f.Search(t.Context(), "x", nil); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	asked := len(s.asks())
	s.set(http.StatusOK, photonList, 0)
	if _, err := f.Search(t.Context(), "x", nil); !fault.Is(err, fault.Unavailable) || len(s.asks()) != asked {
		t.Errorf("after three failures: %v, asked %d times more", err, len(s.asks())-asked)
	}
}

func TestNew_Refuses(t *testing.T) {
	for field, o := range map[string]places.Options{
		"places-url": {URL: "nominatim:80", Kind: "photon", Pace: 1}, "places-kind": {URL: "http://x", Kind: "google", Pace: 1},
		"places-pace": {URL: "http://x", Kind: "photon"},
	} {
		if _, err := places.New(o); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// said is a server's answer without a server: a fuzz test has thousands a second.
type said string

func (s said) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(s)))}, nil
}

// Whatever a server says, what comes out of it fits: names for people, on the
// earth, no more than are wanted.
func FuzzRead(f *testing.F) {
	f.Add(nominatimList)
	f.Add(photonList)
	f.Add(`{"error":"x"}`)
	f.Fuzz(func(t *testing.T, body string) {
		for _, kind := range []string{"nominatim", "photon"} {
			f, err := places.New(places.Options{URL: "http://places", Kind: kind, Pace: 1, Now: time.Now, Transport: said(body)})
			if err != nil {
				t.Fatal(err)
			}
			found, err := f.Search(t.Context(), "x", nil)
			if err != nil {
				continue
			}
			for _, p := range found {
				if p.Name == "" || !(geo.Point{Lat: p.Lat, Lon: p.Lon}).Valid() || strings.ContainsAny(p.Name+p.Detail, "\x00\n\r\x1b") {
					t.Errorf("%+v", p)
				}
			}
			if len(found) > 8 {
				t.Errorf("%d places", len(found))
			}
		}
	})
}
