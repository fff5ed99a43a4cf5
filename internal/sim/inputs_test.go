package sim

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/streets"
)

// mustFile writes a file, gzipped if its name says so.
func mustFile(tb testing.TB, name, text string) string {
	tb.Helper()
	data := []byte(text)
	if strings.HasSuffix(name, ".gz") {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write(data); err != nil {
			tb.Fatal(err)
		}
		if err := z.Close(); err != nil {
			tb.Fatal(err)
		}
		data = b.Bytes()
	}
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

const (
	someTrips = "requested_at,pickup_lat,pickup_lon,dropoff_lat,dropoff_lon\n2013-09-01T20:00:01Z,40.1,-74,40.2,-74\n" +
		"2013-09-01T20:00:02Z,40.1,-74,40.2,-74\nnever,40.1,-74,40.2,-74\n2013-09-01T20:30:00Z,40.1,-74,40.2,-74\n"
	somePositions = "unix,cab,lat,lon,occupied\n1000,c1,40.1,-74,0\n1100,c1,40.11,-74,0\n1000,c2,40.2,-74,1\n1100,c2,40.21,-74,1\n"
	someNodes     = "node,lon,lat\na,-74,40.1\nb,-74,40.2\nc,-74,40.3\n"
	someLinks     = "from,to,street,seconds\na,b,Elm,10\nb,a,Elm,10\nb,c,Elm,10\n"
)

func TestInputs_Load(t *testing.T) {
	load := func(t *testing.T, in Inputs) (cfg Config, told string) {
		t.Helper()
		var log strings.Builder
		cfg = Config{Duration: time.Minute, Drain: time.Minute, Seed: 1}
		if err := in.Load(t.Context(), &cfg, &log); err != nil {
			t.Fatal(err)
		}
		return cfg, log.String()
	}
	t.Run("Trips", func(t *testing.T) {
		from, err := time.Parse(time.RFC3339, "2013-09-01T20:00:00Z")
		if err != nil {
			t.Fatal(err)
		}
		cfg, told := load(t, Inputs{Trips: mustFile(t, "trips.csv.gz", someTrips), From: from, Drivers: 7})
		if n := len(slices.Collect(cfg.Orders)); n != 2 || cfg.Drivers != 7 {
			t.Fatalf("%d orders, %d drivers", n, cfg.Drivers)
		}
		if _, straight := cfg.World.(OpenField); !straight || !strings.Contains(told, `line 4: "never"`) {
			t.Fatalf("world %T, told %q", cfg.World, told)
		}
	})
	t.Run("Positions", func(t *testing.T) {
		cfg, _ := load(t, Inputs{Positions: mustFile(t, "positions.csv", somePositions), RidersPerMin: 5})
		if len(cfg.Recordings) != 2 || cfg.Orders == nil {
			t.Fatalf("%d recordings", len(cfg.Recordings))
		}
	})
	t.Run("Streets", func(t *testing.T) {
		cfg, told := load(t, Inputs{Files: streets.Files{Nodes: mustFile(t, "nodes.csv.gz", someNodes), Links: mustFile(t, "links.csv", someLinks)}})
		n, ok := cfg.World.(Network)
		if !ok || n.Graph.Len() != 2 || !strings.Contains(told, "3 nodes and 3 links by seconds") {
			t.Fatalf("world %+v, told %q", cfg.World, told)
		}
	})
	t.Run("Nothing", func(t *testing.T) {
		cfg, _ := load(t, Inputs{RidersPerMin: 5, Drivers: 3})
		if _, ok := cfg.World.(*City); !ok || cfg.Orders == nil {
			t.Fatalf("world %T", cfg.World)
		}
	})
	for name, in := range map[string]Inputs{
		"ErrNoFile": {Trips: "nowhere.csv"},
		"ErrColumn": {Trips: mustFile(t, "trips.csv", "a,b\n1,2\n")},
		"ErrGzip":   {Positions: mustFile(t, "p.csv", "\x1f\x8bnonsense")},
		"ErrNobody": {Positions: mustFile(t, "p.csv", "unix,cab,lat,lon\n")},
		"ErrLinks":  {Files: streets.Files{Nodes: mustFile(t, "n.csv", someNodes), Links: mustFile(t, "l.csv", "from,to\n")}},
	} {
		t.Run(name, func(t *testing.T) {
			err := in.Load(t.Context(), &Config{}, &strings.Builder{})
			if err == nil {
				t.Fatal("loaded")
			}
			if file := filepath.Base(in.Trips + in.Positions + in.Links); !strings.Contains(fmt.Sprint(err), strings.TrimSuffix(file, ".csv")) {
				t.Fatalf("the error does not name %s: %v", file, err)
			}
		})
	}
}
