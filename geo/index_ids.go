package geo

import (
	"hash/maphash"
	"sync/atomic"
)

// ids finds items by id: a hash table with open addressing, which one writes and
// others read meanwhile. A word has a part of the hash and the item's number; 0 ends a search, and a word that was deleted has no number.
type ids struct {
	seed  maphash.Seed
	words atomic.Pointer[[]atomic.Uint64] // a power of two of them
	used  int                             // with the deleted ones
}

const (
	tagged  = uint64(0xffffffff00000000)
	deleted = uint64(1) << 32
	leastID = 64
)

func (t *ids) init() {
	t.seed = maphash.MakeSeed()
	words := make([]atomic.Uint64, leastID)
	t.words.Store(&words)
}

func (t *ids) hash(id string) uint64 { return maphash.String(t.seed, id) }

// find is the word of an id, and the number of its item; 0 and the word where it
// would be added for an unknown one.
func (t *ids) find(id string, hash uint64, items *slab[item]) (*atomic.Uint64, uint32) {
	words := *t.words.Load()
	mask := uint64(len(words) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		w := words[i].Load()
		if w == 0 {
			return &words[i], 0
		}
		if number := uint32(w); number != 0 && w&tagged == hash&tagged && items.get(number).id == id {
			return &words[i], number
		}
	}
}

func wordOf(hash uint64, number uint32) uint64 { return hash&tagged | uint64(number) }

// add gives an unknown id the word that find told.
func (t *ids) add(w *atomic.Uint64, hash uint64, number uint32, known int, items *slab[item]) {
	w.Store(wordOf(hash, number))
	t.used++
	if t.used > len(*t.words.Load())/2 {
		t.rebuild(known, items)
	}
}

// rebuild makes a table with room for twice as many as are known, without the
// deleted ones.
func (t *ids) rebuild(known int, items *slab[item]) {
	size := leastID
	for size < 4*known {
		size *= 2
	}
	old, words := *t.words.Load(), make([]atomic.Uint64, size)
	mask := uint64(size - 1)
	t.used = 0
	for i := range old {
		w := old[i].Load()
		if uint32(w) == 0 {
			continue
		}
		j := t.hash(items.get(uint32(w)).id) & mask
		for words[j].Load() != 0 {
			j = (j + 1) & mask
		}
		words[j].Store(w)
		t.used++
	}
	t.words.Store(&words)
}
