package dispatch

import (
	"math"
	"slices"

	"github.com/cabstand/cabstand/geo"
)

// field finds the vehicles of one tick by where they are, nearest first. It is a
// k-d tree over points in space, built anew for each tick from the vehicles that
// take part: an index of all drivers would be walked through crowds of busy ones
// just when free ones are rare.
//
// Places are whole centimetres and distances chords, so that every machine
// finds the same order. A chord is never longer than the way over ground.
type field struct {
	spots []spot
	nodes []fieldNode
}

// spot is a place in space, centimetres from the middle of the earth, and whose
// it is.
type spot struct {
	at     place
	number int32
}

type place [3]int32

// fieldNode is a part of the spots; its left half is the next node, its right
// half starts at right, 0 in a leaf.
type fieldNode struct {
	low, high   place // around its spots
	first, last int32 // its spots, last excluded
	right       int32
}

const spotsPerLeaf = 8

// placeOf is where p is in space. Products are rounded one by one: some machines
// would fuse them into a sum, and come to another centimetre.
func placeOf(p geo.Point) place {
	const radius = geo.EarthRadius * 100
	sinLat, cosLat := math.Sincos(p.Lat * math.Pi / 180)
	sinLon, cosLon := math.Sincos(p.Lon * math.Pi / 180)
	ring := radius * cosLat
	return place{int32(math.Round(ring * cosLon)), int32(math.Round(ring * sinLon)), int32(math.Round(radius * sinLat))}
}

// reset empties the field.
func (f *field) reset() { f.spots, f.nodes = f.spots[:0], f.nodes[:0] }

// put adds a spot; build makes it findable.
func (f *field) put(p geo.Point, number int) {
	f.spots = append(f.spots, spot{placeOf(p), int32(number)})
}

// build makes the tree over the spots.
func (f *field) build() {
	if len(f.spots) > 0 {
		f.split(0, int32(len(f.spots)))
	}
}

// split makes the node of the spots from first to last, and those below it.
func (f *field) split(first, last int32) {
	n := len(f.nodes)
	node := fieldNode{first: first, last: last}
	node.low, node.high = around(f.spots[first:last])
	f.nodes = append(f.nodes, node)
	if last-first <= spotsPerLeaf {
		return
	}
	axis := 0
	for a := 1; a < 3; a++ {
		if node.high[a]-node.low[a] > node.high[axis]-node.low[axis] {
			axis = a
		}
	}
	middle := (first + last) / 2
	partition(f.spots[first:last], int(middle-first), axis)
	f.split(first, middle)
	f.nodes[n].right = int32(len(f.nodes))
	f.split(middle, last)
}

// around is the box of the spots.
func around(spots []spot) (low, high place) {
	low, high = spots[0].at, spots[0].at
	for _, s := range spots[1:] {
		for a := range s.at {
			low[a], high[a] = min(low[a], s.at[a]), max(high[a], s.at[a])
		}
	}
	return low, high
}

// partition brings the k lowest along the axis to the front (quickselect).
func partition(spots []spot, k, axis int) {
	for low, high := 0, len(spots)-1; low < high; {
		pivot := spots[(low+high)/2].at[axis]
		i, j := low, high
		for i <= j {
			for spots[i].at[axis] < pivot {
				i++
			}
			for spots[j].at[axis] > pivot {
				j--
			}
			if i <= j {
				spots[i], spots[j] = spots[j], spots[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			high = j
		case k >= i:
			low = i
		default:
			return
		}
	}
}

// outward is a walk from a place to the spots of a field in the order of their
// distance. It keeps its memory for the next walk.
type outward struct {
	field *field
	from  place
	heap  []ahead
}

// ahead is a spot or a node that the walk has before it.
type ahead struct {
	square int64 // of the chord, cm²; for a node to its box
	number int32 // of the spot in the field, or the bit complement of the node's
}

func (x ahead) before(y ahead) bool {
	return x.square < y.square || (x.square == y.square && x.number < y.number)
}

// start begins a walk.
func (o *outward) start(f *field, from place) {
	o.field, o.from, o.heap = f, from, o.heap[:0]
	if len(f.nodes) > 0 {
		o.push(ahead{0, ^0})
	}
}

// next is the number of the next spot that is no further than the chord whose
// square is given, and the square of its own.
func (o *outward) next(within int64) (number int32, square int64, ok bool) {
	for len(o.heap) > 0 && o.heap[0].square <= within {
		a := o.pop()
		if a.number >= 0 {
			return o.field.spots[a.number].number, a.square, true
		}
		o.open(^a.number)
	}
	return 0, 0, false
}

// clear is how far at least what is still ahead is away, as a square; ok is
// false when there is nothing.
func (o *outward) clear() (square int64, ok bool) {
	if len(o.heap) == 0 {
		return 0, false
	}
	return o.heap[0].square, true
}

func (o *outward) open(n int32) {
	node := &o.field.nodes[n]
	if node.right == 0 {
		for i := node.first; i < node.last; i++ {
			o.push(ahead{square(o.from, o.field.spots[i].at, o.field.spots[i].at), i})
		}
		return
	}
	for _, child := range [2]int32{n + 1, node.right} {
		c := &o.field.nodes[child]
		o.push(ahead{square(o.from, c.low, c.high), ^child})
	}
}

// square is that of the distance from p to the box.
func square(p, low, high place) (sum int64) {
	for a := range p {
		var d int64
		if p[a] < low[a] {
			d = int64(low[a]) - int64(p[a])
		} else if p[a] > high[a] {
			d = int64(p[a]) - int64(high[a])
		}
		sum += d * d
	}
	return sum
}

func (o *outward) push(a ahead) {
	o.heap = append(o.heap, a)
	i := len(o.heap) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !a.before(o.heap[parent]) {
			break
		}
		o.heap[i] = o.heap[parent]
		i = parent
	}
	o.heap[i] = a
}

func (o *outward) pop() ahead {
	top, last := o.heap[0], len(o.heap)-1
	moved := o.heap[last]
	o.heap = slices.Delete(o.heap, last, last+1)
	if last == 0 {
		return top
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && o.heap[child+1].before(o.heap[child]) {
			child++
		}
		if !o.heap[child].before(moved) {
			break
		}
		o.heap[i] = o.heap[child]
		i = child
	}
	o.heap[i] = moved
	return top
}

// chordOf is the square of the chord, cm², that no way over ground of the given
// metres is longer than; metresOf is the least way over ground, in metres, that
// such a chord can stand for. Each allows for the rounding to centimetres.
func chordOf(metres float64) int64 {
	cm := math.Min(metres, 2*geo.EarthRadius)*100 + 2
	return int64(cm * cm)
}

func metresOf(square int64) float64 {
	return math.Max(0, math.Sqrt(float64(square))-2) / 100
}
