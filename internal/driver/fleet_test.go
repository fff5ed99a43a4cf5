package driver_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

var (
	noon     = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	timesSq  = geo.Point{Lat: 40.7580, Lon: -73.9855}
	anywhere = math.Inf(1)
)

func at(id string, p geo.Point, seen time.Time) driver.Location {
	return driver.Location{
		DriverID: id, Position: driver.Position{Point: p, FixedAt: seen}, Class: driver.Standard, Seats: 4,
		Available: true, Session: "s1", SeenAt: seen,
	}
}

func gone(id string, seen time.Time) driver.Location {
	return driver.Location{DriverID: id, SeenAt: seen, Gone: true}
}

func ids[T driver.Located | driver.Location](found []T) string {
	var names []string
	for _, f := range found {
		switch l := any(f).(type) {
		case driver.Located:
			names = append(names, l.DriverID)
		case driver.Location:
			names = append(names, l.DriverID)
		}
	}
	return strings.Join(names, " ")
}

func TestFleet_Apply_NewestStands(t *testing.T) {
	here, there := timesSq, geo.Destination(timesSq, 90, 700)
	for _, c := range []struct {
		name   string
		batch  []driver.Location
		online bool
		want   geo.Point
	}{
		{"Newer", []driver.Location{at("d", here, noon), at("d", there, noon.Add(1))}, true, there},
		{"Older", []driver.Location{at("d", here, noon), at("d", there, noon.Add(-1))}, true, here},
		{"SameTimeLastApplied", []driver.Location{at("d", here, noon), at("d", there, noon)}, true, there},
		{"Gone", []driver.Location{at("d", here, noon), gone("d", noon.Add(1))}, false, geo.Point{}},
		{"GoneAtTheSameTime", []driver.Location{at("d", here, noon), gone("d", noon)}, false, geo.Point{}},
		{"GoneOlder", []driver.Location{at("d", here, noon), gone("d", noon.Add(-1))}, true, here},
		{"OlderAfterGone", []driver.Location{gone("d", noon), at("d", here, noon.Add(-1))}, false, geo.Point{}},
		{"SameTimeAfterGone", []driver.Location{gone("d", noon), at("d", here, noon)}, false, geo.Point{}},
		{"BackAfterGone", []driver.Location{gone("d", noon), at("d", here, noon.Add(1))}, true, here},
		{"NotOnEarth", []driver.Location{at("d", here, noon), at("d", geo.Point{Lat: math.NaN()}, noon.Add(1))}, true, here},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := driver.NewFleet()
			f.Apply(c.batch)
			l, online := f.Get("d")
			if online != c.online || l.Point != c.want {
				t.Errorf("at %v, online %v", l.Point, online)
			}
			if found := f.Nearest(timesSq, 5, anywhere, nil); (len(found) == 1) != c.online || f.Len() != len(found) {
				t.Errorf("%d found, %d online", len(found), f.Len())
			}
		})
	}
}

// Whatever the order in which locations come, the same fleet results.
func TestFleet_Apply_AnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var news []driver.Location
		for i := range rapid.IntRange(1, 30).Draw(t, "n") {
			id := fmt.Sprintf("d%d", rapid.IntRange(0, 3).Draw(t, "driver"))
			seen := noon.Add(time.Duration(i) * time.Second)
			if rapid.IntRange(0, 3).Draw(t, "kind") == 0 {
				news = append(news, gone(id, seen))
			} else {
				news = append(news, at(id, geo.Destination(timesSq, float64(i*40), 100*float64(i)), seen))
			}
		}
		straight, shuffled := driver.NewFleet(), driver.NewFleet()
		straight.Apply(news)
		for _, l := range rapid.Permutation(news).Draw(t, "order") {
			shuffled.Apply([]driver.Location{l})
		}
		a, b := straight.Nearest(timesSq, 99, anywhere, nil), shuffled.Nearest(timesSq, 99, anywhere, nil)
		if !slices.Equal(a, b) {
			t.Fatalf("in order %v, shuffled %v", ids(a), ids(b))
		}
	})
}

