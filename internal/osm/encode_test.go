package osm

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

// sketch is a small map. Its nodes are letters on a grid whose squares are 100 m
// wide; their ids are the letters.
type sketch struct {
	grid  []string            // rows from north to south
	ways  []string            // "abc highway=residential oneway=yes"
	nodes map[byte]string     // tags
	form  func([]byte) []byte // of a blob; nil for zlib
	plain bool                // nodes are written alone
}

const (
	baseLat, baseLon = 40.0, 8.0
	squareLat        = 100 / 111194.93 // degrees
)

func (s sketch) points() (ids []byte, at map[byte]geo.Point) {
	at = map[byte]geo.Point{}
	squareLon := squareLat / math.Cos(baseLat*math.Pi/180)
	for row, line := range s.grid {
		for column, id := range []byte(line) {
			if id != ' ' {
				ids = append(ids, id)
				at[id] = geo.Point{Lat: baseLat - float64(row)*squareLat, Lon: baseLon + float64(column)*squareLon}
			}
		}
	}
	slices.Sort(ids)
	return ids, at
}

// file is the map as a PBF file.
func (s sketch) file() []byte {
	if s.form == nil {
		s.form = zipped
	}
	header := append(field(4, []byte("OsmSchema-V0.6")), field(4, []byte("DenseNodes"))...)
	return append(blob("OSMHeader", s.form(header)), blob("OSMData", s.form(s.block()))...)
}

// block is its only block.
func (s sketch) block() []byte {
	var table texts
	table.of("") // the first string is never used
	var nodes []byte
	if s.plain {
		nodes = s.plainNodes(&table)
	} else {
		nodes = field(2, s.denseNodes(&table))
	}
	ways := s.wayGroup(&table)
	block := field(1, table.encode())
	return slices.Concat(block, field(2, nodes), field(2, ways))
}

func nano(degrees float64) int64 { return int64(math.Round(degrees * 1e7)) }

func (s sketch) denseNodes(table *texts) []byte {
	var idList, lats, lons, tagList []byte
	var id, lat, lon int64
	ids, at := s.points()
	for _, n := range ids {
		idList = signed(idList, int64(n)-id)
		lats, lons = signed(lats, nano(at[n].Lat)-lat), signed(lons, nano(at[n].Lon)-lon)
		id, lat, lon = int64(n), nano(at[n].Lat), nano(at[n].Lon)
		for key, value := range pairs(s.nodes[n]) {
			tagList = protowire.AppendVarint(protowire.AppendVarint(tagList, table.of(key)), table.of(value))
		}
		tagList = protowire.AppendVarint(tagList, 0)
	}
	return slices.Concat(field(1, idList), field(8, lats), field(9, lons), field(10, tagList))
}

func (s sketch) plainNodes(table *texts) (group []byte) {
	ids, at := s.points()
	for _, n := range ids {
		var node []byte
		for number, v := range map[protowire.Number]int64{1: int64(n), 8: nano(at[n].Lat), 9: nano(at[n].Lon)} {
			node = signed(protowire.AppendTag(node, number, protowire.VarintType), v)
		}
		group = append(group, field(1, append(node, tagFields(table, s.nodes[n])...))...)
	}
	return group
}

func (s sketch) wayGroup(table *texts) (group []byte) {
	for i, w := range s.ways {
		nodes, tags, _ := strings.Cut(w, " ")
		way := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(i+1))
		var refs []byte
		last := int64(0)
		for _, n := range []byte(nodes) {
			refs = signed(refs, int64(n)-last)
			last = int64(n)
		}
		group = append(group, field(3, slices.Concat(way, tagFields(table, tags), field(8, refs)))...)
	}
	return group
}

func tagFields(table *texts, tags string) []byte {
	var keys, values []byte
	for key, value := range pairs(tags) {
		keys, values = protowire.AppendVarint(keys, table.of(key)), protowire.AppendVarint(values, table.of(value))
	}
	return append(field(2, keys), field(3, values)...)
}

// pairs are the tags in "highway=residential name=Elm+Street"; a plus stands for
// a blank.
func pairs(tags string) func(func(key, value string) bool) {
	return func(yield func(key, value string) bool) {
		for one := range strings.FieldsSeq(tags) {
			key, value, _ := strings.Cut(one, "=")
			if !yield(key, strings.ReplaceAll(value, "+", " ")) {
				return
			}
		}
	}
}

// texts is a table of strings.
type texts []string

func (t *texts) of(s string) uint64 {
	i := slices.Index(*t, s)
	if i < 0 {
		i = len(*t)
		*t = append(*t, s)
	}
	return uint64(i)
}

func (t *texts) encode() (b []byte) {
	for _, s := range *t {
		b = append(b, field(1, []byte(s))...)
	}
	return b
}

func field(n protowire.Number, data []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), data)
}

func number(n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), v)
}

func signed(b []byte, v int64) []byte { return protowire.AppendVarint(b, protowire.EncodeZigZag(v)) }

// zipped and raw are the two forms of a blob.
func zipped(data []byte) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(data)
	z.Close()
	return append(number(2, uint64(len(data))), field(3, b.Bytes())...)
}

func raw(data []byte) []byte { return field(1, data) }

func blob(kind string, data []byte) []byte {
	header := append(field(1, []byte(kind)), number(3, uint64(len(data)))...)
	return slices.Concat(binary.BigEndian.AppendUint32(nil, uint32(len(header))), header, data)
}

// read imports the map.
func (s sketch) read(tb testing.TB) (city, error) {
	tb.Helper()
	g, told, err := Import(context.Background(), bytes.NewReader(s.file()))
	_, at := s.points()
	return city{g, told, at}, err
}

func (s sketch) must(tb testing.TB) city {
	tb.Helper()
	c, err := s.read(tb)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// city is a map that was read.
type city struct {
	graph *road.Graph
	told  Told
	at    map[byte]geo.Point
}

// edges are the edges of the graph as "ab", with their times.
func (c city) edges() map[string]float64 {
	all := map[string]float64{}
	for i := range int32(c.graph.Edges()) {
		from, to, takes := c.graph.Edge(i)
		all[c.letter(from)+c.letter(to)] = takes.Seconds()
	}
	return all
}

func (c city) letter(n road.Node) string {
	for id, p := range c.at {
		if geo.Distance(p, c.graph.Point(n)) < 1 {
			return string(id)
		}
	}
	return fmt.Sprint(n)
}

// has tells which of the edges there are.
func (c city) has(edges ...string) (found []string) {
	all := c.edges()
	for _, e := range edges {
		if _, ok := all[e]; ok {
			found = append(found, e)
		}
	}
	return found
}
