package api_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// Of the tokens the desk of newTrackerWorld knows the first, and no dispatcher
// answers for the last.
var (
	deviceToken  = driver.NewDeviceToken([16]byte{1})
	revokedToken = driver.NewDeviceToken([16]byte{2})
	lostToken    = driver.NewDeviceToken([16]byte{3})
)

// deviceReply answers for whom a device is.
func deviceReply(hash string) (wire.Reply, error) {
	switch hash {
	case hashOf(deviceToken):
		return wire.Reply{Profile: &wire.Driver{ID: "d1", Class: "standard", Seats: 4}}, nil
	case hashOf(lostToken):
		return wire.Reply{}, fault.New(fault.Unavailable, "no dispatcher answers")
	}
	return wire.FaultReply(fault.New(fault.Unauthenticated, "the device token was revoked")), nil
}

func hashOf(token string) string {
	hash, _ := driver.HashToken(token)
	return hash
}

// phoneCall sends what an app would.
func (w *trackerWorld) phoneCall(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	req := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), method, w.server.URL+path, strings.NewReader(body)))
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res := must[*http.Response](t)(http.DefaultClient.Do(req))
	defer res.Body.Close()
	return answer{res.StatusCode, res.Header, must[[]byte](t)(io.ReadAll(res.Body))}
}

// located waits until the driver is at the latitude.
func (w *trackerWorld) located(t *testing.T, driverID string, lat float64) driver.Location {
	t.Helper()
	for {
		w.places.mu.Lock()
		l := w.places.latest[driverID]
		w.places.mu.Unlock()
		if l.Lat == lat {
			return l
		}
		select {
		case <-w.places.news:
		case <-time.After(soon):
			t.Fatalf("the driver is at %+v", l)
		}
	}
}

func TestPhones_Forms(t *testing.T) {
	w := newTrackerWorld(t, api.TrackerOptions{})
	asJSON := []string{"Content-Type", "application/json"}
	basic := func(user, password string) []string {
		req := must[*http.Request](t)(http.NewRequest("GET", "http://x", nil))
		req.SetBasicAuth(user, password)
		return append(asJSON, "Authorization", req.Header.Get("Authorization"))
	}
	for i, m := range []struct {
		name, method, path, body string
		headers                  []string
	}{
		{"OsmAndGet", "GET", "/osmand?id=TOKEN&lat=LAT&lon=-73.98&speed=10", "", nil},
		{"OsmAndSlash", "GET", "/osmand/?deviceid=TOKEN&lat=LAT&lon=-73.98&speed=10", "", nil},
		{"OsmAndPostQuery", "POST", "/osmand?id=TOKEN&lat=LAT&lon=-73.98&speed=10", "", nil},
		{"OsmAndForm", "POST", "/osmand", "id=TOKEN&lat=LAT&lon=-73.98&speed=10", []string{"Content-Type", "application/x-www-form-urlencoded"}},
		{"Traccar", "POST", "/osmand", `{"location":{"coords":{"latitude":LAT,"longitude":-73.98,"speed":5.144444}},"device_id":"TOKEN"}`, asJSON},
		{"OwnTracksPassword", "POST", "/owntracks", `{"_type":"location","lat":LAT,"lon":-73.98,"vel":18.52}`, basic("ana", deviceToken)},
		{"OwnTracksUser", "POST", "/owntracks", `{"_type":"location","lat":LAT,"lon":-73.98,"vel":18.52}`, basic(deviceToken, "")},
		{"OwnTracksAddress", "POST", "/owntracks/?token=TOKEN", `{"_type":"location","lat":LAT,"lon":-73.98,"vel":18.52}`, asJSON},
		{"GPSLoggerGet", "GET", "/gpslogger?token=TOKEN&lat=LAT&lon=-73.98&spd=5.144444", "", nil},
		{"GPSLoggerBody", "POST", "/gpslogger", "lat=LAT&lon=-73.98&spd=5.144444", basic("", deviceToken)},
		{"GPSLoggerBearer", "GET", "/gpslogger?lat=LAT&lon=-73.98&spd=5.144444", "", []string{"Authorization", "Bearer " + deviceToken}},
	} {
		t.Run(m.name, func(t *testing.T) {
			lat := 40.73 + float64(i)/1e5
			fill := strings.NewReplacer("TOKEN", deviceToken, "LAT", strconv.FormatFloat(lat, 'f', -1, 64))
			a := w.phoneCall(t, m.method, fill.Replace(m.path), fill.Replace(m.body), m.headers...)
			want := `{"driver_id":"d1","accepted":1}`
			if strings.HasPrefix(m.path, "/owntracks") {
				want = "[]" // the app reads it
			}
			if a.status != http.StatusOK || strings.TrimSpace(string(a.body)) != want {
				t.Errorf("%d %s", a.status, a.body)
			}
			if l := w.located(t, "d1", lat); l.Speed < 5.144 || l.Speed > 5.145 || l.Available {
				t.Errorf("%+v", l)
			}
		})
	}
}

