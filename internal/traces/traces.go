// Package traces reads recorded GPS, and shows what a filter of positions makes
// of it: what is kept, what is refused and why.
//
// The package is pure: tables come in through readers.
package traces

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/road"
)

// Fix is one recorded position.
type Fix struct {
	Cab string
	At  time.Time
	geo.Point
}

// Read shows every fix of a recording, in the order of its rows. A row that has
// no cab, time or numbers is left out and told of; where the numbers put a cab
// is for a filter to judge.
//
// The table has the columns cab, lat, lon and unix (seconds, or RFC 3339).
func Read(r io.Reader, see func(Fix)) (road.Bad, error) {
	t, err := road.OpenTable("positions", r)
	if err != nil {
		return road.Bad{}, err
	}
	c, err := t.Columns("cab", "unix", "lat", "lon")
	if err != nil {
		return road.Bad{}, err
	}
	names := map[string]string{} // one string for all rows of a cab
	for row := range t.Rows() {
		f, err := read(row, c, names)
		if err != nil {
			t.Reject(row, err)
			continue
		}
		see(f)
	}
	return t.Bad(), t.Err()
}

func read(row road.Record, c []int, names map[string]string) (f Fix, err error) {
	if row.Text(c[0]) == "" {
		return f, fmt.Errorf("no cab")
	}
	if f.At, err = row.Time(c[1]); err != nil {
		return f, err
	}
	if f.Lat, err = strconv.ParseFloat(row.Text(c[2]), 64); err != nil {
		return f, fmt.Errorf("latitude %q is not a number", row.Text(c[2]))
	}
	if f.Lon, err = strconv.ParseFloat(row.Text(c[3]), 64); err != nil {
		return f, fmt.Errorf("longitude %q is not a number", row.Text(c[3]))
	}
	name, known := names[row.Text(c[0])]
	if !known {
		name = row.Text(c[0])
		names[name] = name
	}
	f.Cab = name
	return f, nil
}

// position is the fix as a phone would have sent it that knows nothing else.
func (f Fix) position() driver.Position {
	return driver.Position{Point: f.Point, FixedAt: f.At, Speed: driver.Unknown, Heading: driver.Unknown, Accuracy: driver.Unknown}
}
