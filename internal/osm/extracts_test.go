package osm

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

// extracts are real maps: a city of the United States and a town, a city that is
// all hills and tunnels, a country of villages.
var extracts = []string{"baltimore.osm.pbf", "harrisburg.osm.pbf", "monaco.osm.pbf", "liechtenstein-latest.osm.pbf"}

func TestImport_Extracts(t *testing.T) {
	for _, name := range extracts {
		t.Run(name, func(t *testing.T) {
			g, told, err := ImportFile(context.Background(), extract(t, name))
			if err != nil {
				t.Fatal(err)
			}
			t.Log(told)
			if !g.StronglyConnected() || g.Len() != told.Kept || told.Kept < told.Nodes*3/4 {
				t.Errorf("%d of %d nodes are kept; connected: %t", told.Kept, told.Nodes, g.StronglyConnected())
			}
			checkDrives(t, g)
		})
	}
}

// Between any two places there is a way, and its speed is a car's.
func checkDrives(t *testing.T, g *road.Graph) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	b := g.Bounds()
	fastest := 0.0
	for range 300 {
		from := geo.Point{Lat: b.South + rng.Float64()*(b.North-b.South), Lon: b.West + rng.Float64()*(b.East-b.West)}
		to := geo.Point{Lat: b.South + rng.Float64()*(b.North-b.South), Lon: b.West + rng.Float64()*(b.East-b.West)}
		way, ok := g.Between(from, to)
		if !ok {
			t.Fatalf("no way from %v to %v", from, to)
		}
		speed := way.Metres() / way.Takes().Seconds() * 3.6
		fastest = max(fastest, speed)
		if way.Metres() > 500 && !(speed > 5 && speed < 130) {
			t.Errorf("from %v to %v at %.1f km/h, %v", from, to, speed, way.Takes())
		}
	}
	if fastest < 25 {
		t.Errorf("no drive is faster than %.1f km/h", fastest)
	}
}

func extract(tb testing.TB, name string) string {
	tb.Helper()
	path := filepath.Join(os.Getenv("CABSTAND_DATA"), "osm", name)
	if os.Getenv("CABSTAND_DATA") == "" {
		path = filepath.Join("..", "..", "..", "shared", "data", "osm", name)
	}
	if _, err := os.Stat(path); err != nil {
		tb.Skipf("no extract %s: set CABSTAND_DATA to the folder with osm/%s", path, name)
	}
	return path
}
