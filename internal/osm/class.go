package osm

import "github.com/cabstand/cabstand/internal/road"

// class is how cars use a class of streets.
type class struct {
	drawn road.Class
	usual float64 // km/h that is driven where no limit is posted
	most  float64 // km/h that is driven whatever limit is posted; 0 for no bound
}

// classes are the streets for cars: values of the key highway. Nothing else is
// used, whoever may drive there: tracks, pedestrian streets, busways.
//
// The speeds are those of a normal day, without waiting at signals: residential
// streets are narrow, so that a limit of 50 km/h is not reached there.
var classes = map[string]class{
	"motorway":       {road.Motorway, 100, 0},
	"motorway_link":  {road.Motorway, 50, 0},
	"trunk":          {road.Motorway, 80, 0},
	"trunk_link":     {road.Motorway, 45, 0},
	"primary":        {road.Primary, 55, 0},
	"primary_link":   {road.Primary, 35, 0},
	"secondary":      {road.Secondary, 48, 0},
	"secondary_link": {road.Secondary, 32, 0},
	"tertiary":       {road.Secondary, 40, 0},
	"tertiary_link":  {road.Secondary, 28, 0},
	"unclassified":   {road.Residential, 35, 70},
	"road":           {road.Residential, 30, 50},
	"residential":    {road.Residential, 28, 40},
	"living_street":  {road.Residential, 10, 15},
	"service":        {road.Residential, 14, 25},
}

// reason is why a way is not used.
type reason string

// The reasons.
const (
	notForCars   reason = "no street for cars"
	construction reason = "under construction"
	isArea       reason = "an area"
	ferry        reason = "a ferry or a train"
	noAccess     reason = "not open to cars"
	reversible   reason = "its direction changes"
	broken       reason = "less than two nodes"
)

// classOf is the class of a way, or why it is not used; usable tells which.
func classOf(t tags) (c class, why reason) {
	switch route := t.get("route"); {
	case route == "ferry" || route == "shuttle_train":
		return c, ferry
	case t.get("area") == "yes":
		return c, isArea
	}
	switch highway := t.get("highway"); highway {
	case "construction", "proposed", "planned":
		return c, construction
	case "service":
		if t.get("service") == "emergency_access" {
			return c, noAccess
		}
		return classes[highway], ""
	default:
		c, ok := classes[highway]
		if !ok {
			return c, notForCars
		}
		return c, ""
	}
}
