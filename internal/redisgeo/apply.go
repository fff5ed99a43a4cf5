package redisgeo

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// Apply takes over a batch of latest locations; one that is Gone removes its
// driver, one that is older than the stored one changes nothing. It takes two
// round trips for the batch, and a third when somebody left a cell.
func (s *Store) Apply(ctx context.Context, batch []driver.Location) error {
	batch = newest(batch)
	if len(batch) == 0 {
		return nil
	}
	old, err := s.take(ctx, batch)
	if err != nil {
		return unavailable(err)
	}
	entered, left := movements(batch, old)
	if err := s.enter(ctx, entered); err != nil {
		return unavailable(err)
	}
	return unavailable(s.leave(ctx, left))
}

// newest is the newest location of each driver in the batch, without those that
// are not on the earth.
func newest(batch []driver.Location) []driver.Location {
	place := make(map[string]int, len(batch))
	latest := make([]driver.Location, 0, len(batch))
	for _, l := range batch {
		if !l.Gone && !l.Valid() {
			continue
		}
		i, ok := place[l.DriverID]
		if !ok {
			place[l.DriverID] = len(latest)
			latest = append(latest, l)
		} else if supersedes(l, latest[i]) {
			latest[i] = l
		}
	}
	return latest
}

// supersedes is driver.Location.Supersedes at the precision of the store.
func supersedes(l, old driver.Location) bool {
	l.SeenAt, old.SeenAt = milliseconds(l.SeenAt), milliseconds(old.SeenAt)
	return l.Supersedes(old)
}

// take writes the hashes. It returns the cell that each of them named before,
// or refused.
func (s *Store) take(ctx context.Context, batch []driver.Location) ([]string, error) {
	calls := make([]call, len(batch))
	for i, l := range batch {
		args := append([]any{l.SeenAt.UnixMilli(), status(l), s.ttl.Milliseconds()}, fields(l)...)
		calls[i] = call{keys: []string{driverKey(l.DriverID)}, args: args}
	}
	cmds, err := s.runAll(ctx, takeScript, calls)
	if err != nil {
		return nil, err
	}
	old := make([]string, len(cmds))
	for i, cmd := range cmds {
		old[i], _ = cmd.Text() // the pipeline had no error
	}
	return old, nil
}

// movements sorts the locations that were taken by the cell that their driver
// is in, and the drivers by the cell that they left.
func movements(batch []driver.Location, old []string) (entered map[geo.Cell][]driver.Location, left map[geo.Cell][]any) {
	entered, left = map[geo.Cell][]driver.Location{}, map[geo.Cell][]any{}
	for i, l := range batch {
		if old[i] == refused {
			continue
		}
		before, now := geo.Cell(old[i]), geo.Cell("")
		if !l.Gone {
			now = geo.CellOf(l.Point, geo.StoreLength)
			entered[now] = append(entered[now], l)
		}
		if before != "" && before != now {
			left[before] = append(left[before], l.DriverID)
		}
	}
	return entered, left
}

// enter puts drivers into the sets of their cells; seen first, so that whoever
// is in the GEO set can be swept.
func (s *Store) enter(ctx context.Context, cells map[geo.Cell][]driver.Location) error {
	if len(cells) == 0 {
		return nil
	}
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for cell, locations := range cells {
			seen := make([]redis.Z, len(locations))
			places := make([]*redis.GeoLocation, len(locations))
			for i, l := range locations {
				seen[i] = redis.Z{Score: float64(l.SeenAt.UnixMilli()), Member: l.DriverID}
				places[i] = &redis.GeoLocation{Name: l.DriverID, Longitude: l.Lon, Latitude: geoLat(l.Lat)}
			}
			p.ZAddArgs(ctx, seenKey(cell), redis.ZAddArgs{GT: true, Members: seen})
			p.GeoAdd(ctx, geoKey(cell), places...)
		}
		return nil
	})
	return err
}

// leave takes drivers out of the sets of cells that they left.
func (s *Store) leave(ctx context.Context, cells map[geo.Cell][]any) error {
	if len(cells) == 0 {
		return nil
	}
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for cell, ids := range cells {
			p.ZRem(ctx, geoKey(cell), ids...)
			p.ZRem(ctx, seenKey(cell), ids...)
		}
		return nil
	})
	return err
}

// maxGeoLat is the last latitude that Redis GEO takes.
const maxGeoLat = 85.05112878

// geoLat brings a latitude into what Redis takes. The hash has the true one,
// and readers so near a pole do not ask by distance.
func geoLat(lat float64) float64 { return max(-maxGeoLat, min(maxGeoLat, lat)) }
