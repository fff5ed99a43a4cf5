package sim

import (
	"iter"
	"math"
	"math/rand/v2"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

// City is a simulated city: its streets as a road graph, the ground that they
// run on, and its demand. It lies in the open Atlantic, where there is no other,
// across the border of two owner cells (geo.OwnerLength), so that whoever runs
// it runs over that border.
type City struct {
	Name  string
	Graph *road.Graph // strongly connected

	terrain  *terrain
	quarters []quarter
	river    string
	sea      string
	parks    []string
	demand   demand
}

// origin is where the centre of every city is.
var origin = geo.Point{Lat: 44.209, Lon: -37.60}

// NewCity grows the city of a seed. It takes about a second.
func NewCity(seed uint64) *City {
	rng := rand.New(rand.NewPCG(seed, 0xc17))
	c := &City{Name: pick(rng, cityNames), river: "River " + pick(rng, riverNames), sea: pick(rng, seaNames), parks: parkNames}
	c.terrain = newTerrain(rng)
	quarters := append([]string{quarterNames[0]}, shuffled(rng, quarterNames[1:])...)
	f := newField(rng, c.terrain, quarters)
	c.quarters = f.quarters
	g := &grower{
		terrain: c.terrain, field: f, rng: rng, marks: map[[2]int][]mark{},
		names: &namer{rng: rng, used: map[string]bool{}}, twist: newWaves(rng, 5200, 2),
	}
	g.arteries()
	g.streets()
	g.oneWays()
	c.Graph = newLattice(g.strokes, c.terrain).graph(origin)
	c.demand = newDemand(c)
	return c
}

func pick(rng *rand.Rand, names []string) string { return names[rng.IntN(len(names))] }

func shuffled(rng *rand.Rand, names []string) []string {
	order := make([]string, len(names))
	for i, j := range rng.Perm(len(names)) {
		order[i] = names[j]
	}
	return order
}

// oneWays makes some of the small streets in the centre one-way.
func (g *grower) oneWays() {
	for i := range g.strokes {
		s := &g.strokes[i]
		middle := s.points[len(s.points)/2]
		s.oneWay = s.class == road.Residential && middle.length() < 1250 && g.rng.Float64() < 0.45
	}
}

// Center is the middle of the city.
func (c *City) Center() geo.Point { return origin }

// Bounds is the box that the city fills.
func (c *City) Bounds() geo.Box {
	sw, ne := onEarth(vec{-halfWidth, -halfHeight}, origin), onEarth(vec{halfWidth, halfHeight}, origin)
	return geo.Box{West: sw.Lon, South: sw.Lat, East: ne.Lon, North: ne.Lat}
}

// Between is the fastest drive on the city's roads.
func (c *City) Between(a, b geo.Point) road.Way { return between(c.Graph, a, b) }

// Place draws a place where people are: a junction, more often near one of the
// city's hot spots.
func (c *City) Place(rng *rand.Rand) geo.Point { return c.demand.place(rng, math.NaN()) }

// Orders are the city's demand, without end: perMinute on average over the day
// of the city, which has rush hours every 20 minutes and a match in the stadium
// every 30.
func (c *City) Orders(perMinute float64, seed uint64) iter.Seq[Order] {
	return c.demand.orders(perMinute, rand.New(rand.NewPCG(seed, 0xde3a4d)))
}
