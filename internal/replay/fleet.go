package replay

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/road"
)

// Starter is a driver at the beginning of the working day.
type Starter struct {
	ID    string
	Point geo.Point
	From  time.Time // at work from then on
}

// ReadFleet reads drivers: a table with the columns driver_id, lat, lon and
// available_at (RFC 3339 or unix seconds). A row that cannot be used, or whose
// place fit (nil accepts all) gives an error for, is left out and told of.
func ReadFleet(r io.Reader, fit func(geo.Point) error) ([]Starter, road.Bad, error) {
	t, err := road.OpenTable("drivers", r)
	if err != nil {
		return nil, road.Bad{}, err
	}
	c, err := t.Columns("driver_id", "lat", "lon", "available_at")
	if err != nil {
		return nil, road.Bad{}, err
	}
	var fleet []Starter
	known := map[string]bool{}
	for row := range t.Rows() {
		var s Starter
		s.ID = strings.Clone(row.Text(c[0]))
		if s.Point, err = row.Point(c[1], c[2]); err == nil {
			s.From, err = row.Time(c[3])
		}
		if err == nil {
			err = s.check(known, fit)
		}
		if err != nil {
			t.Reject(row, err)
			continue
		}
		known[s.ID] = true
		fleet = append(fleet, s)
	}
	return fleet, t.Bad(), t.Err()
}

func (s Starter) check(known map[string]bool, fit func(geo.Point) error) error {
	switch {
	case !driver.ValidID(s.ID):
		return fmt.Errorf("driver_id %q: 1 to 64 letters, digits, '-' or '_'", s.ID)
	case known[s.ID]:
		return fmt.Errorf("driver_id %s comes twice", s.ID)
	case fit != nil:
		return fit(s.Point)
	}
	return nil
}

// sampled is a fleet that starts where recorded riders got off, at the start of
// the run. A larger fleet of the same seed begins with the smaller one.
func sampled(n int, all []Order, start time.Time, d dice) []Starter {
	fleet := make([]Starter, n)
	for i := range fleet {
		o := all[d.bits(home, i, 0)%uint64(len(all))]
		fleet[i] = Starter{ID: fmt.Sprintf("d%05d", i), Point: o.Dropoff, From: start}
	}
	return fleet
}
