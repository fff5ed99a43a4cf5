package redisgeo

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// The statuses in a hash: what the driver said, and gone for one who is offline
// and remembered only so that a late position does not bring the driver back.
const (
	statusAvailable = "available"
	statusBusy      = "busy"
	statusGone      = "gone"
)

// columns are the fields of a driver's hash, in the order in which they are
// read.
var columns = []string{
	"seen", "status", "cell", "lat", "lon", "seq", "fixed", "speed", "heading", "accuracy", "class", "seats", "session",
}

func status(l driver.Location) string {
	switch {
	case l.Gone:
		return statusGone
	case l.Available:
		return statusAvailable
	}
	return statusBusy
}

// fields are the fields and values of l, but for seen and status. A Gone leaves
// the rest as it was.
func fields(l driver.Location) []any {
	if l.Gone {
		return nil
	}
	return []any{
		"cell", string(geo.CellOf(l.Point, geo.StoreLength)),
		"lat", exact(l.Lat), "lon", exact(l.Lon),
		"seq", l.Seq, "fixed", l.FixedAt.UnixMilli(),
		"speed", exact(l.Speed), "heading", exact(l.Heading), "accuracy", exact(l.Accuracy),
		"class", string(l.Class), "seats", l.Seats, "session", l.Session,
	}
}

// exact writes a number so that it reads back to the last bit: the GEO set
// rounds positions to half a metre, the hash does not.
func exact(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// load reads drivers' hashes in one pipeline: a location for each id, the zero
// one for a driver who is not online.
func (s *Store) load(ctx context.Context, ids []string) ([]driver.Location, error) {
	found := make([]driver.Location, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	cmds := make([]*redis.SliceCmd, len(ids))
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			cmds[i] = p.HMGet(ctx, driverKey(id), columns...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, cmd := range cmds {
		if l, ok := parse(ids[i], cmd.Val()); ok {
			found[i] = l
		}
	}
	return found, nil
}

// parse reads a hash. One that is missing, gone, or not what this version
// writes is none: the driver's next position makes it anew.
func parse(id string, values []any) (driver.Location, bool) {
	r := reader{values: values}
	seen, status := r.millis(), r.text()
	r.text() // the cell follows from the position
	l := driver.Location{
		DriverID: id,
		Position: driver.Position{
			Point: geo.Point{Lat: r.float(), Lon: r.float()}, Seq: r.uint(), FixedAt: r.millis(),
			Speed: r.float(), Heading: r.float(), Accuracy: r.float(),
		},
		Class: driver.Class(r.text()), Seats: int(r.uint()), Session: r.text(),
		Available: status == statusAvailable, SeenAt: seen,
	}
	return l, !r.failed && status != statusGone && l.Valid()
}

// reader reads a hash field by field, and remembers a failure.
type reader struct {
	values []any
	failed bool
}

func (r *reader) text() string {
	if len(r.values) == 0 {
		r.failed = true
		return ""
	}
	s, ok := r.values[0].(string)
	r.values = r.values[1:]
	r.failed = r.failed || !ok
	return s
}

func (r *reader) float() float64 {
	f, err := strconv.ParseFloat(r.text(), 64)
	r.failed = r.failed || err != nil
	return f
}

func (r *reader) uint() uint64 {
	n, err := strconv.ParseUint(r.text(), 10, 64)
	r.failed = r.failed || err != nil
	return n
}

func (r *reader) millis() time.Time {
	n, err := strconv.ParseInt(r.text(), 10, 64)
	r.failed = r.failed || err != nil
	return time.UnixMilli(n).UTC()
}

func milliseconds(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }
