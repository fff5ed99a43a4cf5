package replay

import (
	"math"
	"sync"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

// spot is a point as a key: whole numbers are hashed faster.
type spot struct{ lat, lon uint64 }

func spotOf(p geo.Point) spot { return spot{math.Float64bits(p.Lat), math.Float64bits(p.Lon)} }

// places is how drives leave the points that were asked about: a driver who
// waits is asked about by every rider around, at every tick. So it is a table
// of its own, which finds a point in a fifth of the time of a map.
type places struct {
	graph *road.Graph

	mu    sync.RWMutex
	slots []int32 // open addressing; numbers of known from 1 on, 0: empty
	known []place
}

type place struct {
	at spot
	road.Departure
}

const (
	placeSlots = 1 << 17 // a power of two
	mostPlaces = placeSlots / 2
)

func newPlaces(g *road.Graph) *places { return &places{graph: g, slots: make([]int32, placeSlots)} }

func (p *places) departure(at geo.Point) road.Departure {
	key := spotOf(at)
	p.mu.RLock()
	i := p.slots[p.find(key)]
	if i > 0 {
		d := p.known[i-1].Departure
		p.mu.RUnlock()
		return d
	}
	p.mu.RUnlock()
	return p.learn(at, key)
}

// find is the slot of the key: the one that has it, or the empty one for it.
func (p *places) find(key spot) uint64 {
	at := mix(key.lat^mix(key.lon)) % placeSlots
	for p.slots[at] > 0 && p.known[p.slots[at]-1].at != key {
		at = (at + 1) % placeSlots
	}
	return at
}

// learn looks for the point on the network. When the table is half full it
// begins anew.
func (p *places) learn(at geo.Point, key spot) road.Departure {
	on, _ := p.graph.Snap(at)
	d := p.graph.Departure(on)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) >= mostPlaces {
		clear(p.slots)
		p.known = p.known[:0]
	}
	slot := p.find(key)
	if p.slots[slot] == 0 {
		p.known = append(p.known, place{key, d})
		p.slots[slot] = int32(len(p.known))
	}
	return d
}
