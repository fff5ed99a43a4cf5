package geo_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
)

// Whatever is written while a search goes on, it tells what was there when it
// began.
func TestIndex_SearchStandsStill(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, m := geo.NewIndex(), model{}
		point := anyPoint()
		id := rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("d%d", rapid.IntRange(0, 120).Draw(t, "id")) })
		put := func() {
			id, p := id.Draw(t, "id"), point.Draw(t, "p")
			x.Put(id, p, noon)
			m[id] = p
		}
		for range rapid.IntRange(1, 150).Draw(t, "points") {
			put()
		}
		disturb := func() {
			switch rapid.IntRange(0, 9).Draw(t, "disturb") {
			case 0:
				id := id.Draw(t, "removed")
				x.Remove(id)
				delete(m, id)
			case 1:
				for id, p := range m {
					m[id] = geo.Destination(p, 45, 300)
					x.Put(id, m[id], noon)
				}
			case 2:
				put()
			case 3:
				for id := range m {
					x.Remove(id)
				}
				clear(m)
			}
		}
		p := point.Draw(t, "from")
		before := maps.Clone(m)
		var outward []geo.Hit
		for h := range x.Outward(p) {
			outward = append(outward, h)
			disturb()
		}
		sameHits(t, before, p, outward, before.nearest(p, math.Inf(1)))

		before = maps.Clone(m)
		k := rapid.IntRange(1, 100).Draw(t, "k")
		hits := x.Nearest(nil, p, k, math.Inf(1), func(string) bool { disturb(); return true })
		want := before.nearest(p, math.Inf(1))
		sameHits(t, before, p, hits, want[:min(k, len(want))])
		sameHits(t, m, p, x.Nearest(nil, p, 1000, math.Inf(1), nil), m.nearest(p, math.Inf(1)))
	})
}

// change is a line of a script that one writer plays while others read.
type change struct {
	id   string
	gone bool
	p    geo.Point
}

func (c change) apply(m model) {
	if m[c.id] = c.p; c.gone {
		delete(m, c.id)
	}
}

// sighting is an answer, and how much of the script had been played for certain
// before the question, and at most after the answer.
type sighting struct {
	from      geo.Point
	k         int
	hits      []geo.Hit
	not, last int
}

// Every answer is that of one instant between the question and the answer.
func TestIndex_Concurrent(t *testing.T) {
	const readers, answers, points, pace = 3, 150, 90, 12
	random := rand.New(rand.NewPCG(1, 2))
	script := scriptOf(random, points, readers*answers*pace+50)
	x := geo.NewIndex()
	var played, answered atomic.Int64
	var wg sync.WaitGroup
	seen := make([][]sighting, readers)
	for r := range readers {
		random := rand.New(rand.NewPCG(3, uint64(r)))
		wg.Go(func() {
			for i := range answers {
				s := sighting{from: placeNear(random), k: 1 + random.IntN(points), not: int(played.Load())}
				if i%2 == 0 {
					s.hits = x.Nearest(nil, s.from, s.k, math.Inf(1), nil)
				} else {
					for h := range x.Outward(s.from) {
						if s.hits = append(s.hits, h); len(s.hits) == s.k {
							break
						}
					}
				}
				s.last = int(played.Load()) + 1 // the one after may have been seen before it was counted
				seen[r] = append(seen[r], s)
				answered.Add(1)
			}
		})
	}
	for i, c := range script {
		for int64(i) >= answered.Load()*pace+50 {
			runtime.Gosched() // so that all of the reading has writing beside it
		}
		if c.gone {
			x.Remove(c.id)
		} else {
			x.Put(c.id, c.p, noon)
		}
		played.Add(1)
	}
	wg.Wait()
	explain(t, script, slices.Concat(seen...))
}

func placeNear(random *rand.Rand) geo.Point {
	return geo.Destination(geo.Point{Lat: 40.75, Lon: -73.98}, 360*random.Float64(), 2000*random.Float64())
}

