package sim

import (
	"fmt"
	"testing"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// The drivers of a demo can be told apart and are valid, and a fair share of them
// drives each class.
func TestProfileOf(t *testing.T) {
	names, plates, classes := map[string]bool{}, map[string]bool{}, map[driver.Class]int{}
	const fleet = 1000
	for i := range fleet {
		p := profileOf(fmt.Sprintf("demo-%04d", i+1))
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		if p.Vehicle.Make == "" || p.Vehicle.Colour == "" || (p.Seats > 4) != (p.Class == xl) {
			t.Errorf("an odd car: %+v", p)
		}
		names[p.Name], plates[p.Vehicle.Plate] = true, true
		classes[p.Class]++
	}
	if len(names) != fleet || len(plates) != fleet {
		t.Errorf("%d names and %d plates of %d drivers", len(names), len(plates), fleet)
	}
	if classes[xl] != 200 || classes[premium] != 100 || classes[driver.Standard] != 700 {
		t.Errorf("classes %v", classes)
	}
	if a, b := profileOf("demo-0007"), profileOf("demo-0007"); a != b {
		t.Errorf("%+v, then %+v", a, b)
	}
}

// Riders of a demo ask for each class, at the same places and times as ever; in a
// small one, where nobody might drive it, for none.
func TestStage_Orders(t *testing.T) {
	city := NewCity(1)
	first := func(s Stage) (list []Order) {
		s.City, s.Seed = city, 1
		for o := range s.orders() {
			if list = append(list, o); len(list) == 800 {
				return list
			}
		}
		return list
	}
	counts := map[driver.Class]int{}
	var places []geo.Point
	for _, o := range first(Stage{Drivers: 200}) {
		counts[o.Class]++
		places = append(places, o.Pickup)
	}
	if counts[xl] < 60 || counts[premium] < 25 || counts[""] < 500 {
		t.Errorf("classes asked for: %v", counts)
	}
	plain := 0
	for o := range city.Orders(200*ordersPerDriver, 1) {
		if plain++; plain > len(places) {
			break
		}
		if o.Pickup != places[plain-1] {
			t.Fatalf("order %d is elsewhere", plain)
		}
	}
	for _, o := range first(Stage{Drivers: enough - 1}) {
		if o.Class != "" {
			t.Fatalf("%+v in a small fleet", o)
		}
	}
}
