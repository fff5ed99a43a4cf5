package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

// town is the city of seed 1, grown once for all tests that only look at it.
var town = sync.OnceValue(func() *City { return NewCity(1) })

// seeds are cities that every test of cities is run on.
var seeds = []uint64{2, 7, 42}

func TestNewCity(t *testing.T) {
	for _, seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			c := NewCity(seed)
			if n := c.Graph.Len(); n < 3000 || n > 6000 {
				t.Errorf("%d nodes", n)
			}
			if !c.Graph.StronglyConnected() {
				t.Error("there are places that cannot be reached")
			}
			lengths := map[road.Class]float64{}
			for s := range c.Graph.Streets() {
				for i := 1; i < len(s.Points); i++ {
					lengths[s.Class] += geo.Distance(s.Points[i-1], s.Points[i])
				}
			}
			for class, least := range map[road.Class]float64{
				road.Motorway: 10e3, road.Primary: 30e3, road.Secondary: 40e3, road.Residential: 200e3,
			} {
				if lengths[class] < least {
					t.Errorf("%.0f m of %v streets", lengths[class], class)
				}
			}
			checkBridges(t, c)
			checkDry(t, c)
		})
	}
}

// crossings counts the streets that cross the river.
func checkBridges(t *testing.T, c *City) {
	bridges := map[string]bool{}
	for s := range c.Graph.Streets() {
		for i := 1; i < len(s.Points); i++ {
			a, _ := c.terrain.fromRiver(onPlane(s.Points[i-1]))
			b, _ := c.terrain.fromRiver(onPlane(s.Points[i]))
			if a*b < 0 {
				bridges[s.Name] = true
			}
		}
	}
	if len(bridges) < 5 {
		t.Errorf("bridges of %v only", bridges)
	}
}

// checkDry checks that nobody drives in the sea, or in the river but on bridges.
func checkDry(t *testing.T, c *City) {
	for n := range c.Graph.Len() {
		p := onPlane(c.Graph.Point(road.Node(n)))
		if p.y < c.terrain.coastY(p.x) {
			t.Fatalf("node %d at %v is in the sea", n, p)
		}
	}
}

// onPlane is onEarth the other way.
func onPlane(p geo.Point) vec {
	y := geo.Distance(geo.Point{Lat: origin.Lat, Lon: p.Lon}, p)
	x := geo.Distance(geo.Point{Lat: origin.Lat, Lon: origin.Lon}, geo.Point{Lat: origin.Lat, Lon: p.Lon})
	if p.Lat < origin.Lat {
		y = -y
	}
	if p.Lon < origin.Lon {
		x = -x
	}
	return vec{x, y}
}

func TestCity_Deterministic(t *testing.T) {
	a, b := NewCity(3), NewCity(3)
	if !bytes.Equal(a.BaseMap(), b.BaseMap()) {
		t.Error("one seed, two maps")
	}
	if bytes.Equal(a.BaseMap(), NewCity(4).BaseMap()) {
		t.Error("two seeds, one map")
	}
	if fmt.Sprint(first(a, 50)) != fmt.Sprint(first(b, 50)) {
		t.Error("one seed, other orders")
	}
}

func first(c *City, n int) (orders []Order) {
	for o := range c.Orders(10, 5) {
		if orders = append(orders, o); len(orders) == n {
			break
		}
	}
	return orders
}

func TestCity_LiesAcrossOwnerCells(t *testing.T) {
	c := town()
	counts := map[geo.Cell]int{}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		counts[geo.CellOf(c.Place(rng), geo.OwnerLength)]++
	}
	if len(counts) < 2 {
		t.Fatalf("the city lies in one cell: %v", counts)
	}
	for cell, n := range counts {
		if n < 50 {
			t.Errorf("hardly anybody is in cell %s: %d of 1000", cell, n)
		}
	}
}

