package match

// dense is from how many arcs per request on approach pays: to let a tree grow
// costs as much as all the arcs of its nodes, from both ends.
const dense = 256

// The steps of approach: the first one is a part of the range of costs, each
// further one a part of the one before. More bids than that are a war over too
// few partners, which the next step ends sooner.
const (
	steps     = 3
	firstStep = 32
	nextStep  = 8
	stepBids  = 16 // per node
)

// approach finds duals of b that are about right, by an auction: bids go beyond
// the second best by a step that becomes smaller from round to round. Pairs are
// then made anew, exactly.
func (f *forest) approach() {
	if len(f.a.arcs) == 0 {
		return
	}
	least, most := f.a.arcs[0].cost, f.a.arcs[0].cost
	for _, a := range f.a.arcs {
		least, most = min(least, a.cost), max(most, a.cost)
	}
	step := (Cost(most) - Cost(least)) / firstStep
	for range steps {
		f.auction(step)
		f.part()
		step /= nextStep
	}
}

// auction lets all nodes of a bid until each has a partner or is alone, or their
// bids are used up.
func (f *forest) auction(step Cost) {
	bids := stepBids * len(f.a.nodes)
	for i := range f.a.nodes {
		for i := int32(i); i != None && bids > 0; bids-- {
			i = f.bid(i, step)
		}
	}
}

// part parts all pairs. Nodes of b without a partner are worth nothing.
func (f *forest) part() {
	for j := range f.b.nodes {
		if f.b.nodes[j].mate == None {
			f.b.dual[j] = f.b.nodes[j].price
		}
		f.b.nodes[j].mate = None
	}
	for i := range f.a.nodes {
		f.a.nodes[i].mate = None
	}
}
