package match

// offer is what a node of a sees when it looks for a partner: the least and the
// second least of its reduced costs (being alone is one choice), and who it is.
type offer struct {
	least, second Cost
	node          int32 // of b; None: alone
}

// look finds the best offer for node i of a. second is never above what
// undelivered arcs could cost.
func (f *forest) look(i int32) offer {
	n := &f.a.nodes[i]
	o := offer{least: n.price, second: n.price, node: None}
	o = f.compare(o, f.a.first[i], f.a.last[i])
	if f.lazy == nil {
		return o
	}
	for f.lazy.bound[i] <= o.least {
		had := f.a.last[i] - f.a.first[i]
		f.lazy.more(i)
		o = f.compare(o, f.a.first[i]+had, f.a.last[i])
	}
	o.second = min(o.second, f.lazy.bound[i])
	return o
}

func (f *forest) compare(o offer, from, to int32) offer {
	ends, costs := f.a.to[from:to], f.a.cost[from:to]
	for k, end := range ends {
		c := costs[k] - f.b.nodes[end].dual
		if c >= o.second {
			continue
		}
		if c < o.least {
			o.second = o.least
			o.least, o.node = c, end
		} else {
			o.second = c
		}
	}
	return o
}

// bid gives node i of a its best offer and lowers the dual of that partner until
// the second best is as good. It returns the node of a that lost its partner by
// it, or None.
func (f *forest) bid(i int32) (loser int32) {
	n := &f.a.nodes[i]
	o := f.look(i)
	n.dual = o.least
	if o.node == None {
		return None
	}
	j := &f.b.nodes[o.node]
	loser = j.mate
	if o.second == o.least && loser != None {
		return None // a tie: who gets it is left to the search
	}
	n.dual = o.second
	j.dual -= o.second - o.least
	n.mate, j.mate = o.node, i
	if loser != None {
		f.a.nodes[loser].mate = None
	}
	return loser
}
