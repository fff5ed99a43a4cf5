// Package streets reads the road graph that a program's settings name: tables, an
// OpenStreetMap extract, or a graph that was saved.
package streets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cabstand/cabstand/internal/osm"
	"github.com/cabstand/cabstand/internal/road"
)

// Files are where the road graph is: at most one of its three forms. The tags
// make flags of them.
type Files struct {
	Nodes       string `type:"path" help:"Road graph, nodes: CSV node,lon,lat; gzip or not."`
	Links       string `type:"path" help:"Road graph, links: CSV from,to,seconds, and street if known; gzip or not."`
	LinksColumn string `help:"Column of --links with the driving times; the first that begins with seconds without it."`
	OSM         string `name:"osm" type:"path" help:"Road graph from an OpenStreetMap extract, .osm.pbf."`
	Road        string `name:"road" type:"path" help:"Road graph that 'simulator road' saved."`
}

// SettingError names a setting whose value is not accepted.
type SettingError struct{ Setting, Value, Accepted string }

func (e *SettingError) Error() string {
	return fmt.Sprintf("--%s: %q is not accepted: %s", e.Setting, e.Value, e.Accepted)
}

// Given reports whether there is a road graph.
func (f Files) Given() bool { return f.Nodes != "" || f.Links != "" || f.OSM != "" || f.Road != "" }

// Check refuses half a graph, and more than one, with a [SettingError].
func (f Files) Check() error {
	tables := f.Nodes != "" || f.Links != ""
	switch {
	case (f.Nodes == "") != (f.Links == ""):
		return &SettingError{"nodes", f.Nodes, "--nodes and --links together, or neither"}
	case f.OSM != "" && tables:
		return &SettingError{"osm", f.OSM, "one road graph: --osm, --road, or --nodes and --links"}
	case f.Road != "" && (tables || f.OSM != ""):
		return &SettingError{"road", f.Road, "one road graph: --osm, --road, or --nodes and --links"}
	}
	return nil
}

// Loaded is what was read: the part of the road graph in which every place can be
// reached from every other.
type Loaded struct {
	Graph *road.Graph
	Told  string   // what was read, for people
	Bad   road.Bad // what of it could not be used
}

// Load reads the graph; nil where there is none. Errors name the file.
func (f Files) Load(ctx context.Context) (Loaded, error) {
	switch {
	case f.Nodes != "":
		return f.tables()
	case f.OSM != "":
		return f.extract(ctx)
	case f.Road != "":
		return f.saved()
	}
	return Loaded{}, nil
}

func (f Files) tables() (Loaded, error) {
	nodes, err := os.Open(f.Nodes)
	if err != nil {
		return Loaded{}, fmt.Errorf("--nodes: %w", err)
	}
	defer nodes.Close()
	links, err := os.Open(f.Links)
	if err != nil {
		return Loaded{}, fmt.Errorf("--links: %w", err)
	}
	defer links.Close()
	whole, told, err := road.Import(road.Source{Nodes: nodes, Links: links, Column: f.LinksColumn})
	if err != nil {
		return Loaded{}, fmt.Errorf("--nodes %s --links %s: %w", f.Nodes, f.Links, err)
	}
	g := whole.Connected()
	return Loaded{g, fmt.Sprintf("%d nodes and %d links by %s; %d nodes are connected", told.Nodes, told.Links, told.Column, g.Len()), told.Bad}, nil
}

func (f Files) extract(ctx context.Context) (Loaded, error) {
	g, told, err := osm.ImportFile(ctx, f.OSM)
	if err != nil {
		return Loaded{}, fmt.Errorf("--osm: %w", err)
	}
	return Loaded{g, told.String(), road.Bad{Rows: told.BadTags, First: told.First}}, nil
}

// saved maps the file into memory, for as long as the program runs.
func (f Files) saved() (Loaded, error) {
	b, err := mapFile(f.Road)
	if err != nil {
		return Loaded{}, fmt.Errorf("--road: %w", err)
	}
	g, err := road.FromBytes(b)
	if err != nil {
		return Loaded{}, fmt.Errorf("--road: %s: %w", f.Road, err)
	}
	return Loaded{Graph: g, Told: fmt.Sprintf("%d nodes and %d edges", g.Len(), g.Edges())}, nil
}

// Save writes the graph for --road. It replaces a file whole or not at all, so
// that a program that has the old one mapped keeps it.
func Save(g *road.Graph, path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	err = errors.Join(g.Save(f), f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
