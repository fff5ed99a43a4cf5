package match

// heap is a 4-ary heap of events, the earliest first.
type heap []entry

type entry struct {
	time Cost
	node int32 // j: node j of b is reached; ^i: node i of a has risen to its ceiling
}

func (h *heap) push(e entry) {
	*h = append(*h, e)
	s := *h
	k := len(s) - 1
	for k > 0 {
		up := (k - 1) / 4
		if s[up].time <= e.time {
			break
		}
		s[k] = s[up]
		k = up
	}
	s[k] = e
}

func (h *heap) pop() entry {
	s := *h
	top, e := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	if len(s) > 0 {
		s.sink(e)
	}
	return top
}

// sink puts e into the hole at the top.
func (h heap) sink(e entry) {
	k := 0
	for {
		child := 4*k + 1
		if child >= len(h) {
			break
		}
		least := child
		for c := child + 1; c < min(child+4, len(h)); c++ {
			if h[c].time < h[least].time {
				least = c
			}
		}
		if h[least].time >= e.time {
			break
		}
		h[k] = h[least]
		k = least
	}
	h[k] = e
}
