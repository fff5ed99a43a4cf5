package road

// entry is a node in the heap, with its cost when it was pushed.
type entry struct {
	cost int32
	node Node
}

func (a entry) before(b entry) bool {
	return a.cost < b.cost || a.cost == b.cost && a.node < b.node
}

// heap is a binary heap of entries, cheapest first and by node where costs are
// equal, so that a search goes the same way each time. It is container/heap
// without its interface calls, which would cost half of a search's time.
type heap []entry

func (h *heap) push(e entry) {
	*h = append(*h, e)
	s := *h
	i := len(s) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !e.before(s[parent]) {
			break
		}
		s[i], i = s[parent], parent
	}
	s[i] = e
}

func (h *heap) pop() entry {
	s := *h
	top, last := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	if len(s) == 0 {
		return top
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= len(s) {
			break
		}
		if child+1 < len(s) && s[child+1].before(s[child]) {
			child++
		}
		if !s[child].before(last) {
			break
		}
		s[i], i = s[child], child
	}
	s[i] = last
	return top
}
