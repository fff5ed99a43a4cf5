package node

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/go-chi/chi/v5"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/console"
	"github.com/cabstand/cabstand/internal/road"
)

// place is what the console shows the city on.
type place struct {
	name     string
	center   geo.Point
	bounds   geo.Box
	baseMap  []byte      // GeoJSON; nil for none
	graph    *road.Graph // nil for none
	visitors *visitors   // in a demo
	pages    *pages
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
	return console.Routes(r, console.Options{
		Name: shown.name, Center: shown.middle(), Bounds: shown.bounds, BaseMap: shown.baseMap, Demo: shown.visitors != nil,
		Tiles: shown.pages.tiles, Hosts: shown.pages.hosts,
	})
}

// middle is where a map opens.
func (p *place) middle() geo.Point {
	if p.center != (geo.Point{}) {
		return p.center
	}
	return geo.Point{Lat: (p.bounds.South + p.bounds.North) / 2, Lon: (p.bounds.West + p.bounds.East) / 2}
}

// site is what pages need to know of the place.
func (p *place) site(oidc func() *api.OIDC) api.Site {
	s := api.Site{Name: p.name, Center: p.middle(), Bounds: p.bounds, BaseMap: api.BaseMap{Kind: "streets"}, OIDC: oidc}
	if p.pages.base != nil {
		s.BaseMap = *p.pages.base
		return s
	}
	if p.baseMap != nil {
		s.BaseMap.URL = console.StreetsPath
	}
	if p.graph != nil {
		s.BaseMap.Attribution = p.graph.Credit()
	}
	return s
}

// demo is who lets everybody in; nil where nobody does.
func (p *place) demo() api.Demo {
	if p.visitors == nil {
		return nil // and not an interface that holds a nil
	}
	return p.visitors
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
