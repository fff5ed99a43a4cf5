package geo

// warmed is how many moves are made in one change, and how many are looked at
// together before.
const warmed = 32

// warm reads what the moves will need, for all of them step by step. Where a
// point leads is spread all over the memory, and each move alone would wait
// several times for it to come; here they wait together.
func (x *Index) warm(moves []Move) {
	var leaves [2 * warmed]*node
	for i := range moves {
		if it := x.itemOf(moves[i].Handle); it != nil {
			leaves[i] = it.leaf
		}
	}
	var states [2 * warmed]*state
	for i := range moves {
		n := leaves[i]
		if n == nil || !moves[i].Point.Valid() {
			continue
		}
		states[i] = n.state.Load()
		if e := (entry{spotOf(moves[i].Point), 0, uint32(moves[i].Handle)}); !n.holds(e.spot) {
			states[warmed+i] = n.leafFor(e).state.Load()
		}
	}
	var seen uint32
	for _, st := range states {
		if st == nil {
			continue
		}
		for i := uint32(0); i < st.n; i += 4 { // entries on a cache line
			seen += st.entries[i].item
		}
	}
	for i := range min(len(moves), len(x.records.free)) {
		seen += uint32(len(x.records.get(x.records.free[len(x.records.free)-1-i]).id))
	}
	x.seen = seen
}
