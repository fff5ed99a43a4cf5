package match

import "math/bits"

// memory keeps the duals of one side by the keys of its nodes, those that are not
// 0. It is a hash table with open addressing, laid out anew each time.
type memory struct {
	slots []remembered
	shift int // the bits of a hash that say no slot
}

type remembered struct {
	key  uint64
	dual Cost // 0: the slot is empty
}

// keep forgets what was kept and keeps the duals of now. Of nodes with the same
// key one is kept.
func (m *memory) keep(keys []uint64, duals []Cost) {
	n := 0
	for _, v := range duals {
		if v != 0 {
			n++
		}
	}
	size := max(16, 1<<bits.Len(uint(2*n)))
	m.slots, m.shift = sized(m.slots, size), 64-bits.Len(uint(size-1))
	clear(m.slots)
	for j, v := range duals {
		if v != 0 {
			*m.slot(keys[j]) = remembered{keys[j], v}
		}
	}
}

// recall is the dual that was kept of a key, or 0. Something must have been kept.
func (m *memory) recall(key uint64) Cost {
	return m.slot(key).dual
}

// slot is where the key is, or would be.
func (m *memory) slot(key uint64) *remembered {
	last := len(m.slots) - 1
	for at := int(key * 0x9E3779B97F4A7C15 >> m.shift); ; at = (at + 1) & last {
		if s := &m.slots[at]; s.dual == 0 || s.key == key {
			return s
		}
	}
}
