package sim

import (
	"math"
	"math/rand/v2"

	"github.com/cabstand/cabstand/internal/road"
)

// stroke is a street as it is laid: a line of points a step apart.
type stroke struct {
	points []vec
	class  road.Class
	name   string
	oneWay bool
}

// grower lays streets, the important ones first: each is a line through the
// field that keeps its distance from those that run beside it.
type grower struct {
	terrain *terrain
	field   *field
	rng     *rand.Rand
	names   *namer
	twist   waves // of long avenues
	strokes []stroke
	marks   map[[2]int][]mark // by square
}

// mark is a place where a street runs, for keeping distance.
type mark struct {
	at, heading vec
	class       road.Class
}

const (
	step       = 18.0  // between the points of a stroke, metres
	markSquare = 120.0 // side of a square of marks, metres
	parallel   = 0.55  // sine of the angle up to which streets run beside each other
)

// rule is how streets of a class are laid.
type rule struct {
	class     road.Class
	apart     func(p vec, across bool) float64 // from the next street beside it, metres
	minUrban  float64                          // how far out
	minLength float64                          // a shorter one is not laid, metres
	bridges   bool                             // crosses the river
	green     bool                             // crosses parks
}

// lay adds a street and marks where it runs.
func (g *grower) lay(points []vec, class road.Class) {
	g.strokes = append(g.strokes, stroke{points: points, class: class, name: g.names.street(class)})
	for i := range points {
		a, b := points[max(0, i-1)], points[min(len(points)-1, i+1)]
		square := squareOf(points[i], markSquare)
		g.marks[square] = append(g.marks[square], mark{points[i], b.sub(a).unit(), class})
	}
}

func squareOf(p vec, side float64) [2]int {
	return [2]int{int(math.Floor(p.x / side)), int(math.Floor(p.y / side))}
}

// crowded reports whether a street that runs the same way as heading is nearer to
// p than metres, or, for a small street, the motorway.
func (g *grower) crowded(p, heading vec, metres float64, class road.Class) bool {
	far := int(math.Ceil(metres / markSquare))
	at := squareOf(p, markSquare)
	for i := at[0] - far; i <= at[0]+far; i++ {
		for j := at[1] - far; j <= at[1]+far; j++ {
			for _, m := range g.marks[[2]int{i, j}] {
				d := m.at.distance(p)
				beside := math.Abs(m.heading.cross(heading)) < parallel
				if d < metres && beside || d < 45 && m.class == road.Motorway && class == road.Residential {
					return true
				}
			}
		}
	}
	return false
}

// open reports whether a street may run at p.
func (g *grower) open(p vec, r rule) bool {
	return g.terrain.urban(p) > r.minUrban && !g.terrain.wet(p, 30) && (r.green || !g.terrain.green(p))
}

// trace draws the street through a seed, both ways.
func (g *grower) trace(seed vec, across bool, r rule) []vec {
	heading := g.field.toward(seed, across, vec{1, 0.01})
	if !r.bridges && !g.open(seed, r) || g.crowded(seed, heading, r.apart(seed, across), r.class) {
		return nil
	}
	ahead := g.run(seed, heading, across, r)
	back := g.run(seed, heading.mul(-1), across, r)
	line := make([]vec, 0, len(ahead)+len(back)+1)
	for i := len(back) - 1; i >= 0; i-- {
		line = append(line, back[i])
	}
	line = append(append(line, seed), ahead...)
	if float64(len(line)-1)*step < r.minLength {
		return nil
	}
	return line
}

// maxPoints bounds a street that would run round for ever.
const maxPoints = 700

// run follows the field from p until something is in the way.
func (g *grower) run(p, heading vec, across bool, r rule) []vec {
	var line []vec
	start := p
	for len(line) < maxPoints {
		d := g.field.toward(p.add(heading.mul(step/2)), across, heading)
		if d.dot(heading) < 0.80 { // too sharp a bend
			break
		}
		q := p.add(d.mul(step))
		if !g.open(q, r) {
			far := g.bridge(p, d, r)
			if far == nil {
				break
			}
			line = append(line, far...)
			p = far[len(far)-1]
			continue
		}
		if g.crowded(q, d, 0.66*r.apart(q, across), r.class) || coils(line, q) {
			break
		}
		line = append(line, q)
		if len(line) > 12 && q.distance(start) < 1.5*step {
			break
		}
		p, heading = q, d
	}
	return line
}

// coils reports whether a street comes back to itself.
func coils(line []vec, p vec) bool {
	for i := 0; i < len(line)-20; i += 2 {
		if line[i].distance(p) < 60 {
			return true
		}
	}
	return false
}

// bridge leads straight over the river from p, if it flows here and the street
// may cross it.
func (g *grower) bridge(p, d vec, r rule) []vec {
	metres, half := g.terrain.fromRiver(p)
	if !r.bridges || math.Abs(metres) > half+120 || p.y < g.terrain.coastY(p.x)+350 {
		return nil
	}
	over := g.terrain.flow(p.y).left()
	if over.dot(d) < 0 {
		over = over.mul(-1)
	}
	if over.dot(d) < 0.6 {
		return nil
	}
	var line []vec
	for range 30 {
		p = p.add(over.mul(step))
		line = append(line, p)
		if len(line) > 2 && g.open(p, r) {
			return line
		}
	}
	return nil
}

// fill lays streets of a rule wherever there is room for one: it tries places all
// over the city in random order.
func (g *grower) fill(r rule, every float64) {
	type seed struct {
		at     vec
		across bool
	}
	var seeds []seed
	for x := -halfWidth; x < halfWidth; x += every {
		for y := -halfHeight; y < halfHeight; y += every {
			at := vec{x + every*g.rng.Float64(), y + every*g.rng.Float64()}
			seeds = append(seeds, seed{at, false}, seed{at, true})
		}
	}
	g.rng.Shuffle(len(seeds), func(i, j int) { seeds[i], seeds[j] = seeds[j], seeds[i] })
	for _, s := range seeds {
		if line := g.trace(s.at, s.across, r); line != nil {
			g.lay(line, r.class)
		}
	}
}