// What the filter does not believe is no error: the app would send it for ever.
func TestPhones_NotBelieved(t *testing.T) {
	w := newTrackerWorld(t, api.TrackerOptions{})
	for path, want := range map[string]string{
		"/osmand?id=TOKEN&lat=0&lon=0":                            `{"driver_id":"d1","accepted":0,"refused":["zero"]}`,
		"/osmand?id=TOKEN&lat=91&lon=0":                           `{"driver_id":"d1","accepted":0,"refused":["invalid"]}`,
		"/gpslogger?id=TOKEN&lat=1&lon=2&timestamp=1700000000":    `{"driver_id":"d1","accepted":0,"refused":["past"]}`,
		"/osmand?id=TOKEN&timestamp=1700000000&cell=257,02,16,22": `{"driver_id":"d1","accepted":0}`,
	} {
		a := w.phoneCall(t, "GET", strings.ReplaceAll(path, "TOKEN", deviceToken), "")
		if a.status != http.StatusOK || strings.TrimSpace(string(a.body)) != want {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if a := w.phoneCall(t, "POST", "/owntracks?token="+deviceToken, ""); a.status != http.StatusOK || strings.TrimSpace(string(a.body)) != "[]" {
		t.Errorf("an empty message: %d %s", a.status, a.body)
	}
}

func TestPhones_Refusals(t *testing.T) {
	w := newTrackerWorld(t, api.TrackerOptions{})
	for _, m := range []struct {
		method, path, body string
		status             int
		code, says         string
	}{
		{"GET", "/osmand?lat=1&lon=2", "", 401, "unauthenticated", "missing"},
		{"GET", "/osmand?id=123456&lat=1&lon=2", "", 401, "unauthenticated", "cab_"},
		{"GET", "/gpslogger?id=" + revokedToken + "&lat=1&lon=2", "", 401, "unauthenticated", "revoked"},
		{"POST", "/owntracks?token=" + revokedToken, `{"_type":"lwt","tst":1}`, 401, "unauthenticated", "revoked"},
		{"GET", "/osmand?id=" + lostToken + "&lat=1&lon=2", "", 503, "unavailable", "try again"},
		{"GET", "/osmand?id=" + deviceToken + "&lat=one&lon=2", "", 400, "invalid", "lat"},
		{"GET", "/osmand?id=%zz", "", 400, "malformed", "query"},
		{"POST", "/osmand", "id=%zz", 400, "malformed", "body"},
		{"POST", "/osmand", `{"device_id":`, 400, "malformed", "JSON"},
		{"POST", "/gpslogger", `{"lat":1}`, 400, "malformed", "parameters"},
		{"POST", "/owntracks", "lat=1", 400, "malformed", "JSON"},
		{"POST", "/owntracks", strings.Repeat(" ", 1<<17), 413, "too_large", "65536"},
	} {
		a := w.phoneCall(t, m.method, m.path, m.body)
		var p api.Problem
		a.into(t, &p)
		if a.status != m.status || p.Status != m.status || string(p.Code) != m.code || !strings.Contains(p.Detail, m.says) {
			t.Errorf("%s %.60s: %d %s, want %d %s that says %q", m.method, m.path, a.status, a.body, m.status, m.code, m.says)
		}
		if retry := a.header.Get("Retry-After"); (m.status == 503) != (retry != "") {
			t.Errorf("%d: try again after %q", m.status, retry)
		}
		if challenge := a.header.Get("WWW-Authenticate"); (m.status == 401) != strings.HasPrefix(challenge, "Basic ") {
			t.Errorf("%d: challenge %q", m.status, challenge)
		}
	}
	if got := len(w.places.latest); got != 0 {
		t.Errorf("%d drivers were placed all the same", got)
	}
	for code, want := range map[string]float64{"too_large": 1, "unavailable": 1} {
		if n := w.metric(t, "cabstand_driver_reports_total", code); n != want {
			t.Errorf("%v reports are counted as %s", n, code)
		}
	}
}

func TestPhones_Metrics(t *testing.T) {
	w := newTrackerWorld(t, api.TrackerOptions{})
	w.phoneCall(t, "GET", "/gpslogger?id="+deviceToken+"&lat=40.73&lon=-73.98", "")
	w.located(t, "d1", 40.73)
	if n := w.metric(t, "cabstand_driver_report_positions_total", "gpslogger"); n != 1 {
		t.Errorf("%v positions are counted", n)
	}
	if n := w.metric(t, "cabstand_driver_positions_total", ""); n != 1 {
		t.Errorf("%v positions are counted in all", n)
	}
}