func TestFleet_Nearest(t *testing.T) {
	f := driver.NewFleet()
	van := at("van", geo.Destination(timesSq, 10, 300), noon)
	van.Class, van.Seats = "van", 7
	pause := at("pause", geo.Destination(timesSq, 200, 400), noon)
	pause.Available = false
	f.Apply([]driver.Location{
		at("near", geo.Destination(timesSq, 0, 100), noon), at("far", geo.Destination(timesSq, 90, 2000), noon.Add(-time.Minute)), van, pause,
	})
	for _, c := range []struct {
		name   string
		want   driver.Wanted
		limit  int
		radius float64
		ids    string
	}{
		{"All", driver.Wanted{}, 9, anywhere, "near van pause far"},
		{"Limit", driver.Wanted{}, 2, anywhere, "near van"},
		{"NoLimitMeansNone", driver.Wanted{}, 0, anywhere, ""},
		{"Radius", driver.Wanted{}, 9, 1000, "near van pause"},
		{"Class", driver.Wanted{Class: driver.Standard}, 9, anywhere, "near pause far"},
		{"Seats", driver.Wanted{Seats: 5}, 9, anywhere, "van"},
		{"Available", driver.Wanted{Available: true}, 2, anywhere, "near van"},
		{"SeenSince", driver.Wanted{SeenSince: noon.Add(-time.Second)}, 9, anywhere, "near van pause"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := f.Nearest(timesSq, c.limit, c.radius, c.want.Accepts)
			if ids(found) != c.ids {
				t.Errorf("found %q, want %q", ids(found), c.ids)
			}
			for _, l := range found {
				if l.Metres != geo.Distance(timesSq, l.Point) {
					t.Errorf("%s at %v m", l.DriverID, l.Metres)
				}
			}
		})
	}
}

func TestFleet_Outward(t *testing.T) {
	f := driver.NewFleet()
	for i := range 50 {
		f.Apply([]driver.Location{at(fmt.Sprintf("d%d", i), geo.Destination(timesSq, float64(i*7), float64((i*31)%50)*20), noon)})
	}
	var read []driver.Located
	for l := range f.Outward(timesSq) {
		if read = append(read, l); len(read) == 10 {
			break
		}
	}
	if want := f.Nearest(timesSq, 10, anywhere, nil); !slices.Equal(read, want) {
		t.Errorf("read %v, want %v", ids(read), ids(want))
	}
	f.Apply([]driver.Location{gone("d1", noon.Add(1))}) // hangs if the reader left the fleet locked
}

func TestFleet_InCell(t *testing.T) {
	f := driver.NewFleet()
	cell := geo.CellOf(timesSq, geo.StoreLength)
	b := cell.Bounds()
	f.Apply([]driver.Location{
		at("inside", timesSq, noon),
		at("southwest", geo.Point{Lat: b.South, Lon: b.West}, noon),
		at("northeast", geo.Point{Lat: b.North, Lon: b.East}, noon), // the corner of the next cell
	})
	if got := f.InCell(cell); len(got) != 2 {
		t.Errorf("in the cell: %s", ids(got))
	}
	if got := f.InBox(b); len(got) != 3 {
		t.Errorf("in its box: %s", ids(got))
	}
	if got := f.InCell(cell.Parent(2)); len(got) != 3 {
		t.Errorf("in the cell around it: %s", ids(got))
	}
}

func TestFleet_Expire(t *testing.T) {
	f := driver.NewFleet()
	f.Apply([]driver.Location{at("b", timesSq, noon), at("a", timesSq, noon), at("c", timesSq, noon.Add(time.Second)), gone("g", noon)})
	if got := f.Expire(noon); got != nil || f.Len() != 3 {
		t.Errorf("expired %v at once", got)
	}
	if got := f.Expire(noon.Add(time.Second)); !slices.Equal(got, []string{"a", "b"}) || f.Len() != 1 {
		t.Errorf("expired %v, %d left", got, f.Len())
	}
	f.Apply([]driver.Location{at("g", timesSq, noon.Add(-time.Hour))})
	if f.Len() != 2 {
		t.Error("a departed driver is remembered after Expire")
	}
}

// What was told before a clock was set back gives way to what is told after.
func TestFleet_Recede(t *testing.T) {
	f := driver.NewFleet()
	f.Apply([]driver.Location{at("a", timesSq, noon), at("b", timesSq, noon.Add(time.Hour)), gone("g", noon.Add(time.Hour))})
	if got := f.Recede(noon.Add(time.Hour)); got != nil || f.Len() != 2 {
		t.Errorf("forgot %v, who is not after that", got)
	}
	if got := f.Recede(noon.Add(time.Hour - 1)); !slices.Equal(got, []string{"b"}) || f.Len() != 1 {
		t.Errorf("forgot %v, %d left", got, f.Len())
	}
	f.Apply([]driver.Location{at("b", timesSq, noon), at("g", timesSq, noon)})
	if f.Len() != 3 {
		t.Errorf("%d online after the clock was set back", f.Len())
	}
}

func TestFleet_Concurrent(t *testing.T) {
	f := driver.NewFleet()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 300 {
				id := fmt.Sprintf("d%d", i%40)
				f.Apply([]driver.Location{at(id, geo.Destination(timesSq, float64(i), float64(100*w)), noon.Add(time.Duration(i)))})
				for l := range f.Outward(timesSq) {
					if l.DriverID == id {
						break
					}
				}
				f.Expire(noon.Add(time.Duration(i - 100)))
			}
		})
	}
	wg.Wait()
	if f.Len() == 0 {
		t.Error("nobody is left")
	}
}
