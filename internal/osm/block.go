package osm

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/cabstand/cabstand/geo"
)

// Far above what any program writes or the map's own server accepts, and low
// enough for the memory.
const (
	maxStrings = 1 << 20
	maxRefs    = 1 << 16
)

// block is a piece of the file: nodes, ways and relations that share a table of
// strings.
type block struct {
	strings     []string
	data        []byte
	granularity int64 // nanodegrees
	lat, lon    int64 // offset, nanodegrees

	tags tags // memory that is used again
	refs []int64
}

// node and way are elements of the map. Their slices are used again for the next
// element.
type node struct {
	id int64
	geo.Point
	tags tags
}

type way struct {
	id   int64
	refs []int64
	tags tags
}

// read takes the block apart. What it finds stays in data.
func (b *block) read(data []byte) error {
	b.strings, b.data = b.strings[:0], data
	b.granularity, b.lat, b.lon = 100, 0, 0
	return fields(data, func(n protowire.Number, v value) error {
		switch n {
		case 1:
			return b.readStrings(v.bytes)
		case 17:
			b.granularity = int64(v.varint)
		case 19:
			b.lat = int64(v.varint)
		case 20:
			b.lon = int64(v.varint)
		}
		return nil
	})
}

func (b *block) readStrings(table []byte) error {
	return fields(table, func(n protowire.Number, v value) error {
		if n == 1 {
			b.strings = append(b.strings, string(v.bytes))
		}
		if len(b.strings) > maxStrings {
			return fmt.Errorf("a block with more than %d strings", maxStrings)
		}
		return nil
	})
}

// text is a string of the table.
func (b *block) text(i uint64) (string, error) {
	if i >= uint64(len(b.strings)) {
		return "", fmt.Errorf("string %d: there are %d", i, len(b.strings))
	}
	return b.strings[i], nil
}

// point is a place in the units of the block. One that is not on the earth is
// NaN.
func (b *block) point(lat, lon int64) geo.Point {
	p := geo.Point{
		Lat: 1e-9 * float64(b.lat+b.granularity*lat),
		Lon: 1e-9 * float64(b.lon+b.granularity*lon),
	}
	if !p.Valid() {
		return geo.Point{Lat: math.NaN(), Lon: math.NaN()}
	}
	return p
}

// ways calls use with each way.
func (b *block) ways(use func(way)) error {
	return b.each(3, func(data []byte) error {
		w, err := b.way(data)
		if err == nil {
			use(w)
		}
		return err
	})
}

// nodes calls use with each node.
func (b *block) nodes(use func(node)) error {
	if err := b.each(1, func(data []byte) error { return b.plain(data, use) }); err != nil {
		return err
	}
	return b.each(2, func(data []byte) error { return b.dense(data, use) })
}

// each calls use with each element of a kind.
func (b *block) each(kind protowire.Number, use func([]byte) error) error {
	element := func(n protowire.Number, v value) error {
		if n != kind {
			return nil
		}
		return use(v.bytes)
	}
	return fields(b.data, func(n protowire.Number, v value) error {
		if n != 2 {
			return nil // no group of elements
		}
		return fields(v.bytes, element)
	})
}

func (b *block) way(data []byte) (way, error) {
	w := way{refs: b.refs[:0]}
	var keys, values, refs packed
	err := fields(data, func(n protowire.Number, v value) error {
		switch n {
		case 1:
			w.id = int64(v.varint)
		case 2:
			keys = v.bytes
		case 3:
			values = v.bytes
		case 8:
			refs = v.bytes
		}
		return nil
	})
	if err != nil {
		return w, err
	}
	for ref := int64(0); len(refs) > 0; {
		if err := refs.delta("refs", &ref); err != nil {
			return w, fmt.Errorf("way %d: %w", w.id, err)
		}
		if w.refs = append(w.refs, ref); len(w.refs) > maxRefs {
			return w, fmt.Errorf("way %d has more than %d nodes", w.id, maxRefs)
		}
	}
	b.refs = w.refs
	w.tags, err = b.readTags(keys, values)
	return w, err
}

// plain is a node that is written alone, as few programs do.
func (b *block) plain(data []byte, use func(node)) error {
	var n node
	var keys, values packed
	var lat, lon int64
	err := fields(data, func(number protowire.Number, v value) error {
		switch number {
		case 1:
			n.id = protowire.DecodeZigZag(v.varint)
		case 2:
			keys = v.bytes
		case 3:
			values = v.bytes
		case 8:
			lat = protowire.DecodeZigZag(v.varint)
		case 9:
			lon = protowire.DecodeZigZag(v.varint)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if n.tags, err = b.readTags(keys, values); err != nil {
		return err
	}
	n.Point = b.point(lat, lon)
	use(n)
	return nil
}

// dense are many nodes, column by column.
func (b *block) dense(data []byte, use func(node)) error {
	var ids, lats, lons, texts packed
	err := fields(data, func(n protowire.Number, v value) error {
		switch n {
		case 1:
			ids = v.bytes
		case 8:
			lats = v.bytes
		case 9:
			lons = v.bytes
		case 10:
			texts = v.bytes
		}
		return nil
	})
	if err != nil {
		return err
	}
	var n node
	var lat, lon int64
	for tagged := len(texts) > 0; len(ids) > 0; {
		if err := ids.delta("ids of nodes", &n.id); err != nil {
			return err
		}
		if err := lats.delta("latitudes", &lat); err != nil {
			return err
		}
		if err := lons.delta("longitudes", &lon); err != nil {
			return err
		}
		if tagged {
			if n.tags, err = b.readDenseTags(&texts); err != nil {
				return err
			}
		}
		n.Point = b.point(lat, lon)
		use(n)
	}
	return nil
}
