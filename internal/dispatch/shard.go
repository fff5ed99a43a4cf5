package dispatch

import (
	"hash/fnv"
	"slices"

	"github.com/cabstand/cabstand/geo"
)

// Owner is the dispatcher, of those that live, that a cell belongs to:
// rendezvous hashing, so that each one computes the same answer alone, and a
// member that comes or goes moves only its own share of the cells. It is "" when
// nobody lives.
//
// Two dispatchers may disagree for as long as they see different members. That
// costs a refused claim, never a double dispatch.
func Owner(cell geo.Cell, live []string) string {
	var owner string
	var best uint64
	for _, id := range live {
		weight := rendezvous(cell, id)
		if owner == "" || weight > best || (weight == best && id < owner) {
			owner, best = id, weight
		}
	}
	return owner
}

func rendezvous(cell geo.Cell, id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	h.Write([]byte{0})
	h.Write([]byte(cell))
	return mix(h.Sum64())
}

// mix spreads the bits (the finaliser of splitmix64): FNV alone leaves the
// weights of similar names alike, and one dispatcher with most of the cells.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// domain is the cells of one dispatcher, as it sees the live ones at a tick.
type domain struct {
	me   string
	live []string
	mine map[geo.Cell]bool // of the cells that were asked about
}

// look takes in who lives now.
func (o *domain) look(live []string) {
	if o.mine == nil || !slices.Equal(live, o.live) {
		o.live, o.mine = slices.Clone(live), map[geo.Cell]bool{}
	}
}

func (o *domain) owns(cell geo.Cell) bool {
	mine, known := o.mine[cell]
	if !known {
		mine = Owner(cell, o.live) == o.me
		o.mine[cell] = mine
	}
	return mine
}
