package road

import "time"

// Departure is a place as drives leave it. Whoever asks many rows about one
// place, a driver who waits, finds out once by which nodes the drive goes on.
type Departure struct {
	from Place
	ends [2]end
}

// Departure is how drives leave the place.
func (g *Graph) Departure(p Place) Departure { return Departure{p, g.departures(p)} }

// Place is where it is.
func (d *Departure) Place() Place { return d.from }

// Leaving is [Row.From] of the departure's place.
func (r *Row) Leaving(d *Departure) (time.Duration, bool) {
	millis, _ := r.leaving(d)
	if millis > r.bound {
		return 0, false
	}
	return milliseconds(millis), true
}
