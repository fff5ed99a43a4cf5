package eta

import (
	"math"
	"net/http"
	"testing"

	"github.com/cabstand/cabstand/geo"
)

// Whatever a server of travel times answers, what is believed of it are times
// and lengths of drives, one for each point.
func FuzzResponses(f *testing.F) {
	for _, body := range []string{
		"", "null", `{"code":"NoSegment"}`,
		`{"code":"Ok","durations":[[192.6],[null]],"distances":[[1886.8],[null]],"sources":[{"distance":4.2},{}],"destinations":[{"distance":3.3}]}`,
		`{"code":"Ok","durations":[[1],[1e308]],"distances":[[1],[1e308]]}`,
		`{"sources_to_targets":[[{"time":12,"distance":1.5}],[{"time":null,"distance":null}]]}`,
		`{"sources_to_targets":[[{"time":1,"distance":1e306}],[{"time":1,"distance":-0}]]}`,
		`{"error_code":171,"error":"no"}`,
	} {
		f.Add([]byte(body), true)
	}
	at := geo.Point{Lat: 39.29, Lon: -76.61}
	f.Fuzz(func(t *testing.T, body []byte, metres bool) {
		q := question{from: []geo.Point{at, at}, to: at, metres: metres}
		for name, read := range map[string]func(int, []byte, question) ([]Drive, error){"OSRM": osrmResponse, "Valhalla": valhallaResponse} {
			drives, err := read(http.StatusOK, body, q)
			if err != nil {
				continue
			}
			if len(drives) != len(q.from) {
				t.Fatalf("%s: %d drives", name, len(drives))
			}
			for _, d := range drives {
				known := d.Takes >= 0 && d.Takes <= longest || d.Takes == NoWay || d.Takes == Unknown
				if !known || !(d.Metres >= 0) || math.IsInf(d.Metres, 0) {
					t.Errorf("%s: %+v is believed", name, d)
				}
			}
		}
	})
}
