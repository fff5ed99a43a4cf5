package geo

import (
	"hash/maphash"
	"sync/atomic"
)

// ids finds records by id: a hash table with open addressing, which one writes
// and others read meanwhile. A word has a part of the hash and the record's
// number; 0 ends a search, and a word that was deleted has no number.
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

// find is the word of an id, and the number of its record; 0 and the word where
// it would be added for an unknown one.
func (t *ids) find(id string, hash uint64, record func(uint32) *record) (*atomic.Uint64, uint32) {
	words := *t.words.Load()
	mask := uint64(len(words) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		w := words[i].Load()
		if w == 0 {
			return &words[i], 0
		}
		if rec := uint32(w); rec != 0 && w&tagged == hash&tagged && record(rec).id == id {
			return &words[i], rec
		}
	}
}

func wordOf(hash uint64, rec uint32) uint64 { return hash&tagged | uint64(rec) }

// add gives an unknown id the word that find told.
func (t *ids) add(w *atomic.Uint64, hash uint64, rec uint32, known int, record func(uint32) *record) {
	w.Store(wordOf(hash, rec))
	t.used++
	if t.used > len(*t.words.Load())/2 {
		t.rebuild(known, record)
	}
}

// rebuild makes a table with room for twice as many as are known, without the
// deleted ones.
func (t *ids) rebuild(known int, record func(uint32) *record) {
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
		j := t.hash(record(uint32(w)).id) & mask
		for words[j].Load() != 0 {
			j = (j + 1) & mask
		}
		words[j].Store(w)
		t.used++
	}
	t.words.Store(&words)
}