// scriptOf brings points in, moves them near and far, and takes some out.
func scriptOf(random *rand.Rand, points, length int) []change {
	script := make([]change, length)
	for i := range script {
		c := change{id: fmt.Sprintf("d%d", random.IntN(points)), p: placeNear(random)}
		c.gone = random.IntN(6) == 0
		script[i] = c
	}
	return script
}

// explain plays the script again and looks for the instant of each answer.
// sameButHandle reports whether both tell the same of a point, whose handle the
// model does not know.
func sameButHandle(a, b geo.Hit) bool {
	a.Handle, b.Handle = 0, 0
	return a == b
}

func explain(t *testing.T, script []change, seen []sighting) {
	t.Helper()
	m := model{}
	for done := range len(script) + 1 {
		if done > 0 {
			script[done-1].apply(m)
		}
		seen = slices.DeleteFunc(seen, func(s sighting) bool {
			if done < s.not || done > s.last {
				return false
			}
			want := m.nearest(s.from, math.Inf(1))
			return slices.EqualFunc(s.hits, want[:min(s.k, len(want))], sameButHandle)
		})
	}
	for _, s := range seen {
		t.Errorf("near %v, between %d and %d changes: %d hits that were never there at once", s.from, s.not, s.last, len(s.hits))
	}
}

// More readers than there were ever before find a seat, and what they hold up
// is given back.
func TestIndex_ManyReaders(t *testing.T) {
	x, p := cityOf(500)
	before := x.Nearest(nil, p, 500, math.Inf(1), nil)
	var nest func(depth int)
	nest = func(depth int) {
		if depth == 0 {
			for i := range 500 {
				x.Put(fmt.Sprintf("d%d", i), geo.Destination(p, float64(i), 50), noon)
			}
			return
		}
		var read []geo.Hit
		for h := range x.Outward(p) {
			if read == nil {
				nest(depth - 1)
			}
			read = append(read, h)
		}
		if !slices.Equal(read, before) {
			t.Errorf("reader %d does not see what was there when it came", depth)
		}
	}
	nest(50)
	if hits := x.Within(nil, p, 51); len(hits) != 500 {
		t.Errorf("%d points afterwards", len(hits))
	}
}

// A point that moves, with no reader who stays, takes no memory. The race
// detector sees a few allocations of its own.
func TestIndex_Move_AllocatesNothing(t *testing.T) {
	x, p := cityOf(2000)
	h := x.Put("d7", p, noon)
	moves := []geo.Move{{Handle: h, Point: p, At: noon}, {Handle: h, Point: geo.Destination(p, 90, 5000), At: noon}}
	turn := 0
	if n := testing.AllocsPerRun(5000, func() { turn++; x.Move(moves[turn%2]) }); n > 0.5 {
		t.Errorf("%v allocations", n)
	}
}

func TestIndex_Move(t *testing.T) {
	x := geo.NewIndex()
	here, there := geo.Point{Lat: 1, Lon: 2}, geo.Point{Lat: -60, Lon: 170}
	a, b := x.Put("a", here, noon), x.Put("b", here, noon)
	if again := x.Put("a", here, noon); again != a || a == b || a == 0 {
		t.Fatalf("handles %v %v %v", a, again, b)
	}
	later := noon.Add(time.Second)
	if n := x.Move(geo.Move{a, there, later}, geo.Move{b, geo.Point{Lat: 91}, later}, geo.Move{}, geo.Move{1 << 30, here, later}); n != 1 {
		t.Errorf("moved %d", n)
	}
	if p, at, ok := x.Get("a"); !ok || p != there || at != later {
		t.Errorf("a at %v %v %v", p, at, ok)
	}
	x.Remove("a")
	c := x.Put("c", here, noon)
	if x.Move(geo.Move{a, there, later}) != 0 {
		t.Errorf("the handle %v of who was removed moves %v", a, c)
	}
	if a == c || b.Slot() == c.Slot() || b.Slot() <= 0 {
		t.Errorf("handles %v %v, and %v of who was removed", b, c, a)
	}
	hits := x.Nearest(nil, here, 9, math.Inf(1), nil)
	if want := []geo.Hit{{ID: "b", Point: here, At: noon, Handle: b}, {ID: "c", Point: here, At: noon, Handle: c}}; !slices.Equal(hits, want) {
		t.Errorf("found %v", hits)
	}
}

