package osm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/cabstand/cabstand/internal/road"
)

// Credit is who must be named wherever a map that was made of OpenStreetMap is
// shown: its licence, the ODbL, asks for it.
const Credit = "© OpenStreetMap contributors"

// ImportFile is [Import] of a file, which its errors name.
func ImportFile(ctx context.Context, path string) (*road.Graph, Told, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, Told{}, err
	}
	defer f.Close()
	g, told, err := Import(ctx, f)
	if err != nil {
		return nil, told, fmt.Errorf("%s: %w", path, err)
	}
	return g, told, nil
}

// Import reads the streets for cars of an extract in the format PBF: the largest
// part of them in which every place can be reached from every other. An error is
// a file that is damaged, that needs what is not read here, or without streets.
func Import(ctx context.Context, r io.ReadSeeker) (*road.Graph, Told, error) {
	im := importer{names: map[string]string{}}
	if err := newFile(r).blocks(ctx, im.readWays); err != nil {
		return nil, im.told, err
	}
	if len(im.streets) == 0 {
		return nil, im.told, fmt.Errorf("not one street for cars; %v", im.told)
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, im.told, err
	}
	im.points = newPoints(im.refs)
	if err := newFile(r).blocks(ctx, im.readNodes); err != nil {
		return nil, im.told, err
	}
	g, err := im.build()
	return g, im.told, err
}

// importer gathers the streets, then their nodes.
type importer struct {
	streets []street
	refs    []int64 // the nodes of all streets, one after the other
	points  points
	names   map[string]string // each name once
	told    Told
}

// street is a way that cars may use.
type street struct {
	way               int64
	end               int // of its nodes in refs; they begin where the street before ends
	kind              road.Kind
	forward, backward float64 // km/h; 0 where nobody may drive
}

func (im *importer) readWays(b *block) error { return b.ways(im.addWay) }

func (im *importer) addWay(w way) {
	if w.tags.get("highway") == "" {
		return
	}
	s, why := im.street(w)
	if why != "" {
		im.told.refuse(why)
		return
	}
	im.told.Ways++
	im.refs = append(im.refs, w.refs...)
	s.end = len(im.refs)
	im.streets = append(im.streets, s)
}

// street judges a way by its tags.
func (im *importer) street(w way) (street, reason) {
	bad := func(key, value string) { im.told.bad("way", w.id, key, value) }
	c, why := classOf(w.tags)
	if why != "" {
		return street{}, why
	}
	if carAccess(w.tags, bad) == closed {
		return street{}, noAccess
	}
	if len(w.refs) < 2 {
		return street{}, broken
	}
	s := street{way: w.id, kind: road.Kind{Class: c.drawn, Name: im.name(w.tags)}}
	goes := directionOf(w.tags, bad)
	if goes == changing {
		return street{}, reversible
	}
	if goes != against {
		s.forward = c.speed(postedLimit(w.tags, "forward", bad))
	}
	if goes == both {
		bad = func(string, string) {} // told of once
	}
	if goes != along {
		s.backward = c.speed(postedLimit(w.tags, "backward", bad))
	}
	return s, ""
}

// name is the street's name, or its number.
func (im *importer) name(t tags) string {
	name := t.text("name")
	if name == "" {
		name = t.text("ref")
	}
	if kept, ok := im.names[name]; ok {
		return kept
	}
	im.names[name] = name
	return name
}

func (im *importer) readNodes(b *block) error { return b.nodes(im.addNode) }

func (im *importer) addNode(n node) {
	i, wanted := im.points.find(n.id)
	if !wanted {
		return
	}
	im.points.places[i] = n.Point
	m := marks(n.tags, func(key, value string) { im.told.bad("node", n.id, key, value) })
	im.points.marks[i] = m
	if m&blocked != 0 {
		im.told.Barriers++
	}
	if m&(signalForward|signalBackward) != 0 {
		im.told.Signals++
	}
}

var errNoStreets = errors.New("not one street whose nodes are in the file")

// build makes the graph.
func (im *importer) build() (*road.Graph, error) {
	b := builder{points: im.points, numbers: slices.Repeat([]road.Node{noNode}, len(im.points.ids))}
	b.graph.Credit = Credit
	begin := 0
	for _, s := range im.streets {
		b.add(s, im.refs[begin:s.end])
		begin = s.end
	}
	g := b.graph.Graph()
	im.told.Nodes, im.told.Edges = g.Len(), g.Edges()
	im.told.Missing, im.told.TooLong = im.points.missing(), b.tooLong
	if g.Edges() == 0 {
		return nil, errNoStreets
	}
	g = g.Connected()
	im.told.Kept = g.Len()
	return g, nil
}
