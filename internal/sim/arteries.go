package sim

import (
	"math"

	"github.com/cabstand/cabstand/internal/road"
)

// arteries lays the streets that give the city its shape: the motorway around it,
// the roads along river and coast, a ring about the centre and avenues from it.
func (g *grower) arteries() {
	g.motorway()
	g.waterside()
	g.ring()
	g.axes()
	g.radials()
	g.airportRoad()
	g.parkSides()
}

// motorway comes from the west, goes around the north and leaves to the east; a
// branch goes north.
func (g *grower) motorway() {
	line := []vec{{-5600, -760}, {-4700, -700}}
	for a := 186.0; a >= -6; a -= 12 {
		r := 3300 * (1 + 0.05*g.terrain.limit.at(a/40))
		p := polar(a*math.Pi/180, r)
		line = append(line, vec{p.x * 1.13, p.y * 0.90})
	}
	line = append(line, vec{4700, -700}, vec{5600, -880})
	bypass := curve(line)
	from := nearestPoint(bypass, vec{-700, 3000})
	bypass = append(append([]vec{{-outskirts, -760}}, bypass...), vec{outskirts, -880})
	g.lay(bypass, road.Motorway)
	// It begins a little before the bypass, so that the two surely cross.
	branch := curve([]vec{{from.x, from.y - 6}, {from.x - 40, from.y + 700}, {from.x + 120, from.y + 1500}, {from.x - 60, from.y + 2300}})
	g.lay(append(branch, vec{from.x - 600, outskirts}), road.Motorway)
}

// waterside lays the embankments and the coast road.
func (g *grower) waterside() {
	g.embankment(-1, road.Primary)
	g.embankment(1, road.Secondary)
	var coast []vec
	for x := -halfWidth * 1.1; x < halfWidth*1.1; x += 40 {
		coast = append(coast, vec{x, g.terrain.coastY(x) + 105})
	}
	g.layDry(resample(coast), road.Primary)
}

func (g *grower) embankment(side float64, class road.Class) {
	var line []vec
	for y := shore; y < 3500; y += 20 {
		x, half := g.terrain.river(y)
		p := vec{x, y}.add(g.terrain.flow(y).left().mul(side * (half + 42)))
		if p.y > g.terrain.coastY(p.x)+95 {
			line = append(line, p)
		}
	}
	g.lay(resample(line), class)
}

// layDry lays the parts of a line that are on land.
func (g *grower) layDry(line []vec, class road.Class) {
	var part []vec
	for i, p := range line {
		if !g.terrain.wet(p, 30) {
			part = append(part, p)
		}
		if (g.terrain.wet(p, 30) || i == len(line)-1) && len(part) > 0 {
			if float64(len(part))*step > 300 {
				g.lay(part, class)
			}
			part = nil
		}
	}
}

// ringRadius is how far the ring is from the centre, metres.
const ringRadius = 1330.0

// ring goes around the centre and over the river.
func (g *grower) ring() {
	var line []vec
	for a := 0.0; a < 360; a += 15 {
		r := ringRadius * (1 + 0.06*g.terrain.limit.at(a/70)*math.Sin(a*math.Pi/360))
		line = append(line, polar(a*math.Pi/180+g.terrain.grid, r))
	}
	line = append(line, line[0])
	g.lay(curve(line), road.Primary)
}

// axes are the two avenues through the centre, along its streets: one from the
// west over the river to the east, one from the north to the sea.
func (g *grower) axes() {
	for i, reach := range []float64{5400, 5200} {
		along := polar(g.terrain.grid+float64(i)*math.Pi/2, 1)
		var line []vec
		for d := -reach; d <= reach; d += 200 {
			bend := 190 * g.twist.at(d+9000*float64(i)) * smoothstep(500, 2500, math.Abs(d))
			line = append(line, along.mul(d).add(along.left().mul(bend)))
		}
		g.laySpan(curve(line), road.Primary)
	}
}

// radials are avenues from the ring to beyond the city.
func (g *grower) radials() {
	for _, degrees := range []float64{42, 135, 222, 318} {
		angle := degrees*math.Pi/180 + g.terrain.grid + 0.14*(g.rng.Float64()-0.5)
		var line []vec
		for r := ringRadius - 40; r < 6600; r += 200 {
			bend := 0.06 * g.twist.at(r+1000*degrees) * smoothstep(1500, 3000, r)
			line = append(line, polar(angle+bend, r))
		}
		g.laySpan(curve(line), road.Primary)
	}
}

// longestBridge is how long a bridge of an avenue may be, metres.
const longestBridge = 340

