package node

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"

	"github.com/go-chi/chi/v5"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/console"
	"github.com/cabstand/cabstand/internal/road"
)

// place is what the console shows the city on.
type place struct {
	name    string
	center  geo.Point
	bounds  geo.Box
	baseMap []byte                            // GeoJSON; nil for none
	graph   *road.Graph                       // nil for none
	token   func(role string) (string, error) // in a demo, for whoever looks at its pages
}

// city is the configured one: its map is the road graph, or nothing but a grid.
func (s Streets) city(log *slog.Logger) (*place, error) {
	shown := &place{name: s.City, bounds: geo.Box{West: -180, South: -60, East: 180, North: 75}}
	graph, err := s.load(log)
	if err != nil || graph == nil {
		return shown, err
	}
	shown.graph, shown.bounds = graph, graph.Bounds()
	shown.baseMap, err = drawn(graph)
	return shown, err
}

// console mounts the pages.
func (p *parts) console(r chi.Router, shown *place) error {
	if shown.center == (geo.Point{}) {
		b := shown.bounds
		shown.center = geo.Point{Lat: (b.South + b.North) / 2, Lon: (b.West + b.East) / 2}
	}
	return console.Routes(r, console.Options{
		Name: shown.name, Center: shown.center, Bounds: shown.bounds, BaseMap: shown.baseMap,
		Demo: shown.token != nil, DemoToken: shown.token,
	})
}

// load reads the configured road graph; nil where none is.
func (s Streets) load(log *slog.Logger) (*road.Graph, error) {
	if s.Nodes != "" {
		return s.loadTables(log)
	}
	return nil, nil
}

// loadTables reads it from CSV.
func (s Streets) loadTables(log *slog.Logger) (*road.Graph, error) {
	nodes, err := os.Open(s.Nodes)
	if err != nil {
		return nil, fmt.Errorf("--nodes: %w", err)
	}
	defer nodes.Close()
	links, err := os.Open(s.Links)
	if err != nil {
		return nil, fmt.Errorf("--links: %w", err)
	}
	defer links.Close()
	graph, told, err := road.Import(road.Source{Nodes: nodes, Links: links, Column: s.LinksColumn})
	if err != nil {
		return nil, fmt.Errorf("--nodes %s --links %s: %w", s.Nodes, s.Links, err)
	}
	if told.Bad.Rows > 0 {
		log.Warn("rows of the road graph were not used", "rows", told.Bad.String())
	}
	return graph.Connected(), nil
}

// feature is a GeoJSON Feature with a line.
type feature struct {
	Type       string            `json:"type"`
	Properties map[string]string `json:"properties"`
	Geometry   struct {
		Type        string       `json:"type"`
		Coordinates [][2]float64 `json:"coordinates"` // lon, lat
	} `json:"geometry"`
}

// drawn is the graph's streets as GeoJSON, for the console's base map.
func drawn(graph *road.Graph) ([]byte, error) {
	collection := struct {
		Type     string    `json:"type"`
		Features []feature `json:"features"`
	}{Type: "FeatureCollection"}
	for street := range graph.Streets() {
		f := feature{Type: "Feature", Properties: map[string]string{"kind": "street", "class": street.Class.String()}}
		if street.Name != "" {
			f.Properties["name"] = street.Name
		}
		f.Geometry.Type = "LineString"
		for _, p := range street.Points {
			f.Geometry.Coordinates = append(f.Geometry.Coordinates, [2]float64{p.Lon, p.Lat})
		}
		collection.Features = append(collection.Features, f)
	}
	return json.Marshal(collection)
}
