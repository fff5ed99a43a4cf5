package main

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/tidwall/rtree"

	"github.com/cabstand/cabstand/geo"
)

const (
	nearest  = 20
	oursName = "geo.Index"
	peerName = "tidwall/rtree v1.10.0"
)

// contender is an index of the cars.
type contender interface {
	name() string
	fill(cars []car)
	// ask appends the distances in metres of the nearest cars to answer, or
	// throws the answer away where that is nil.
	ask(from geo.Point, answer []float64) []float64
	move(cars []car, moves []move)
	exact() bool
}

// ours is geo.Index. Cars are moved by the handles that it gave for them, as the
// peer is told where they were, or by id, which takes a look-up.
type ours struct {
	title   string
	byID    bool
	flush   int // cars moved at once
	batch   []geo.Move
	handles []geo.Handle
	index   *geo.Index
	hits    []geo.Hit
	now     time.Time
}

func (o *ours) name() string { return o.title }
func (o *ours) exact() bool  { return true }

func (o *ours) fill(cars []car) {
	o.index, o.now = geo.NewIndex(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	o.handles = make([]geo.Handle, len(cars))
	for i, c := range cars {
		o.handles[i] = o.index.Put(c.id, c.at, o.now)
	}
}

func (o *ours) ask(from geo.Point, answer []float64) []float64 {
	o.hits = o.index.Nearest(o.hits[:0], from, nearest, math.Inf(1), nil)
	if answer != nil {
		for _, h := range o.hits {
			answer = append(answer, h.Metres)
		}
	}
	return answer
}

func (o *ours) move(cars []car, moves []move) {
	o.now = o.now.Add(step)
	if o.byID {
		for _, m := range moves {
			o.index.Put(cars[m.car].id, m.to, o.now)
		}
		return
	}
	for some := range slices.Chunk(moves, cmp.Or(o.flush, 1)) {
		o.batch = o.batch[:0]
		for _, m := range some {
			o.batch = append(o.batch, geo.Move{Handle: o.handles[m.car], Point: m.to, At: o.now})
		}
		o.index.Move(o.batch...)
	}
}

// peer is an R-tree of boxes without size. It is given everything that makes it
// faster: numbers for ids, and the place that a car leaves without a look-up.
type peer struct {
	title  string
	planar bool // by degrees, as its own BoxDist: not exact, only to show the tree's own share
	tree   rtree.RTreeGN[float64, int32]
	hits   []peerHit
}

type peerHit struct {
	car   int32
	point geo.Point
	d     float64
}

func (p *peer) name() string { return p.title }
func (p *peer) exact() bool  { return !p.planar }

func (p *peer) fill(cars []car) {
	for i, c := range cars {
		at := [2]float64{c.at.Lon, c.at.Lat}
		p.tree.Insert(at, at, int32(i))
	}
}

func (p *peer) ask(from geo.Point, answer []float64) []float64 {
	p.hits = p.hits[:0]
	dist := greatCircle(from)
	if p.planar {
		at := [2]float64{from.Lon, from.Lat}
		dist = rtree.BoxDist[float64, int32](at, at, nil)
	}
	p.tree.Nearby(dist, func(at, _ [2]float64, i int32, d float64) bool {
		p.hits = append(p.hits, peerHit{i, geo.Point{Lat: at[1], Lon: at[0]}, d})
		return len(p.hits) < nearest
	})
	if answer != nil {
		for _, h := range p.hits {
			answer = append(answer, geo.Distance(from, h.point))
		}
	}
	return answer
}

func (p *peer) move(_ []car, moves []move) {
	for _, m := range moves {
		from, to := [2]float64{m.from.Lon, m.from.Lat}, [2]float64{m.to.Lon, m.to.Lat}
		p.tree.Replace(from, from, m.car, to, to, m.car)
	}
}

// greatCircle is the haversine to a car, and a lower bound of it to a box: of
// those that keep the order exact the cheapest we know. It is for boxes that do
// not cross the antimeridian.
func greatCircle(from geo.Point) func(low, high [2]float64, car int32, item bool) float64 {
	const rad = math.Pi / 180
	cos := math.Cos(from.Lat * rad)
	return func(low, high [2]float64, _ int32, item bool) float64 {
		if item {
			u, v := math.Sin((low[1]-from.Lat)*rad/2), math.Sin((low[0]-from.Lon)*rad/2)
			return u*u + cos*math.Cos(low[1]*rad)*v*v
		}
		h := 0.0
		if lat := max(low[1]-from.Lat, from.Lat-high[1]); lat > 0 {
			u := math.Sin(lat * rad / 2)
			h = u * u
		}
		if lon := max(low[0]-from.Lon, from.Lon-high[0]); lon > 0 {
			v := math.Sin(lon * rad / 2)
			h += cos * math.Cos(max(-low[1], high[1])*rad) * v * v
		}
		return h
	}
}

func contenders() []contender {
	return []contender{
		&ours{title: oursName, flush: 100}, &ours{title: "the same, one by one"}, &ours{title: "the same, Put by id", byID: true},
		&peer{title: peerName}, &peer{title: "the same, planar", planar: true},
	}
}
