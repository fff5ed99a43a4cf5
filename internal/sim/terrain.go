package sim

import (
	"math"
	"math/rand/v2"
)

// terrain is the ground that a city grows on: a coast in the south, a river that
// comes from the north and runs into the sea there, parks and woods.
type terrain struct {
	coast, bank, limit waves
	lean               float64 // of the coast
	riverX             float64 // where the river passes the centre
	grid               float64 // direction of the centre's streets, radians
	parks              []park
	airport            vec
	runway             area // streets keep off
}

type park struct {
	area
	wood bool // outside of the city
}

// The terrain's measures, metres.
const (
	halfWidth  = 5000.0  // the city lies within, east and west of the centre
	halfHeight = 4200.0  // north and south
	horizon    = 30000.0 // as far as there is ground to draw
	outskirts  = 11000.0 // as far as the motorway goes
	shore      = -2750.0 // the coast's mean latitude
)

func newTerrain(rng *rand.Rand) *terrain {
	t := &terrain{
		coast: newWaves(rng, 5200, 4), bank: newWaves(rng, 4600, 3), limit: newWaves(rng, 2.2, 3),
		lean:   (rng.Float64() - 0.5) * 0.16,
		riverX: 650 + 250*rng.Float64(), grid: (0.12 + 0.16*rng.Float64()) * sign(rng),
	}
	t.placeAirport()
	t.plantParks(rng)
	return t
}

func sign(rng *rand.Rand) float64 {
	if rng.IntN(2) == 0 {
		return -1
	}
	return 1
}

// coastY is how far north the sea reaches at x.
func (t *terrain) coastY(x float64) float64 {
	bay := 420 * math.Exp(-math.Pow((x-t.riverX)/1300, 2))
	return shore + t.lean*math.Min(6000, math.Max(-6000, x)) + 380*t.coast.at(x) + bay
}

// river is the middle of the river at y, and half its width there.
func (t *terrain) river(y float64) (x, half float64) {
	calm := t.bank.at(0) // so that the river passes the centre where it should
	x = t.riverX + 520*(t.bank.at(y)-calm) + 0.10*y
	return x, 75 + 75*smoothstep(1500, -2600, y)
}

// flow is the river's direction at y, downstream.
func (t *terrain) flow(y float64) vec {
	a, _ := t.river(y + 25)
	b, _ := t.river(y - 25)
	return vec{b - a, -50}.unit()
}

// fromRiver is how far p is from the river's middle, negative in the west, and
// half its width.
func (t *terrain) fromRiver(p vec) (metres, half float64) {
	x, half := t.river(p.y)
	return (p.x - x) * math.Abs(t.flow(p.y).y), half
}

// wet reports whether p is in the water, or nearer to it than margin.
func (t *terrain) wet(p vec, margin float64) bool {
	if p.y < t.coastY(p.x)+margin {
		return true
	}
	metres, half := t.fromRiver(p)
	return math.Abs(metres) < half+margin
}

// urban is how deep in the city p is: 1 at the centre, 0 at its limit, negative
// outside.
func (t *terrain) urban(p vec) float64 {
	angle := math.Atan2(p.y, p.x)
	edge := 1 + 0.13*t.limit.at(math.Abs(angle))
	return 1 - math.Hypot(p.x/(halfWidth*0.88), p.y/(halfHeight*0.9))/edge
}

// green reports whether p is in a park or a wood, or where planes land.
func (t *terrain) green(p vec) bool {
	for _, k := range t.parks {
		if k.contains(p) {
			return true
		}
	}
	return t.runway.contains(p)
}

func (t *terrain) placeAirport() {
	t.airport = vec{-halfWidth * 0.86, halfHeight * 0.52}
	t.runway = rectangle(t.airport.add(vec{-260, 330}), 1900, 420, 0.5)
}

// plantParks lays a large park beside the centre, along its streets, small ones
// about the city and woods around it.
func (t *terrain) plantParks(rng *rand.Rand) {
	great := polar(2.5+0.2*rng.Float64(), 1900)
	t.parks = append(t.parks, park{area: rectangle(great, 1000, 430, t.grid)})
	for tries := 0; tries < 400 && len(t.parks) < 11; tries++ {
		p := polar(2*math.Pi*rng.Float64(), 900+2600*math.Sqrt(rng.Float64()))
		if t.urban(p) > 0.1 && t.alone(p, 750) && !t.wet(p, 260) {
			t.parks = append(t.parks, park{area: blob(rng, p, 110+130*rng.Float64())})
		}
	}
	for tries := 0; tries < 400 && len(t.parks) < 18; tries++ {
		p := polar(2*math.Pi*rng.Float64(), 3600+1900*rng.Float64())
		if u := t.urban(p); u > -0.35 && u < 0.06 && t.alone(p, 1300) && !t.wet(p, 500) {
			t.parks = append(t.parks, park{area: blob(rng, p, 380+320*rng.Float64()), wood: true})
		}
	}
}

// alone reports whether no park's centre, and no plane, is nearer to p.
func (t *terrain) alone(p vec, metres float64) bool {
	for _, k := range t.parks {
		if k.centre().distance(p) < metres {
			return false
		}
	}
	return t.airport.distance(p) > 1300
}

// rectangle is turned by angle around its centre.
func rectangle(centre vec, long, wide, angle float64) area {
	u, v := polar(angle, long/2), polar(angle+math.Pi/2, wide/2)
	return area{
		centre.add(u).add(v), centre.sub(u).add(v), centre.sub(u).sub(v), centre.add(u).sub(v),
	}
}

// blob is a round area with an uneven edge.
func blob(rng *rand.Rand, centre vec, radius float64) area {
	edge := newWaves(rng, 1, 2) // of a whole turn, so that the ends meet
	a := make(area, 48)
	for i := range a {
		turn := float64(i) / float64(len(a))
		uneven := 0.5 * (edge.at(turn)*(1-turn) + edge.at(turn-1)*turn)
		a[i] = centre.add(polar(2*math.Pi*turn, radius*(1+uneven)))
	}
	return a
}
