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
	price := f.a.nodes[i].price
	o := offer{least: price, second: price, node: None}
	o.compare(f.a.of(i), f.b.dual)
	if f.lazy == nil {
		return o
	}
	for f.lazy.bound[i] <= o.least {
		o.compare(f.deliver(i), f.b.dual)
	}
	o.second = min(o.second, f.lazy.bound[i])
	return o
}

// deliver asks for further arcs of node i of a, and returns them.
func (f *forest) deliver(i int32) []arc {
	had := f.a.last[i] - f.a.first[i]
	f.lazy.more(i)
	return f.a.of(i)[had:]
}

func (o *offer) compare(arcs []arc, duals []Cost) {
	least, second, node := o.least, o.second, o.node
	for _, a := range arcs {
		c := Cost(a.cost) - duals[a.to]
		if c >= second {
			continue
		}
		if c < least {
			least, second, node = c, least, a.to
		} else {
			second = c
		}
	}
	*o = offer{least, second, node}
}

// bid gives node i of a its best offer and lowers the dual of that partner until
// the second best is as good. It returns the node of a that lost its partner by
// it, or None.
func (f *forest) bid(i int32) (loser int32) {
	o := f.look(i)
	f.a.dual[i] = o.least
	if o.node == None {
		return None
	}
	j := &f.b.nodes[o.node]
	loser = j.mate
	if o.second == o.least && loser != None {
		return None // a tie: who gets it is left to the forest
	}
	f.a.dual[i] = o.second
	f.b.dual[o.node] -= o.second - o.least
	f.a.nodes[i].mate, j.mate = o.node, i
	if loser != None {
		f.a.nodes[loser].mate = None
	}
	return loser
}

// bidAll lets the nodes of a bid. Rivals for too few partners would overbid each
// other in small steps for long, so the number of bids is bounded: the forest
// does the rest.
func (f *forest) bidAll() {
	bids := bidsPerNode * len(f.a.nodes)
	for i := range f.a.nodes {
		for i := int32(i); i != None; bids-- {
			if bids <= 0 {
				f.a.dual[i] = f.look(i).least
				break
			}
			i = f.bid(i)
		}
	}
}

// bidsPerNode bounds the bids, on average over the nodes.
const bidsPerNode = 4
