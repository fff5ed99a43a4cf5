package road

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"
	"unsafe"

	"github.com/cabstand/cabstand/geo"
)

// A saved graph is its arrays as they are in memory, so that a mapped file is
// usable as it lies there: a header, then the arrays in the order of sections.
// All is little-endian; each array begins with its length in bytes and is padded
// to a multiple of eight.
//
//	0  magic       "cabroads"
//	8  version     uint32
//	12 checksum    uint32, CRC-32C of everything behind the header
//	16 size        uint64, of everything behind the header
const (
	saveMagic   = "cabroads"
	saveVersion = 2
	headerSize  = 24
	saveAlign   = 8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// Save writes the graph for [Open] and [FromBytes].
func (g *Graph) Save(w io.Writer) error {
	parts := g.sections()
	sum, size := uint32(0), uint64(0)
	for _, p := range parts {
		sum = crc32.Update(sum, castagnoli, p)
		size += uint64(len(p))
	}
	header := make([]byte, 0, headerSize)
	header = append(header, saveMagic...)
	header = binary.LittleEndian.AppendUint32(header, saveVersion)
	header = binary.LittleEndian.AppendUint32(header, sum)
	header = binary.LittleEndian.AppendUint64(header, size)
	for _, p := range append([][]byte{header}, parts...) {
		if _, err := w.Write(p); err != nil {
			return err
		}
	}
	return nil
}

// sections are the graph's arrays, each as its length, its bytes and its padding.
func (g *Graph) sections() [][]byte {
	var parts [][]byte
	for _, data := range [][]byte{
		bytesOf(g.points, 8), bytesOf(g.edges, 4), packKinds(g.kinds),
		bytesOf(g.first, 4), bytesOf(g.firstIn, 4), bytesOf(g.in, 4), bytesOf(g.streets, 4),
		g.nodes.pack(), bytesOf(g.nodes.first, 4), bytesOf(g.nodes.items, 4),
		g.lines.pack(), bytesOf(g.lines.first, 4), bytesOf(g.lines.items, 4),
		[]byte(g.credit),
	} {
		length := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
		parts = append(parts, length, data, make([]byte, padding(len(data))))
	}
	return parts
}

func padding(n int) int { return (saveAlign - n%saveAlign) % saveAlign }

// packKinds is, of each kind, its class, the length of its name and the name.
func packKinds(kinds []Kind) []byte {
	var b []byte
	for _, k := range kinds {
		b = append(b, byte(k.Class))
		b = binary.AppendUvarint(b, uint64(len(k.Name)))
		b = append(b, k.Name...)
	}
	return b
}

// gridSize is how many bytes the measures of a grid take.
const gridSize = 8 * 8

func (g *grid) pack() []byte {
	b := make([]byte, 0, gridSize)
	for _, f := range []float64{g.box.West, g.box.South, g.box.East, g.box.North, g.side, g.lonSide} {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(g.rows))
	return binary.LittleEndian.AppendUint64(b, uint64(g.cols))
}

// stored are the types that lie in a file as in memory: words of one size,
// without gaps.
type stored interface {
	int32 | geo.Point | edge | street
}

// bytesOf is the slice as it lies in a file, the same memory where the machine
// is little-endian.
func bytesOf[T stored](s []T, word int) []byte {
	b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(*new(T))))
	if littleEndian {
		return b
	}
	return swapped(b, word)
}

// swapped is a copy with the bytes of each word in the opposite order.
func swapped(b []byte, word int) []byte {
	c := make([]byte, len(b))
	for i := range b {
		c[i] = b[i-i%word+word-1-i%word]
	}
	return c
}
