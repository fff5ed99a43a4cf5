package osm

// direction is in which way cars may use a street, seen along its nodes.
type direction int

const (
	both direction = iota
	along
	against
	changing // with the time of day: nobody can count on it
)

// Of the keys the most precise decides.
var onewayKeys = [...]string{"oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"}

// directionOf reads a street's direction. Streets whose direction changes with
// the hour are changing; where it changes within minutes, as at a narrow bridge,
// they count as both.
func directionOf(t tags, bad func(key, value string)) direction {
	for _, key := range onewayKeys {
		switch value := t.get(key); value {
		case "":
		case "yes", "true", "1":
			return along
		case "-1", "reverse":
			return against
		case "no", "false", "0", "alternating":
			return both
		case "reversible":
			return changing
		default:
			bad(key, value)
		}
	}
	switch junction := t.get("junction"); {
	case junction == "roundabout" || junction == "circular":
		return along
	}
	switch t.get("highway") {
	case "motorway", "motorway_link":
		return along
	}
	return both
}