// Many moves at once lead where the same ones lead one by one.
func TestIndex_Move_ManyAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, m := geo.NewIndex(), model{}
		handles := map[string]geo.Handle{}
		for i := range rapid.IntRange(1, 100).Draw(t, "points") {
			id := fmt.Sprintf("d%d", i)
			m[id] = anyPoint().Draw(t, "p")
			handles[id] = x.Put(id, m[id], noon)
		}
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			var moves []geo.Move
			for range rapid.IntRange(1, 200).Draw(t, "moves") {
				id := fmt.Sprintf("d%d", rapid.IntRange(0, len(m)-1).Draw(t, "id"))
				m[id] = geo.Destination(m[id], rapid.Float64Range(0, 360).Draw(t, "bearing"), rapid.Float64Range(0, 5000).Draw(t, "way"))
				moves = append(moves, geo.Move{Handle: handles[id], Point: m[id], At: noon})
			}
			if n := x.Move(moves...); n != len(moves) {
				t.Fatalf("moved %d of %d", n, len(moves))
			}
			p := anyPoint().Draw(t, "from")
			sameHits(t, m, p, slices.Collect(x.Outward(p)), m.nearest(p, math.Inf(1)))
		}
	})
}

func TestIndex_Expire(t *testing.T) {
	x := geo.NewIndex()
	p := geo.Point{Lat: 40.75, Lon: -73.98}
	var want []string
	for i := range 1000 {
		id, age := fmt.Sprintf("d%03d", i), i*7919%1000
		x.Put(id, geo.Destination(p, float64(i), float64(i)), noon.Add(-time.Duration(age)*time.Second))
		if age > 300 {
			want = append(want, id)
		}
	}
	x.Put("d000", p, noon) // seen again
	x.Remove(want[0])
	if gone := x.Expire(noon.Add(-300 * time.Second)); !slices.Equal(gone, want[1:]) {
		t.Errorf("expired %d, want %d", len(gone), len(want)-1)
	}
	if n := len(x.Within(nil, p, 2000)); n != 1000-len(want) || x.Len() != n {
		t.Errorf("%d are left, %d are found, want %d", x.Len(), n, 1000-len(want))
	}
	if gone := x.Expire(noon.Add(-300 * time.Second)); gone != nil {
		t.Errorf("expired again: %v", gone)
	}
}

// A crowd at one place, larger than any leaf, is moved, found and dissolved in
// reasonable time.
func TestIndex_Crowd(t *testing.T) {
	x, p := geo.NewIndex(), geo.Point{Lat: 90, Lon: 180}
	const n = 20_000
	for range 2 {
		for i := range n {
			x.Put(fmt.Sprintf("d%05d", i), p, noon)
		}
	}
	hits := x.Nearest(nil, p, 3, 0, nil)
	if len(hits) != 3 || hits[0].ID != "d00000" || hits[2].ID != "d00002" {
		t.Errorf("first by id: %v", hits)
	}
	if got := len(x.InBox(nil, geo.Box{West: 180, South: 90, East: 180, North: 90})); got != n {
		t.Errorf("%d in the place itself", got)
	}
	if gone := x.Expire(noon.Add(1)); len(gone) != n || x.Len() != 0 || len(x.Within(nil, p, math.Inf(1))) != 0 {
		t.Errorf("expired %d, %d are left", len(gone), x.Len())
	}
}
