package wire

import (
	"encoding/json"
	"slices"
	"time"
)

// Area is a part of the map that operators gave a name, and perhaps a policy of
// its own: by that requests are matched that are picked up there.
type Area struct {
	ID     string          `json:"id"`
	Name   string          `json:"name"`
	Color  string          `json:"color,omitempty" doc:"for maps, as #rrggbb"`
	Shape  json.RawMessage `json:"area" doc:"a GeoJSON Polygon or MultiPolygon; coordinates are longitude, latitude"`
	Policy *Policy         `json:"policy,omitempty" doc:"left out where the installation's policy is in force"`
	SetBy  string          `json:"set_by,omitempty"`
	SetAt  time.Time       `json:"set_at"`
}

// OtherAreas is the areas but the one with the id.
func OtherAreas(all []Area, id string) []Area {
	return slices.DeleteFunc(all, func(a Area) bool { return a.ID == id })
}
