package sim

import (
	"math"
	"math/rand/v2"
)

// field says which way streets run at each place. It is a tensor field as Chen
// and others use it to grow street plans (Interactive Procedural Street Modeling,
// 2008): quarters with grids of their own, a star around the centre, the banks of
// the river and the coast each ask for a direction, and the directions blend.
//
// A direction and its opposite are the same here, so angles are added doubled.
type field struct {
	terrain  *terrain
	quarters []quarter
	twist    relief
}

// quarter is a part of the city with a grid of streets.
type quarter struct {
	name   string
	centre vec
	angle  float64 // of the grid
	reach  float64 // metres
	weight float64
}

func newField(rng *rand.Rand, t *terrain, names []string) *field {
	f := &field{terrain: t, twist: newRelief(rng, 2600, 5)}
	f.quarters = append(f.quarters, quarter{names[0], vec{}, t.grid, 1500, 2.2})
	for tries := 0; tries < 2000 && len(f.quarters) < len(names); tries++ {
		p := polar(2*math.Pi*rng.Float64(), 1500+2600*rng.Float64())
		if t.urban(p) < 0.12 || t.wet(p, 300) || t.green(p) || !f.apart(p, 1350) {
			continue
		}
		angle := t.grid + (rng.Float64()-0.5)*math.Pi/2
		f.quarters = append(f.quarters, quarter{names[len(f.quarters)], p, angle, 750 + 300*rng.Float64(), 1})
	}
	return f
}

func (f *field) apart(p vec, metres float64) bool {
	for _, q := range f.quarters {
		if q.centre.distance(p) < metres {
			return false
		}
	}
	return true
}

// along is the direction of the streets at p; the others cross it at a right
// angle.
func (f *field) along(p vec) vec {
	var sum vec // of doubled angles
	ask := func(angle, weight float64) { sum = sum.add(polar(2*angle, weight)) }
	for _, q := range f.quarters {
		d := p.distance(q.centre) / q.reach
		ask(q.angle, q.weight*math.Exp(-d*d))
	}
	r := p.length()
	ask(math.Atan2(p.y, p.x), 0.30*smoothstep(700, 2200, r))
	metres, half := f.terrain.fromRiver(p)
	beyond := math.Max(0, math.Abs(metres)-half) / 330
	flow := f.terrain.flow(p.y)
	ask(math.Atan2(flow.y, flow.x), 2.4*math.Exp(-beyond*beyond))
	off := math.Max(0, p.y-f.terrain.coastY(p.x)) / 420
	slope := f.terrain.coastY(p.x+40) - f.terrain.coastY(p.x-40)
	ask(math.Atan2(slope, 80), 1.8*math.Exp(-off*off))
	angle := math.Atan2(sum.y, sum.x) / 2
	return polar(angle+0.42*f.twist.at(p)*smoothstep(1700, 3600, r), 1)
}

// toward is the direction of a street at p that goes on from heading: along the
// field or across it.
func (f *field) toward(p vec, across bool, heading vec) vec {
	d := f.along(p)
	if across {
		d = d.left()
	}
	if d.dot(heading) < 0 {
		return d.mul(-1)
	}
	return d
}
