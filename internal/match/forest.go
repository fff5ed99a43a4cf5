package match

// forest pairs the unpaired nodes of side a by growing a tree from each of them,
// all at the same pace: the Hungarian method with one heap of events.
//
// Time is what the duals in the forest have moved by: those of a rise with it,
// those of b fall, so that arcs within a tree stay tight. A node of b joins, with
// its mate, when the arc to it becomes tight. A tree ends where it reaches an
// unpaired node of b, or where one of its nodes has risen to its price and is
// better left alone; then all its nodes leave, with their duals as they are, and
// pairs move along the path from the root. What the other trees had to wait for
// is looked up anew for the nodes that left.
type forest struct {
	a, b *side
	lazy *rows // a, where it may have undelivered arcs; else nil

	events heap
	joined []int32 // the nodes of a by number of joining
	life   []Cost  // when the root of each joining's tree reaches its price
	root   []int32 // the root of each joining's tree
	last   []int32 // of each root's joining, the node that joined its tree last
}

// grow pairs every unpaired node of a whose dual is below its price, or lets its
// dual rise to the price. Both sides must have their arcs.
func (f *forest) grow() {
	f.joined, f.life, f.root, f.last = f.joined[:0], f.life[:0], f.root[:0], f.last[:0]
	f.events = f.events[:0]
	for i := range f.a.nodes {
		if n := &f.a.nodes[i]; n.mate == None && n.dual < n.price {
			f.plant(int32(i))
		}
	}
	if len(f.joined) == 0 {
		return
	}
	for len(f.events) > 0 {
		e := f.events.pop()
		if e.node < 0 {
			f.limit(^e.node, e.time)
		} else {
			f.arrive(e.node, e.time)
		}
	}
	// Labels of trees that are gone.
	for j := range f.b.nodes {
		f.b.nodes[j].reach = Infinite
	}
}

func (f *forest) plant(i int32) {
	n := &f.a.nodes[i]
	f.join(i, int32(len(f.joined)), 0, n.price-n.dual)
}

// join takes node i of a into the tree of the joining root.
func (f *forest) join(i, root int32, now, life Cost) {
	n := &f.a.nodes[i]
	n.join, n.next, n.base = int32(len(f.joined)), None, now-n.dual
	if root < n.join {
		f.a.nodes[f.last[root]].next = i
		f.last[root] = i
	}
	f.joined, f.life, f.root, f.last = append(f.joined, i), append(f.life, life), append(f.root, root), append(f.last, i)
	f.relax(n, f.a.first[i], f.a.last[i])
	f.await(i)
}

// relax offers node n of a as the way to the ends of its arcs [from, to).
func (f *forest) relax(n *node, from, to int32) {
	base, life := n.base, f.life[n.join]
	ends, costs := f.a.to[from:to], f.a.cost[from:to]
	for k, end := range ends {
		j := &f.b.nodes[end]
		if at := base + costs[k] - j.dual; at < j.reach && at < life {
			j.reach, j.pred = at, n.join
			f.events.push(entry{at, end})
		}
	}
}

// await queues what happens to node i of a by time alone: undelivered arcs that
// may become tight (duals of b are never positive), or its price.
func (f *forest) await(i int32) {
	n := &f.a.nodes[i]
	if at := n.base + f.ceiling(i); at < f.life[n.join] || f.root[n.join] == n.join {
		f.events.push(entry{at, ^i})
	}
}

// ceiling is how far the dual of node i of a may rise before something happens.
func (f *forest) ceiling(i int32) Cost {
	if f.lazy != nil {
		return min(f.lazy.bound[i], f.a.nodes[i].price)
	}
	return f.a.nodes[i].price
}

// limit is called when the dual of node i of a has risen to its ceiling.
func (f *forest) limit(i int32, now Cost) {
	n := &f.a.nodes[i]
	if n.join == None || n.base+f.ceiling(i) != now {
		return // it left the forest meanwhile
	}
	if now-n.base < n.price {
		f.deliver(i)
		return
	}
	f.fell(n.join, n.mate, now, i)
}

func (f *forest) deliver(i int32) {
	had := f.a.last[i] - f.a.first[i]
	f.lazy.more(i)
	from, to := f.a.first[i]+had, f.a.last[i]
	for k := from; k < to; k++ {
		f.b.addLate(f.a.to[k], i, f.a.cost[k])
	}
	f.relax(&f.a.nodes[i], from, to)
	f.await(i)
}

// arrive is called when a tree may have reached node j of b.
func (f *forest) arrive(j int32, now Cost) {
	n := &f.b.nodes[j]
	if n.reach != now || n.mate != None && f.a.nodes[n.mate].join != None {
		return // it is reached at another time, or was already
	}
	from := f.joined[n.pred]
	if f.a.nodes[from].join != n.pred {
		f.lookAround(j)
		return
	}
	if n.mate == None {
		f.fell(n.pred, j, now, None)
		return
	}
	f.join(n.mate, f.root[n.pred], now, f.life[n.pred])
}

// lookAround finds when node j of b, outside the forest, is reached.
func (f *forest) lookAround(j int32) {
	n := &f.b.nodes[j]
	least, from := Infinite/2, int32(None)
	ends, costs := f.b.to[f.b.first[j]:f.b.last[j]], f.b.cost[f.b.first[j]:f.b.last[j]]
	for k, end := range ends {
		if at := f.a.nodes[end].base + costs[k]; at < least {
			least, from = at, end
		}
	}
	if len(f.b.late) > 0 {
		for k := f.b.late[j]; k != None; k = f.b.lateArcs[k].next {
			l := &f.b.lateArcs[k]
			if at := f.a.nodes[l.to].base + l.cost; at < least {
				least, from = at, l.to
			}
		}
	}
	n.reach = Infinite
	if from == None {
		return
	}
	// Also where that tree ends before: until then it hides the trees behind it.
	n.reach, n.pred = least-n.dual, f.a.nodes[from].join
	f.events.push(entry{n.reach, j})
}

// fell ends the tree of the given joining: pairs move along the path that ends
// in node j of b, and node alone of a, its mate until now, stays alone (None: j
// was unpaired).
func (f *forest) fell(joining, j int32, now Cost, alone int32) {
	root := f.joined[f.root[joining]]
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
		n.dual = now - n.base
		n.join, n.base = None, Infinite
		if n.mate != None {
			f.b.nodes[n.mate].dual -= now - f.b.nodes[n.mate].reach
		}
	}
}

// pairUp pairs along the path from the root to node j of b.
func (f *forest) pairUp(root, j int32) {
	for {
		i := f.joined[f.b.nodes[j].pred]
		next := f.a.nodes[i].mate
		f.a.nodes[i].mate, f.b.nodes[j].mate = j, i
		if i == root {
			return
		}
		j = next
	}
}
