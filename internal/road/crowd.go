package road

// Crowd is many departures from which the same rows are asked about: the answers
// of a row are read in one pass.
type Crowd struct {
	departures []Departure
	members    []member
}

// member is how a drive from a place can go on: by the first node, or by the
// second one. Where there is one way only, both are the same.
type member struct {
	nodes  [2]Node
	millis [2]int32
}

// Len is the number of departures.
func (c *Crowd) Len() int { return len(c.departures) }

// Add adds a departure.
func (c *Crowd) Add(d Departure) {
	first, second := d.ends[0], d.ends[1]
	if first.node < 0 {
		first = second
	}
	if second.node < 0 {
		second = first
	}
	c.departures = append(c.departures, d)
	c.members = append(c.members, member{[2]Node{first.node, second.node}, [2]int32{first.millis, second.millis}})
}

// FromAll appends the driving time in milliseconds from each departure of the
// crowd, which is on the row's graph: what Leaving tells of it, -1 for none.
func (r *Row) FromAll(c *Crowd, dst []int32) []int32 {
	for i := range c.members {
		m, d := &c.members[i], &c.departures[i]
		if m.nodes[0] < 0 || r.sharesStreet(d.from) {
			dst = append(dst, r.one(d))
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

// sharesStreet reports whether the place is on an edge of the row's own, so that
// the drive may need no node.
func (r *Row) sharesStreet(p Place) bool {
	on := func(edge int32) bool { return edge >= 0 && (edge == r.to.Edge || edge == r.to.Back) }
	return on(p.Edge) || on(p.Back)
}

// by is the time by way of a node. What is unreached stays beyond every bound.
func (r *Row) by(n Node, millis int32) int64 { return int64(r.time(n)) + int64(millis) }

func (r *Row) one(d *Departure) int32 {
	if millis, _ := r.leaving(d); millis <= r.bound {
		return millis
	}
	return -1
}
