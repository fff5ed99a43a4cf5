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

// settle gives each node of a its best offer, where nobody has it.
func (f *forest) settle() {
	for i := range f.a.nodes {
		o := f.look(int32(i))
		f.a.dual[i] = o.least
		if o.node != None && f.b.nodes[o.node].mate == None {
			f.a.nodes[i].mate, f.b.nodes[o.node].mate = o.node, int32(i)
		}
	}
}

// bidsPerNode bounds the bids of one round, on average over the nodes. Rivals for
// too few partners would overbid each other in small steps for long; the forest
// settles that at once.
const bidsPerNode = 2

// bidAll lets all unpaired nodes of a bid, and those who lose a partner by it.
// Afterwards every node of a has a dual that its arcs allow.
func (f *forest) bidAll() {
	bids := bidsPerNode * len(f.a.nodes)
	for i := range f.a.nodes {
		if f.a.nodes[i].mate != None {
			continue
		}
		for i := int32(i); i != None; bids-- {
			if bids <= 0 {
				f.a.dual[i] = f.look(i).least
				break
			}
			i = f.bid(i, 0)
		}
	}
}

// bid gives node i of a its best offer and lowers the dual of that partner until
// the second best is as good, and by the step further. It returns the node of a
// that lost its partner by it, or None.
func (f *forest) bid(i int32, step Cost) (loser int32) {
	o := f.look(i)
	f.a.dual[i] = o.least
	if o.node == None {
		return None
	}
	j := &f.b.nodes[o.node]
	loser = j.mate
	if o.second == o.least && step == 0 && loser != None {
		return None // a tie: who gets it is left to the forest
	}
	f.a.dual[i] = o.second
	f.b.dual[o.node] -= o.second - o.least + step
	f.a.nodes[i].mate, j.mate = o.node, i
	if loser != None {
		f.a.nodes[loser].mate = None
	}
	return loser
}
