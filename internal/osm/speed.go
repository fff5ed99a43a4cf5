package osm

// Where a limit is posted, cars drive this share of it: they slow down in bends,
// at crossings, behind others. Signals and stop signs cost time of their own.
const share = 0.85

// slowest is the least speed, km/h: a car that walks.
const slowest = 5

// speed is what is driven on a street of the class with the posted limit, 0 for
// none; all in km/h.
func (c class) speed(limit float64) float64 {
	if limit == 0 {
		return c.usual
	}
	speed := share * limit
	if c.most > 0 {
		speed = min(speed, c.most)
	}
	return max(speed, slowest)
}
