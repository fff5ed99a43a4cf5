package road

import (
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"pgregory.net/rapid"
)

func TestWay_Where(t *testing.T) {
	g := ladder(t, 4) // 30 s due east
	way, _ := g.Route(0, 3)
	t.Run("OnTheWay", func(t *testing.T) {
		fix := way.Where(15 * time.Second)
		want := geo.Interpolate(g.Point(1), g.Point(2), 0.5)
		if geo.Distance(fix.Point, want) > 0.01 {
			t.Fatalf("after half the time at %v, not %v", fix.Point, want)
		}
		if fix.Heading < 89 || fix.Heading > 91 {
			t.Fatalf("heading %v, not east", fix.Heading)
		}
		if metres := geo.Distance(g.Point(0), g.Point(1)); fix.Speed < metres/10-0.01 || fix.Speed > metres/10+0.01 {
			t.Fatalf("speed %v on %v m in 10 s", fix.Speed, metres)
		}
	})
	t.Run("Ends", func(t *testing.T) {
		if fix := way.Where(-time.Second); fix.Point != g.Point(0) {
			t.Fatalf("before the start at %v", fix)
		}
		if fix := way.Where(time.Hour); fix.Point != g.Point(3) || fix.Speed != 0 {
			t.Fatalf("after the end at %v", fix)
		}
	})
	t.Run("NeverJumps", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			g := randomGraph(t).Connected()
			a := geo.Point{Lat: 40.01, Lon: -73.99}
			b := geo.Point{Lat: 40.04, Lon: -73.96}
			way, ok := g.Between(a, b)
			if ok != (g.Edges() > 0) {
				t.Fatalf("%d edges, a way: %v", g.Edges(), ok)
			}
			if !ok {
				return
			}
			if way.Points[0] != a || way.Points[len(way.Points)-1] != b {
				t.Fatal("the way does not join the two points")
			}
			const parts = 1000
			step := way.Takes() / parts
			for i := range parts {
				p, q := way.Where(time.Duration(i)*step), way.Where(time.Duration(i+1)*step)
				// The random graph's edges are as fast as its times say: 7 km/s.
				if geo.Distance(p.Point, q.Point) > 8000*step.Seconds() {
					t.Fatalf("from %v to %v in %v", p.Point, q.Point, step)
				}
			}
		})
	})
	t.Run("OnePoint", func(t *testing.T) {
		way, ok := g.Route(2, 2)
		if !ok || way.Takes() != 0 || way.Where(time.Second).Point != g.Point(2) {
			t.Fatalf("%v %v", way, ok)
		}
	})
}

func TestWay_Ahead(t *testing.T) {
	g := ladder(t, 4)
	way, _ := g.Route(0, 3)
	for elapsed, want := range map[time.Duration]Node{
		0: 1, 5 * time.Second: 1, 10 * time.Second: 2, 29 * time.Second: 3, time.Minute: 3,
	} {
		if p, at := way.Ahead(elapsed); p != g.Point(want) || at != time.Duration(want)*10*time.Second {
			t.Errorf("after %v: %v at %v", elapsed, p, at)
		}
	}
}

func TestWay_Then(t *testing.T) {
	g := ladder(t, 4)
	a, _ := g.Route(0, 2)
	b, _ := g.Route(2, 3)
	whole := a.Then(b)
	if whole.Takes() != 30*time.Second || len(whole.Points) != len(whole.At) {
		t.Fatalf("%v", whole)
	}
	if a.Takes() != 20*time.Second {
		t.Fatal("joining changed the first way")
	}
}

func TestGraph_Between(t *testing.T) {
	t.Run("WithinOneStreet", func(t *testing.T) {
		g := ladder(t, 3)
		for _, shares := range [][2]float64{{0.25, 0.75}, {0.75, 0.25}} {
			a := geo.Interpolate(g.Point(0), g.Point(1), shares[0])
			b := geo.Interpolate(g.Point(0), g.Point(1), shares[1])
			if way, ok := g.Between(a, b); !ok || way.Takes().Round(time.Millisecond) != 5*time.Second {
				t.Errorf("%v of a street of 10 s: %v, %v", shares, way, ok)
			}
		}
	})
	t.Run("RoundTheBlock", func(t *testing.T) {
		g := triangle(t)
		a, b := geo.Interpolate(g.Point(0), g.Point(1), 0.75), geo.Interpolate(g.Point(0), g.Point(1), 0.25)
		way, ok := g.Between(a, b)
		if !ok || way.Takes().Round(time.Millisecond) != 25*time.Second || way.Points[1] != g.Point(1) {
			t.Fatalf("back on a one-way street: %v, %v", way, ok)
		}
	})
	t.Run("OffTheRoad", func(t *testing.T) {
		g := ladder(t, 3)
		off := geo.Destination(geo.Interpolate(g.Point(0), g.Point(1), 0.5), 0, 40)
		way, ok := g.Between(off, g.Point(1))
		// 40 m at 4 m/s, then half of a street of 10 s.
		if !ok || way.Takes().Round(10*time.Millisecond) != 15*time.Second || way.Points[0] != off {
			t.Fatalf("%v, %v", way, ok)
		}
	})
}
