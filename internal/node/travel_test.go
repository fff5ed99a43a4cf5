package node_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/node"
	"github.com/cabstand/cabstand/internal/wire"
)

// mustCrossing is a road graph of two streets from the pickup: 3 km north in
// 1000 s, where the rides go, and 500 m east in 100 s, where the driver waits. On
// a second column everything takes twice as long.
func mustCrossing(tb testing.TB) (args []string) {
	tb.Helper()
	north, east := geo.Destination(pickup, 0, 3000), geo.Destination(pickup, 90, 500)
	nodes := "node,lon,lat\n"
	for name, p := range map[string]geo.Point{"p": pickup, "n": north, "e": east} {
		nodes += fmt.Sprintf("%s,%.7f,%.7f\n", name, p.Lon, p.Lat)
	}
	links := "from,to,seconds_day,seconds_night\np,n,1000,2000\nn,p,1000,2000\np,e,100,200\ne,p,100,200\n"
	dir := tb.TempDir()
	for name, content := range map[string]string{"nodes": nodes, "links": links} {
		file := filepath.Join(dir, name+".csv")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			tb.Fatal(err)
		}
		args = append(args, "--"+name+"="+file)
	}
	return args
}

// rungs is the sources that the decisions about a trip stood on.
func (s site) rungs(tripID string) (rungs []string) {
	s.tb.Helper()
	var got struct{ Decisions []wire.Decision }
	if status := s.call("GET", "/v1/trips/"+tripID+"/decisions", s.token("operator", "op"), nil, &got); status != http.StatusOK {
		s.tb.Fatalf("decisions answer %d", status)
	}
	for _, d := range got.Decisions {
		rungs = append(rungs, d.Rung)
	}
	return rungs
}

// tripTime is what a quote says of the ride, in seconds.
func (s site) tripTime() int {
	s.tb.Helper()
	var got struct {
		Quotes []struct {
			TripTimeS int `json:"trip_time_s"`
		}
	}
	way := map[string]any{"pickup": pickup, "dropoff": geo.Destination(pickup, 0, 3000)}
	if status := s.call("POST", "/v1/quotes", s.token("rider", "r"), way, &got); status != http.StatusOK {
		s.tb.Fatalf("quoting answers %d", status)
	}
	return got.Quotes[0].TripTimeS
}

func (s site) missing() (missing []string) {
	s.tb.Helper()
	var got struct{ Missing []string }
	if status := s.call("GET", "/readyz", "", nil, &got); status != http.StatusOK {
		s.tb.Fatalf("/readyz answers %d", status)
	}
	return got.Missing
}

func (s site) awaitMissing(want ...string) {
	s.tb.Helper()
	for limit := time.Now().Add(patience); !slices.Equal(s.missing(), want); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			s.tb.Fatalf("missing %v, want %v", s.missing(), want)
		}
	}
}

// TestTravel_DownTheLadder: decisions and quotes stand on the routing server, on
// the road graph when that is gone, and the program stays ready.
func TestTravel_DownTheLadder(t *testing.T) {
	osrm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sources := strings.Count(r.URL.Path, ";")
		cells := strings.Repeat("[321],", sources)
		fmt.Fprintf(w, `{"code":"Ok","durations":[%s],"distances":[%[1]s]}`, strings.TrimSuffix(cells, ","))
	}))
	defer osrm.Close()
	s, _ := mustEmbedded(t, t.TempDir(), append(mustCrossing(t), "--osrm-url="+osrm.URL, "--eta-timeout=10s")...)
	s.awaitMissing()
	if got := s.tripTime(); got != 321 {
		t.Errorf("a ride takes %d s, want 321 by OSRM", got)
	}
	if got := s.rungs(s.ride("d1", "r1").ID); !slices.Contains(got, "osrm") || slices.Contains(got, "road") {
		t.Errorf("decisions stand on %v, want osrm", got)
	}

	osrm.Close()
	s.awaitMissing("osrm")
	if got := s.tripTime(); got != 1000 {
		t.Errorf("a ride takes %d s, want 1000 by road", got)
	}
	if got := s.rungs(s.ride("d2", "r2").ID); !slices.Contains(got, "road") || slices.Contains(got, "osrm") {
		t.Errorf("decisions stand on %v, want road", got)
	}
	metrics := s.metrics()
	for _, rung := range []string{"osrm", "road"} {
		if !strings.Contains(metrics, fmt.Sprintf(`cabstand_eta_calls_total{rung=%q}`, rung)) {
			t.Errorf("no calls on rung %s are counted", rung)
		}
	}
}

func (s site) metrics() string {
	s.tb.Helper()
	response, err := http.Get(s.riders + "/metrics")
	if err != nil {
		s.tb.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.tb.Fatal(err)
	}
	return string(body)
}

func TestTravel_ColumnAndSpeeds(t *testing.T) {
	speeds := filepath.Join(t.TempDir(), "speeds.csv")
	table := "hour,factor\n"
	for hour := range 168 {
		table += fmt.Sprintf("%d,0.8\n", hour)
	}
	if err := os.WriteFile(speeds, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	s, _ := mustEmbedded(t, t.TempDir(), append(mustCrossing(t), "--links-column=seconds_night", "--speeds="+speeds)...)
	if got := s.tripTime(); got != 2500 {
		t.Errorf("a ride takes %d s, want 2000 by the column at 0.8 of the speed", got)
	}
}

func TestTravel_BadSpeeds(t *testing.T) {
	speeds := filepath.Join(t.TempDir(), "speeds.csv")
	if err := os.WriteFile(speeds, []byte("hour,factor\n3,fast\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := parse[node.EmbeddedConfig](t, "--listen=127.0.0.1:0", "--data="+t.TempDir(), "--speeds="+speeds)
	n, err := node.OpenEmbedded(t.Context(), c, slog.New(slog.DiscardHandler))
	var wrong *node.ConfigError
	if !errors.As(err, &wrong) || wrong.Setting != "speeds" || !strings.Contains(err.Error(), "fast") {
		t.Errorf("node %v, error %v, want one that names the setting and the word", n, err)
	}
}