// laySpan lays the parts of a line that are on land or on bridges: not in the
// sea, and not where the line follows the river.
func (g *grower) laySpan(line []vec, class road.Class) {
	var part []vec
	wet := 0
	end := func() {
		if part = part[:max(0, len(part)-wet)]; float64(len(part))*step > 700 {
			g.lay(part, class)
		}
		part, wet = nil, 0
	}
	for _, p := range line {
		switch {
		case p.y < g.terrain.coastY(p.x)+80:
			end()
			continue
		case !g.terrain.wet(p, 20):
			wet = 0
		case len(part) == 0:
			continue
		default:
			wet++
		}
		part = append(part, p)
		if float64(wet)*step > longestBridge {
			end()
		}
	}
	end()
}

// airportRoad joins the airport to the motorway, and goes round before its
// terminal.
func (g *grower) airportRoad() {
	a := g.terrain.airport
	from := nearestPoint(g.strokes[0].points, a)
	g.lay(curve([]vec{from, from.lerp(a, 0.4).add(vec{60, -60}), a.add(vec{150, -90})}), road.Primary)
	loop := []vec{{150, -90}, {60, 40}, {-120, 90}, {-220, -20}, {-110, -130}, {40, -150}, {150, -90}}
	for i := range loop {
		loop[i] = loop[i].add(a)
	}
	g.lay(curve(loop), road.Secondary)
}

// parkSides lays a street around each park in the city.
func (g *grower) parkSides() {
	for i, k := range g.terrain.parks {
		if k.wood {
			continue
		}
		c := k.centre()
		var line []vec
		for _, p := range k.area {
			line = append(line, p.add(p.sub(c).unit().mul(16)))
		}
		line = append(line, line[0])
		if i == 0 {
			g.lay(resample(line), road.Secondary)
		} else {
			g.lay(curve(line), road.Residential)
		}
	}
}

// streets lays the rest: through streets, more bridges, then the small streets,
// closer in the centre than outside.
func (g *grower) streets() {
	through := rule{
		class: road.Secondary, minUrban: -0.01, minLength: 420,
		apart: func(p vec, _ bool) float64 { return 330 + 330*smoothstep(900, 3600, p.length()) },
	}
	span := through
	span.bridges = true
	span.apart = func(p vec, _ bool) float64 { return 300 + 200*smoothstep(700, 2500, p.length()) }
	for y := -2000.0; y < 3200; y += 90 {
		x, _ := g.terrain.river(y)
		seed := vec{x, y}
		flow := g.terrain.flow(y)
		across := math.Abs(g.field.along(seed).dot(flow)) > 0.7
		if line := g.trace(seed, across, span); line != nil {
			g.lay(line, road.Secondary)
		}
	}
	g.fill(through, 140)
	g.fill(rule{
		class: road.Residential, minUrban: 0.01, minLength: 110,
		apart: func(p vec, across bool) float64 {
			metres := 88 + 75*smoothstep(700, 3400, p.length())
			if across {
				return metres * 1.75
			}
			return metres
		},
	}, 62)
}

// curve is a smooth line through the points (Catmull and Rom), a step apart.
func curve(through []vec) []vec {
	var fine []vec
	at := func(i int) vec {
		if closed := through[0] == through[len(through)-1]; closed && i < 0 {
			return through[len(through)-2]
		} else if closed && i >= len(through) {
			return through[1]
		}
		return through[min(max(i, 0), len(through)-1)]
	}
	for i := range len(through) - 1 {
		a, b, c, d := at(i-1), at(i), at(i+1), at(i+2)
		for k := range 16 {
			t := float64(k) / 16
			p := b.mul(2).add(c.sub(a).mul(t))
			p = p.add(a.mul(2).sub(b.mul(5)).add(c.mul(4)).sub(d).mul(t * t))
			p = p.add(b.mul(3).sub(a).sub(c.mul(3)).add(d).mul(t * t * t))
			fine = append(fine, p.mul(0.5))
		}
	}
	return resample(append(fine, through[len(through)-1]))
}

// resample is the line with its points a step apart.
func resample(line []vec) []vec {
	even := []vec{line[0]}
	left := step
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		for l := a.distance(b); l >= left; l = a.distance(b) {
			a = a.lerp(b, left/l)
			even = append(even, a)
			left = step
		}
		left -= a.distance(b)
	}
	if last := line[len(line)-1]; even[len(even)-1].distance(last) > 1 {
		even = append(even, last)
	}
	return even
}

func nearestPoint(line []vec, p vec) vec {
	best := line[0]
	for _, q := range line {
		if q.distance(p) < best.distance(p) {
			best = q
		}
	}
	return best
}