func TestCity_Orders(t *testing.T) {
	c := town()
	var last time.Duration
	const n = 4000
	for i, o := range first(c, n) {
		if o.After < last {
			t.Fatalf("order %d comes before the one before", i)
		}
		last = o.After
		if d := geo.Distance(o.Pickup, o.Dropoff); d == 0 || d > 12000 {
			t.Fatalf("order %d goes %.0f m", i, d)
		}
	}
	if rate := n / last.Minutes(); rate < 9 || rate > 11 {
		t.Errorf("%.1f orders a minute, not 10", rate)
	}
	for range c.Orders(0, 1) {
		t.Fatal("an order at 0 a minute")
	}
}

func TestCity_Between(t *testing.T) {
	c := town()
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		from, to := c.Place(rng), c.Place(rng)
		way := c.Between(from, to)
		if way.Points[0] != from || way.Points[len(way.Points)-1] != to {
			t.Fatalf("the way from %v to %v leads from %v to %v", from, to, way.Points[0], way.Points[len(way.Points)-1])
		}
		straight := geo.Distance(from, to)
		if straight < 1000 {
			continue
		}
		if round := way.Metres() / straight; round > 4 {
			t.Errorf("%v to %v: %.1f times as far as the crow flies", from, to, round)
		}
		if speed := way.Metres() / way.Takes().Seconds(); speed < 4 || speed > 22 {
			t.Errorf("%v to %v: %.1f m/s", from, to, speed)
		}
	}
}

func TestCity_BaseMap(t *testing.T) {
	c := town()
	var m struct {
		Type        string `json:"type"`
		Attribution string `json:"attribution"`
		Features    []struct {
			Type       string
			Properties struct{ Kind, Class, Name string }
			Geometry   struct {
				Type        string
				Coordinates json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(c.BaseMap(), &m); err != nil {
		t.Fatal(err)
	}
	shapes := map[string]string{"land": "Polygon", "water": "Polygon", "park": "Polygon", "street": "LineString", "label": "Point"}
	counts := map[string]int{}
	for _, f := range m.Features {
		if f.Type != "Feature" || f.Geometry.Type != shapes[f.Properties.Kind] {
			t.Fatalf("feature %+v", f.Properties)
		}
		if f.Properties.Kind == "street" && (f.Properties.Class == "" || f.Properties.Name == "") {
			t.Fatalf("street %+v", f.Properties)
		}
		if f.Geometry.Type == "Polygon" {
			checkRings(t, f.Geometry.Coordinates)
		}
		counts[f.Properties.Kind]++
	}
	for kind := range shapes {
		if counts[kind] == 0 {
			t.Errorf("no %s", kind)
		}
	}
	if m.Type != "FeatureCollection" || m.Attribution == "" || counts["park"] < 5 || counts["street"] < 300 {
		t.Errorf("%s by %q with %v", m.Type, m.Attribution, counts)
	}
	if b := c.Bounds(); !b.Valid() || !b.Contains(c.Center()) {
		t.Errorf("bounds %v", b)
	}
}

func checkRings(t *testing.T, coordinates json.RawMessage) {
	t.Helper()
	var rings [][][2]float64
	if err := json.Unmarshal(coordinates, &rings); err != nil {
		t.Fatal(err)
	}
	for _, ring := range rings {
		if len(ring) < 4 || ring[0] != ring[len(ring)-1] {
			t.Fatalf("a ring of %d points is not closed", len(ring))
		}
	}
}

func TestSimplify(t *testing.T) {
	line := []vec{{0, 0}, {10, 0.5}, {20, -0.5}, {30, 0}, {30, 30}}
	got := simplify(line, 1)
	if fmt.Sprint(got) != fmt.Sprint([]vec{{0, 0}, {30, 0}, {30, 30}}) {
		t.Fatalf("%v", got)
	}
}

func TestResample(t *testing.T) {
	line := curve([]vec{{0, 0}, {300, 100}, {600, -50}, {610, -400}})
	for i := 1; i < len(line)-1; i++ {
		if d := line[i-1].distance(line[i]); d < step*0.9 || d > step*1.001 {
			t.Fatalf("points %d and %d are %.1f m apart", i-1, i, d)
		}
	}
	if line[0] != (vec{0, 0}) || line[len(line)-1].distance(vec{610, -400}) > 0.01 {
		t.Fatalf("from %v to %v", line[0], line[len(line)-1])
	}
}
