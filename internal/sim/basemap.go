package sim

import (
	"encoding/json"
	"fmt"

	"github.com/cabstand/cabstand/geo"
)

// feature is a GeoJSON feature of the base map.
type feature struct {
	Type       string     `json:"type"`
	Properties properties `json:"properties"`
	Geometry   geometry   `json:"geometry"`
}

type properties struct {
	Kind  string `json:"kind"`
	Class string `json:"class,omitempty"`
	Name  string `json:"name,omitempty"`
}

type geometry struct {
	Type        string `json:"type"`
	Coordinates any    `json:"coordinates"`
}

// BaseMap is the city as a GeoJSON FeatureCollection, lowest first. Each feature
// has a property "kind": "land", "water" and "park" are areas, "street" a line
// with its class (residential, secondary, primary or motorway), "label" a point
// with the class of what it names (city, district, water, park or place).
func (c *City) BaseMap() []byte {
	features := []feature{
		c.areaOf("land", "", "", area{{-horizon, -horizon}, {horizon, -horizon}, {horizon, horizon}, {-horizon, horizon}}),
	}
	for i, k := range c.terrain.parks {
		features = append(features, c.areaOf("park", "", c.parks[i%len(c.parks)], k.area))
	}
	features = append(features,
		c.areaOf("water", "sea", "", c.terrain.sea()),
		c.areaOf("water", "river", c.river, c.terrain.riverbed()))
	for s := range c.Graph.Streets() {
		features = append(features, feature{
			"Feature", properties{"street", s.Class.String(), s.Name}, geometry{"LineString", lonLats(s.Points)},
		})
	}
	features = append(features, c.labels()...)
	data, err := json.Marshal(map[string]any{
		"type": "FeatureCollection", "attribution": c.Name + ", a city made up from a seed", "features": features,
	})
	if err != nil {
		panic(fmt.Sprintf("sim: the base map: %v", err)) // numbers and names always encode
	}
	return data
}

func (c *City) labels() []feature {
	var all []feature
	label := func(class, name string, at vec) {
		p := onEarth(at, origin)
		all = append(all, feature{"Feature", properties{"label", class, name}, geometry{"Point", []float64{p.Lon, p.Lat}}})
	}
	for _, q := range c.quarters {
		label("district", q.name, q.centre)
	}
	label("place", "Airport", c.terrain.airport)
	label("place", "Stadium", c.demand.spots[2].at)
	label("place", "Central Station", c.demand.spots[1].at)
	x, _ := c.terrain.river(2300)
	label("water", c.river, vec{x, 2300})
	label("water", c.sea, vec{c.terrain.riverX, shore - 700})
	label("park", c.parks[0], c.terrain.parks[0].centre())
	return all
}

func (c *City) areaOf(kind, class, name string, a area) feature {
	ring := make([]geo.Point, 0, len(a)+1)
	for _, p := range a {
		ring = append(ring, onEarth(p, origin))
	}
	ring = append(ring, ring[0])
	return feature{"Feature", properties{kind, class, name}, geometry{"Polygon", [][][2]float64{lonLats(ring)}}}
}

// lonLats are points as GeoJSON has them.
func lonLats(points []geo.Point) [][2]float64 {
	pairs := make([][2]float64, len(points))
	for i, p := range points {
		pairs[i] = [2]float64{p.Lon, p.Lat}
	}
	return pairs
}

// sea is all water south of the coast.
func (t *terrain) sea() area {
	a := area{{horizon, -horizon}, {-horizon, -horizon}}
	for x := -horizon; x <= horizon; x += 30 {
		a = append(a, vec{x, t.coastY(x)})
	}
	return a
}

// riverbed is the river from the north to some way into the sea.
func (t *terrain) riverbed() area {
	var west, east area
	for y := shore - 250; y <= horizon; y += 30 {
		x, half := t.river(y)
		side := t.flow(y).left().mul(half)
		west = append(west, vec{x, y}.sub(side))
		east = append(east, vec{x, y}.add(side))
	}
	for i := len(east) - 1; i >= 0; i-- {
		west = append(west, east[i])
	}
	return west
}
