package match

// forest pairs the unpaired nodes of side a by growing a tree from each of them,
// all at the same pace: the Hungarian method with one heap of events.
//
// Time is what the duals in the forest have moved by: those of a rise with it,
// those of b fall, so that arcs within a tree stay tight. A node of b joins, with
// its mate, when the arc to it becomes tight. A tree ends where it reaches an
// unpaired node of b, or where one of its nodes has risen to its price and is
// better left alone; then all its nodes leave, with their duals as they are, and
// pairs move along the path from the root. When the other trees reach the nodes
// that left is looked up anew.
//
// Against one shortest path after the other, that all have to cross the same
// crowded district, each tree holds a part of the district only.
type forest struct {
	a, b *side
	lazy *rows // a, where it may have undelivered arcs; else nil
	both bool  // b has its arcs, too

	events   heap
	joined   []joining
	joinings int // in all forests of the present problem
}

// joining is the record of a node of a that joined the forest.
type joining struct {
	node int32
	root int32 // the joining of the root of its tree
	last int32 // of a root: the node that joined its tree last
	life Cost  // of a root: when the first node of its tree reaches its price, and the tree ends at the latest
}

// grow pairs the roots, or lets their duals rise to their prices. They are
// unpaired nodes of a. Both sides must have their arcs.
func (f *forest) grow(roots []int32) {
	f.joined = f.joined[:0]
	f.events.reset()
	for k, root := range roots {
		f.join(root, int32(k), 0)
	}
	for !f.events.empty() {
		e := f.events.pop()
		if e.node < 0 {
			f.rise(^e.node, e.time)
		} else {
			f.arrive(e.node, e.time)
		}
	}
	f.joinings += len(f.joined)
}

// complete says whether all arcs are delivered.
func (f *forest) complete() bool {
	if f.lazy == nil {
		return true
	}
	for _, bound := range f.lazy.bound {
		if bound < Infinite {
			return false
		}
	}
	return true
}

// join takes node i of a into the tree of the joining root.
func (f *forest) join(i, root int32, now Cost) {
	n := &f.a.nodes[i]
	n.join, n.next = int32(len(f.joined)), None
	f.a.base[i] = now - f.a.dual[i]
	f.joined = append(f.joined, joining{node: i, root: root, last: i, life: Infinite})
	if r := &f.joined[root]; root != n.join {
		f.a.nodes[r.last].next = i
		r.last = i
	}
	f.await(i)
	f.relax(i, f.a.of(i))
}

// relax offers node i of a as the way to the ends of these of its arcs.
func (f *forest) relax(i int32, arcs []arc) {
	base, bar, from := f.a.base[i], f.b.bar, f.a.nodes[i].join
	life := f.joined[f.joined[from].root].life
	for _, a := range arcs {
		if at := base + Cost(a.cost); at < bar[a.to] {
			if time := at - f.b.dual[a.to]; time < life {
				f.reach(a.to, at, from)
			}
		}
	}
}

// reach notes that node j of b is reached from the given joining; at is when,
// plus the dual of j.
func (f *forest) reach(j int32, at Cost, from int32) {
	f.b.bar[j], f.b.nodes[j].pred = at, from
	f.events.push(entry{at - f.b.dual[j], j})
}

// await queues what happens to node i of a by time alone, if its tree lasts until
// then: undelivered arcs may become tight (duals of b are never positive), or it
// reaches its price.
func (f *forest) await(i int32) {
	life := &f.joined[f.joined[f.a.nodes[i].join].root].life
	at := f.a.base[i] + f.ceiling(i)
	if at >= *life {
		return
	}
	if at == f.a.base[i]+f.a.nodes[i].price {
		*life = at
	}
	f.events.push(entry{at, ^i})
}

// ceiling is how far the dual of node i of a may rise before something happens.
func (f *forest) ceiling(i int32) Cost {
	if f.lazy != nil {
		return min(f.lazy.bound[i], f.a.nodes[i].price)
	}
	return f.a.nodes[i].price
}

// rise is called when the dual of node i of a may have risen to its ceiling.
func (f *forest) rise(i int32, now Cost) {
	n := &f.a.nodes[i]
	if n.join == None || f.a.base[i]+f.ceiling(i) != now {
		return // it left the forest meanwhile
	}
	if now-f.a.base[i] == n.price {
		f.fell(n.join, n.mate, now, i)
		return
	}
	arcs := f.deliver(i)
	f.await(i)
	f.relax(i, arcs)
}

// deliver asks for further arcs of node i of a, and returns them.
func (f *forest) deliver(i int32) []arc {
	had := f.a.last[i] - f.a.first[i]
	f.lazy.more(i)
	arcs := f.a.of(i)[had:]
	if f.both {
		for _, a := range arcs {
			f.b.add(a.to, arc{i, a.cost})
		}
	}
	return arcs
}

// arrive is called when a tree may have reached node j of b.
func (f *forest) arrive(j int32, now Cost) {
	n := &f.b.nodes[j]
	if f.b.bar[j]-f.b.dual[j] != now || n.mate != None && f.a.nodes[n.mate].join != None {
		return // it is reached at another time, or was already
	}
	from := &f.joined[n.pred]
	switch {
	case f.a.nodes[from.node].join != n.pred:
		f.lookAround(j)
	case n.mate == None:
		f.fell(n.pred, j, now, None)
	default:
		f.join(n.mate, from.root, now)
	}
}

// lookAround finds when node j of b, outside the forest, is reached.
func (f *forest) lookAround(j int32) {
	least, from, base := Infinite/2, int32(None), f.a.base
	for _, a := range f.b.of(j) {
		if at := base[a.to] + Cost(a.cost); at < least {
			least, from = at, a.to
		}
	}
	f.b.bar[j] = Infinite
	if from != None {
		// Also where that tree ends before: until then it hides others behind it.
		f.reach(j, least, f.a.nodes[from].join)
	}
}

// fell ends the tree of the given joining: pairs move along the path that ends
// in node j of b, and node alone of a, its mate until now, stays alone (None: j
// was unpaired).
func (f *forest) fell(joining, j int32, now Cost, alone int32) {
	root := f.joined[f.joined[joining].root].node
	f.leave(root, now)
	if alone != None {
		f.a.nodes[alone].mate = None
	}
	if alone != root {
		f.pairUp(root, j)
	}
	for i := root; i != None; i = f.a.nodes[i].next {
		if mate := f.a.nodes[i].mate; mate != None {
			f.lookAround(mate)
		}
	}
}

// leave takes a tree out of the forest and settles its duals.
func (f *forest) leave(root int32, now Cost) {
	for i := root; i != None; i = f.a.nodes[i].next {
		n := &f.a.nodes[i]
		f.a.dual[i] = now - f.a.base[i]
		n.join, f.a.base[i] = None, Infinite
		if j := n.mate; j != None {
			f.b.dual[j] -= now - (f.b.bar[j] - f.b.dual[j])
		}
	}
}

// pairUp pairs along the path from the root to node j of b.
func (f *forest) pairUp(root, j int32) {
	for {
		i := f.joined[f.b.nodes[j].pred].node
		next := f.a.nodes[i].mate
		f.a.nodes[i].mate, f.b.nodes[j].mate = j, i
		if i == root {
			return
		}
		j = next
	}
}
