// Package area is parts of the map that operators draw, as GeoJSON has them.
//
// The package is pure: no I/O, no clock, no log.
package area

import (
	"bytes"
	"encoding/json"
	"regexp"
	"unicode/utf8"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
)

// Bounds of an area.
const (
	MaxPositions = 2000
	MaxRings     = 100
	MaxName      = 100 // characters
	Max          = 200 // areas of an installation
)

// geometry is a GeoJSON object whose coordinates are not read yet.
type geometry struct {
	Type        string          `json:"type"`
	Coordinates json.RawMessage `json:"coordinates"`
}

// readGeometry goes by the members of exactly these names, as the pages do that
// draw the area. All others it leaves out.
func readGeometry(data []byte) (g geometry, err error) {
	var members map[string]json.RawMessage
	if err = json.Unmarshal(data, &members); err != nil {
		return g, err
	}
	g.Coordinates = members["coordinates"]
	if kind := members["type"]; kind != nil {
		err = json.Unmarshal(kind, &g.Type)
	}
	return g, err
}

// Plain is an area that [Decode] accepts with nothing in it but what counts: its
// type and coordinates.
func Plain(data []byte) (json.RawMessage, error) {
	g, err := readGeometry(data)
	if err != nil {
		return nil, err
	}
	return json.Marshal(g)
}

// Decode reads a GeoJSON Polygon or MultiPolygon (RFC 7946). Its errors are
// fault.Invalid, about the field "area".
func Decode(data []byte) (*geo.Region, error) {
	g, err := readGeometry(data)
	if err != nil {
		return nil, fault.Field("area", "is not a GeoJSON object: a Polygon or MultiPolygon is accepted")
	}
	var polygons [][][][]float64
	switch g.Type {
	case "Polygon":
		var one [][][]float64
		if err := strictly(g.Coordinates, &one); err != nil {
			return nil, fault.Field("area", "the coordinates of a Polygon are a list of rings, each a list of positions [longitude, latitude]")
		}
		polygons = [][][][]float64{one}
	case "MultiPolygon":
		if err := strictly(g.Coordinates, &polygons); err != nil {
			return nil, fault.Field("area", "the coordinates of a MultiPolygon are a list of those of polygons")
		}
	case "Feature", "FeatureCollection":
		return nil, fault.Field("area", "a %s is not accepted: its geometry is, a Polygon or MultiPolygon", g.Type)
	default:
		return nil, fault.Field("area", "type %.30q is not accepted: Polygon or MultiPolygon", g.Type)
	}
	return region(polygons)
}

// strictly decodes, and takes nothing at all, or a null anywhere, for a mistake:
// it would be read as zero.
func strictly(data []byte, to any) error {
	if len(data) == 0 || bytes.Contains(data, []byte("null")) {
		return fault.Field("area", "coordinates are missing")
	}
	return json.Unmarshal(data, to)
}

func region(polygons [][][][]float64) (*geo.Region, error) {
	if len(polygons) == 0 {
		return nil, fault.Field("area", "has no polygon: one or more are accepted")
	}
	rings, positions := 0, 0
	shapes := make([]geo.Polygon, len(polygons))
	for i, polygon := range polygons {
		for _, ring := range polygon {
			rings, positions = rings+1, positions+len(ring)
			if rings > MaxRings || positions > MaxPositions {
				return nil, fault.Field("area", "is too detailed: at most %d rings and %d positions are accepted", MaxRings, MaxPositions)
			}
			points, err := closed(ring)
			if err != nil {
				return nil, err
			}
			shapes[i] = append(shapes[i], points)
		}
	}
	r, err := geo.NewRegion(shapes...)
	if err != nil {
		return nil, fault.Field("area", "%s", err)
	}
	return r, nil
}

// closed reads a ring, whose last position is its first again.
func closed(ring [][]float64) ([]geo.Point, error) {
	if len(ring) < 4 {
		return nil, fault.Field("area", "a ring has %d positions: four or more are accepted, the last the same as the first", len(ring))
	}
	points := make([]geo.Point, len(ring))
	for i, p := range ring {
		if len(p) < 2 || len(p) > 3 {
			return nil, fault.Field("area", "a position has %d numbers: [longitude, latitude] is accepted, and a height after them", len(p))
		}
		points[i] = geo.Point{Lat: p[1], Lon: p[0]}
		if !points[i].Valid() {
			return nil, fault.Field("area", "the position [%g, %g] is not on the earth: [longitude, latitude] in degrees", p[0], p[1])
		}
	}
	if points[0] != points[len(points)-1] {
		return nil, fault.Field("area", "a ring ends at %v and begins at %v: its last position is the same as its first", points[len(points)-1], points[0])
	}
	return points[:len(points)-1], nil
}

var (
	id    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	color = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
)

// Check names the first of an area's texts that is not accepted.
func Check(areaID, name, areaColor string) error {
	switch {
	case !id.MatchString(areaID):
		return fault.Field("id", "%.70q is not accepted: 1 to 64 letters, digits, '-' or '_'", areaID)
	case driver.CheckText("name", name) != nil:
		return driver.CheckText("name", name)
	case name == "" || utf8.RuneCountInString(name) > MaxName:
		return fault.Field("name", "has %d characters: 1 to %d are accepted", utf8.RuneCountInString(name), MaxName)
	case areaColor != "" && !color.MatchString(areaColor):
		return fault.Field("color", "%.20q is not accepted: #rrggbb", areaColor)
	}
	return nil
}
