package road

import (
	"fmt"
	"io"
	"strings"
)

// Source is where a road graph is read from: two tables, gzipped or not.
//
// Nodes has the columns node, lon and lat; a node's name is any text. Links has
// from, to and a column of driving times in seconds, one row for each direction;
// a column named street is the street's name.
type Source struct {
	Nodes, Links io.Reader
	// Column names the driving times; "" is the first column whose name starts
	// with "seconds".
	Column string
}

// Imported tells what was read.
type Imported struct {
	Nodes, Links int    // rows used
	Column       string // the driving times that were taken
	Bad          Bad    // rows not used, of both tables
}

// Import reads a graph. Bad rows are left out and told of; an error is a table
// that cannot be read at all. The graph is as it came: most callers want its
// [Graph.Connected] part.
func Import(src Source) (*Graph, Imported, error) {
	var b Builder
	nodes, err := OpenTable("nodes", src.Nodes)
	if err != nil {
		return nil, Imported{}, err
	}
	names, err := b.importNodes(nodes)
	if err != nil {
		return nil, Imported{}, err
	}
	links, err := OpenTable("links", src.Links)
	if err != nil {
		return nil, Imported{}, err
	}
	column, err := b.importLinks(links, src.Column, names)
	if err != nil {
		return nil, Imported{}, err
	}
	told := Imported{Nodes: len(b.points), Links: len(b.edges), Column: column}
	told.Bad = Bad{nodes.bad.Rows + links.bad.Rows, append(nodes.bad.First, links.bad.First...)}
	if len(b.edges) == 0 {
		return nil, told, fmt.Errorf("links: not one usable row; %v", told.Bad)
	}
	return b.Graph(), told, nil
}

func (b *Builder) importNodes(t *Table) (map[string]Node, error) {
	c, err := t.Columns("node", "lat", "lon")
	if err != nil {
		return nil, err
	}
	names := map[string]Node{}
	for row := range t.Rows() {
		name := strings.Clone(row.Text(c[0]))
		p, err := row.Point(c[1], c[2])
		if _, twice := names[name]; err == nil && twice {
			err = fmt.Errorf("node %s comes twice", name)
		}
		if err != nil {
			t.Reject(row, err)
			continue
		}
		names[name] = b.AddNode(p)
	}
	return names, t.Err()
}

func (b *Builder) importLinks(t *Table, column string, names map[string]Node) (string, error) {
	if column == "" {
		column = secondsColumn(t.Header())
	}
	c, err := t.Columns("from", "to", column)
	if err != nil {
		return "", err
	}
	street, noStreet := t.Column("street")
	for row := range t.Rows() {
		name := ""
		if noStreet == nil {
			name = strings.Clone(row.Text(street))
		}
		if err := b.importLink(row, c, name, names); err != nil {
			t.Reject(row, err)
		}
	}
	return column, t.Err()
}

func (b *Builder) importLink(row Record, c []int, street string, names map[string]Node) error {
	from, ok := names[row.Text(c[0])]
	if !ok {
		return fmt.Errorf("from: no node %s", row.Text(c[0]))
	}
	to, ok := names[row.Text(c[1])]
	if !ok {
		return fmt.Errorf("to: no node %s", row.Text(c[1]))
	}
	takes, err := row.Seconds(c[2])
	if err != nil {
		return err
	}
	return b.AddEdge(from, to, takes, Kind{Name: street})
}

// secondsColumn is the column of driving times that is taken when none is named.
func secondsColumn(header []string) string {
	for _, name := range header {
		if strings.HasPrefix(name, "seconds") {
			return name
		}
	}
	return "seconds"
}
