package node_test

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// report sends what an app would, to the tracker.
func (s site) report(method, path, body string) (status int, answer string) {
	s.tb.Helper()
	r, err := http.NewRequestWithContext(s.tb.Context(), method, s.drivers+path, strings.NewReader(body))
	if err != nil {
		s.tb.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		s.tb.Fatal(err)
	}
	return response.StatusCode, string(data)
}

// until polls, with what repeats, until it holds.
func until(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	deadline := time.After(patience)
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-deadline:
			tb.Fatalf("%s: not within %v", what, patience)
		case <-ticker.C:
		}
	}
}

// placed issues a token for the driver, lets each app report, sees the driver
// nearby, and revokes the token.
func (s site) placed(driverID string) {
	s.tb.Helper()
	operator := s.token("operator", "op")
	if status := s.call("POST", "/v1/drivers", operator, map[string]any{"id": driverID}, nil); status != http.StatusCreated {
		s.tb.Fatalf("registering answers %d", status)
	}
	var device struct{ ID, Token string }
	devices := "/v1/drivers/" + driverID + "/devices"
	if status := s.call("POST", devices, operator, map[string]any{"name": "Dora's phone", "available": true}, &device); status != http.StatusCreated {
		s.tb.Fatalf("issuing a token answers %d", status)
	}
	lat := pickup.Lat
	for _, app := range []struct{ method, path, body string }{
		{"GET", "/osmand?id=TOKEN&lat=LAT&lon=LON&timestamp=UNIX", ""},
		{"POST", "/osmand", `{"device_id":"TOKEN","location":{"timestamp":"TIME","coords":{"latitude":LAT,"longitude":LON}}}`},
		{"POST", "/owntracks?token=TOKEN", `{"_type":"location","lat":LAT,"lon":LON,"tst":UNIX,"tid":"do"}`},
		{"GET", "/gpslogger?token=TOKEN&lat=LAT&lon=LON&time=TIME", ""},
	} {
		lat += 0.0001
		near := fmt.Sprintf("/v1/drivers/nearby?lat=%v&lon=%v&radius_m=5", lat, pickup.Lon)
		until(s.tb, app.path, func() bool {
			// The words of the moment: a report is repeated, as apps do.
			now := time.Now().UTC()
			fill := strings.NewReplacer("TOKEN", device.Token, "LAT", fmt.Sprint(lat), "LON", fmt.Sprint(pickup.Lon),
				"UNIX", fmt.Sprint(now.Unix()), "TIME", now.Format("2006-01-02T15:04:05.000Z"))
			if status, answer := s.report(app.method, fill.Replace(app.path), fill.Replace(app.body)); status != http.StatusOK {
				s.tb.Fatalf("%s: %d %s", app.path, status, answer)
			}
			var found struct{ Drivers []struct{ ID string } }
			if status := s.call("GET", near, operator, nil, &found); status != http.StatusOK {
				return false
			}
			return len(found.Drivers) == 1 && found.Drivers[0].ID == driverID
		})
	}
	if status := s.call("DELETE", devices+"/"+device.ID, operator, nil, nil); status != http.StatusNoContent {
		s.tb.Fatalf("revoking answers %d", status)
	}
	until(s.tb, "a refusal of the revoked token", func() bool {
		status, _ := s.report("GET", "/osmand?lat=1&lon=2&id="+device.Token, "")
		return status == http.StatusUnauthorized
	})
}

// TestPhones lets apps from the stores report in both sizes.
func TestPhones(t *testing.T) {
	t.Run("Embedded", func(t *testing.T) {
		s, _ := mustEmbedded(t, filepath.Join(t.TempDir(), "data"))
		s.placed("d1")
	})
	t.Run("Services", func(t *testing.T) {
		mustServices(t).placed("d1")
	})
}
