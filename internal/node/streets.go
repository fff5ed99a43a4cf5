package node

import (
	"context"
	"encoding/json"
	"log/slog"

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
func (s Streets) city(ctx context.Context, log *slog.Logger) (*place, error) {
	shown := &place{name: s.City, bounds: geo.Box{West: -180, South: -60, East: 180, North: 75}}
	graph, err := s.load(ctx, log)
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
func (s Streets) load(ctx context.Context, log *slog.Logger) (*road.Graph, error) {
	loaded, err := s.Load(ctx)
	if err != nil || loaded.Graph == nil {
		return nil, err
	}
	log.Info("road graph", "read", loaded.Told)
	if loaded.Bad.Rows > 0 {
		log.Warn("some of the road graph was not used", "bad", loaded.Bad.String())
	}
	return loaded.Graph, nil
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
		Type        string    `json:"type"`
		Attribution string    `json:"attribution,omitempty"`
		Features    []feature `json:"features"`
	}{Type: "FeatureCollection", Attribution: graph.Credit()}
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
