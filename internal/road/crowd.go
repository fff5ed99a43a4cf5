package road

import "math"

// Crowd is many places from which the same rows are asked about. What a question
// needs of a place is worked out once, and the answers of a row are read in one
// pass.
type Crowd struct {
	g       *Graph
	places  []Place
	members []member
}

// member is how a drive from a place can go on: by the first node, or by the
// second one. A place at a junction has the same node twice.
type member struct {
	nodes  [2]Node
	millis [2]int32
	edge   int32 // the place's edge where the way to something on the same edge has no node, -1 at a junction
	back   int32
}

// NewCrowd makes a crowd without anybody on the graph.
func NewCrowd(g *Graph) *Crowd { return &Crowd{g: g} }

// Len is the number of places.
func (c *Crowd) Len() int { return len(c.places) }

// Add adds a place of the graph.
func (c *Crowd) Add(p Place) {
	m := member{edge: p.Edge, back: p.Back}
	ends := c.g.departures(p)
	if c.g.junction(p) >= 0 {
		m.edge, m.back = -1, -1
	}
	if ends[0].node < 0 {
		ends[0] = ends[1]
	}
	if ends[1].node < 0 {
		ends[1] = ends[0]
	}
	for i, e := range ends {
		m.nodes[i], m.millis[i] = e.node, e.millis
	}
	c.places = append(c.places, p)
	c.members = append(c.members, m)
}

// FromAll appends the driving time in milliseconds from each place of the crowd,
// which is on the row's graph: what From tells of it, -1 for none.
func (r *Row) FromAll(c *Crowd, dst []int32) []int32 {
	for i := range c.members {
		m := &c.members[i]
		if m.edge >= 0 && (m.edge == r.to.Edge || m.edge == r.to.Back) || m.back >= 0 && (m.back == r.to.Edge || m.back == r.to.Back) || m.nodes[0] < 0 {
			dst = append(dst, r.one(c.places[i]))
			continue
		}
		millis := min(r.by(m.nodes[0], m.millis[0]), r.by(m.nodes[1], m.millis[1]))
		if millis > int64(r.bound) {
			millis = -1
		}
		dst = append(dst, int32(millis))
	}
	return dst
}

// by is the time by way of a node. What is unreached stays beyond every bound.
func (r *Row) by(n Node, millis int32) int64 { return int64(r.time(n)) + int64(millis) }

func (r *Row) one(p Place) int32 {
	millis, _ := r.from(p)
	if millis > r.bound || millis == math.MaxInt32 {
		return -1
	}
	return millis
}
