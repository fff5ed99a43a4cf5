package main

import (
	"strings"
	"testing"

	"github.com/cabstand/cabstand/geo"
)

// The contenders agree on a small city before and after its cars have moved,
// and a wrong answer fails the race.
func TestRace(t *testing.T) {
	c := config{rounds: 2, turn: 300, checks: 50}
	results, err := race(c, newCity(500, 1))
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range contenders() {
		if r := results[i]; r.name != k.name() || r.cars != 500 || len(r.asked) != 2 || len(r.moved) != 2 {
			t.Errorf("%+v", r)
		}
	}
	city := newCity(500, 1)
	honest, wrong := &ours{title: oursName}, &peer{title: peerName}
	honest.fill(city.cars)
	city.cars[7].at = shifted(city.cars[7].at, 3, 0)
	wrong.fill(city.cars)
	if err := compare([]contender{honest, wrong}, city, 200); err == nil || !strings.Contains(err.Error(), peerName) {
		t.Errorf("a car that is elsewhere is not noticed: %v", err)
	}
}

// The peer's bound for boxes is one: else its answers would be exact by luck.
func TestGreatCircle(t *testing.T) {
	city := newCity(400, 3)
	for _, from := range city.riders(50) {
		dist := greatCircle(from)
		for i := 1; i < len(city.cars); i++ {
			a, b := city.cars[i-1].at, city.cars[i].at
			low := [2]float64{min(a.Lon, b.Lon), min(a.Lat, b.Lat)}
			high := [2]float64{max(a.Lon, b.Lon), max(a.Lat, b.Lat)}
			box := geo.Box{West: low[0], South: low[1], East: high[0], North: high[1]}
			bound := dist(low, high, 0, false)
			point := dist([2]float64{a.Lon, a.Lat}, [2]float64{}, 0, true)
			if bound > point*(1+1e-12) || bound > 0 == box.Contains(from) {
				t.Fatalf("from %v: the box %v is at %v, a point in it at %v", from, box, bound, point)
			}
		}
	}
}

func TestRun_Refuses(t *testing.T) {
	for _, sizes := range []string{"", "x", "5", "100,"} {
		if err := run(config{rounds: 1}, sizes, &strings.Builder{}); err == nil || !strings.Contains(err.Error(), "--sizes") {
			t.Errorf("--sizes %q: %v", sizes, err)
		}
	}
}

func TestWriteGoals(t *testing.T) {
	var out strings.Builder
	writeGoals(&out, []result{
		{name: oursName, cars: 10, asked: []float64{1, 15, 99}, moved: []float64{30}, askAllocations: 0},
		{name: peerName, cars: 10, asked: []float64{100}, moved: []float64{100}},
	})
	want := "goal index_nearest20_vs_rtree_10 measured 0.150 target <=0.15 met\n" +
		"goal index_update_vs_rtree_10 measured 0.300 target <=0.25 missed\n" +
		"goal index_allocations_per_query_10 measured 0.000 target <=0 met\n"
	if out.String() != want {
		t.Error(out.String())
	}
}
