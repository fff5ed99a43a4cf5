package road

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"unsafe"

	"github.com/cabstand/cabstand/geo"
)

// Open reads a graph that was saved.
func Open(r io.Reader) (*Graph, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("road graph: %w", err)
	}
	return FromBytes(b)
}

// FromBytes is the graph in the bytes of a file that was saved, which may be
// mapped into memory. The graph uses them where they lie: they must stay, and not
// change, as long as it is in use. Anything that is not a whole, undamaged graph
// of this version is an error.
func FromBytes(b []byte) (*Graph, error) {
	body, err := checkHeader(b)
	if err != nil {
		return nil, fmt.Errorf("road graph: %w", err)
	}
	g := &Graph{}
	u := unpacker{rest: body}
	g.unpack(&u)
	if u.err == nil {
		u.err = g.check()
	}
	if u.err != nil {
		return nil, fmt.Errorf("road graph: %w", u.err)
	}
	g.prepare()
	return g, nil
}

func checkHeader(b []byte) (body []byte, err error) {
	if len(b) < headerSize {
		return nil, fmt.Errorf("cut short: %d bytes, the header alone has %d", len(b), headerSize)
	}
	if string(b[:8]) != saveMagic {
		return nil, fmt.Errorf("it begins with %q, not with %q", b[:8], saveMagic)
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != saveVersion {
		return nil, fmt.Errorf("version %d: accepted is %d; save it anew", v, saveVersion)
	}
	body = b[headerSize:]
	if size := binary.LittleEndian.Uint64(b[16:]); size != uint64(len(body)) {
		return nil, fmt.Errorf("%d bytes behind the header, not %d: it was cut short or something was added", len(body), size)
	}
	if sum := crc32.Checksum(body, castagnoli); sum != binary.LittleEndian.Uint32(b[12:]) {
		return nil, errors.New("the checksum does not match: it is damaged")
	}
	return body, nil
}

func (g *Graph) unpack(u *unpacker) {
	g.points = viewOf[geo.Point](u, 8)
	g.edges = viewOf[edge](u, 4)
	g.kinds = u.kinds()
	g.first = viewOf[int32](u, 4)
	g.firstIn = viewOf[int32](u, 4)
	g.in = viewOf[int32](u, 4)
	g.streets = viewOf[street](u, 4)
	u.grid(&g.nodes)
	u.grid(&g.lines)
	g.credit = string(u.next())
	if u.err == nil && len(u.rest) > 0 {
		u.err = fmt.Errorf("%d bytes behind the last array", len(u.rest))
	}
}

// unpacker cuts a file into its arrays. After an error they are all empty.
type unpacker struct {
	rest []byte
	err  error
}

// next is the bytes of the next array.
func (u *unpacker) next() []byte {
	if u.err != nil {
		return nil
	}
	if len(u.rest) < 8 {
		u.err = errors.New("an array is missing")
		return nil
	}
	size := binary.LittleEndian.Uint64(u.rest)
	u.rest = u.rest[8:]
	if size > uint64(len(u.rest)) || uint64(padding(int(size))) > uint64(len(u.rest))-size {
		u.err = fmt.Errorf("an array of %d bytes: %d are left", size, len(u.rest))
		return nil
	}
	data := u.rest[:size]
	u.rest = u.rest[int(size)+padding(int(size)):]
	return data
}

// viewOf is the next array as what it holds: the same memory where the machine
// is little-endian and the bytes lie well.
func viewOf[T stored](u *unpacker, word int) []T {
	b := u.next()
	size := int(unsafe.Sizeof(*new(T)))
	if len(b)%size != 0 {
		u.err = fmt.Errorf("an array of %d bytes, of which each element has %d", len(b), size)
	}
	if u.err != nil || len(b) == 0 {
		return nil
	}
	if !littleEndian {
		b = swapped(b, word)
	}
	at := unsafe.Pointer(unsafe.SliceData(b))
	if uintptr(at)%unsafe.Alignof(*new(T)) == 0 {
		return unsafe.Slice((*T)(at), len(b)/size)
	}
	s := make([]T, len(b)/size)
	copy(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(b)), b)
	return s
}

func (u *unpacker) kinds() []Kind {
	var kinds []Kind
	b := u.next()
	for len(b) > 0 {
		length, n := binary.Uvarint(b[1:])
		if n <= 0 || length > uint64(len(b)-1-n) {
			u.err = fmt.Errorf("the name of kind %d is cut short", len(kinds))
			return nil
		}
		name := b[1+n : 1+n+int(length)]
		kinds = append(kinds, Kind{Class: Class(b[0]), Name: string(name)})
		b = b[1+n+int(length):]
	}
	return kinds
}

func (u *unpacker) grid(g *grid) {
	b := u.next()
	if u.err == nil && len(b) != gridSize {
		u.err = fmt.Errorf("a grid of %d bytes, not %d", len(b), gridSize)
	}
	if u.err != nil {
		return
	}
	var f [gridSize / 8]uint64
	for i := range f {
		f[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	for i, to := range []*float64{&g.box.West, &g.box.South, &g.box.East, &g.box.North, &g.side, &g.lonSide} {
		*to = math.Float64frombits(f[i])
	}
	// More rows or columns than there can be are as wrong as the number itself.
	g.rows, g.cols = int(min(f[6], 2*mostSquares)), int(min(f[7], 2*mostSquares))
	g.first = viewOf[int32](u, 4)
	g.items = viewOf[int32](u, 4)
}
