package redisgeo

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
)

const (
	maxCells = 4096 // that one question may touch
	rounding = 2    // metres by which a GEO set may tell a distance wrong
	pageSize = 256  // hashes that are read at once, at least
)

// Nearby is the up to limit wanted drivers nearest to p within radius metres,
// nearest first, over the borders of cells. A radius that touches too many
// cells is fault.Invalid. Beside an [Incomplete] it is whom the rest of the
// cluster knows.
func (s *Store) Nearby(ctx context.Context, p geo.Point, radius float64, limit int, w driver.Wanted) ([]driver.Located, error) {
	cells, err := geo.CoverDisc(p, radius, geo.StoreLength, maxCells)
	if err != nil {
		return nil, fault.Field("radius_m", "%v", err)
	}
	around, lost := s.around(ctx, p, radius+rounding, cells)
	if !s.usable(lost) {
		return nil, unavailable(lost)
	}
	var found []driver.Located
	page := max(limit, pageSize)
	for len(around) > 0 && limit > 0 {
		n := min(page, len(around))
		located, err := s.locate(ctx, p, around[:n])
		if lost = either(lost, err); !s.usable(lost) {
			return nil, unavailable(lost)
		}
		around = around[n:]
		found = nearestFirst(append(found, slices.DeleteFunc(located, func(l driver.Located) bool {
			return l.Metres > radius || !w.Accepts(l.Location)
		})...))
		if len(found) >= limit && (len(around) == 0 || found[limit-1].Metres < around[0].metres-rounding) {
			return found[:limit], s.missing(lost) // nobody further out can come before them
		}
	}
	return found[:min(limit, len(found))], s.missing(lost)
}

// candidate is a driver as a GEO set tells of one.
type candidate struct {
	id     string
	metres float64 // about
}

// around is the drivers that the cells' GEO sets have within radius, nearest
// first, each once.
func (s *Store) around(ctx context.Context, p geo.Point, radius float64, cells []geo.Cell) ([]candidate, error) {
	near := make([]*redis.GeoSearchLocationCmd, 0, len(cells))
	var whole []*redis.StringSliceCmd
	_, err := s.redis.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, cell := range cells {
			if isOffMap(p, cell) {
				whole = append(whole, pipe.ZRange(ctx, geoKey(cell), 0, -1))
				continue
			}
			near = append(near, pipe.GeoSearchLocation(ctx, geoKey(cell), &redis.GeoSearchLocationQuery{
				GeoSearchQuery: redis.GeoSearchQuery{Longitude: p.Lon, Latitude: p.Lat, Radius: radius, RadiusUnit: "m"},
				WithDist:       true,
			}))
		}
		return nil
	})
	if !s.usable(err) {
		return nil, err
	}
	return collect(near, whole), err
}

// isOffMap reports whether the cell has to be read whole, because Redis GEO
// does not measure there: so near a pole, or over the antimeridian.
func isOffMap(p geo.Point, cell geo.Cell) bool {
	b := cell.Bounds()
	return max(math.Abs(p.Lat), math.Abs(b.South), math.Abs(b.North)) > maxGeoLat ||
		b.West == -180 || b.East == 180 || math.Abs(p.Lon-b.West) > 180
}

func collect(near []*redis.GeoSearchLocationCmd, whole []*redis.StringSliceCmd) []candidate {
	var all []candidate
	for _, cmd := range whole {
		for _, id := range cmd.Val() {
			all = append(all, candidate{id, 0})
		}
	}
	for _, cmd := range near {
		for _, l := range cmd.Val() {
			all = append(all, candidate{l.Name, l.Dist})
		}
	}
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Or(cmp.Compare(a.metres, b.metres), cmp.Compare(a.id, b.id)) })
	seen := make(map[string]bool, len(all))
	return slices.DeleteFunc(all, func(c candidate) bool {
		again := seen[c.id]
		seen[c.id] = true
		return again
	})
}

// locate reads the candidates' hashes: where they are, exactly.
func (s *Store) locate(ctx context.Context, p geo.Point, around []candidate) ([]driver.Located, error) {
	ids := make([]string, len(around))
	for i, c := range around {
		ids[i] = c.id
	}
	locations, err := s.online(ctx, ids)
	located := make([]driver.Located, len(locations))
	for i, l := range locations {
		located[i] = driver.Located{Location: l, Metres: geo.Distance(p, l.Point)}
	}
	return located, err
}

func nearestFirst(found []driver.Located) []driver.Located {
	slices.SortFunc(found, func(a, b driver.Located) int {
		return cmp.Or(cmp.Compare(a.Metres, b.Metres), cmp.Compare(a.DriverID, b.DriverID))
	})
	return found
}

// InCells is the drivers in the cells (of owner length or longer), each once,
// by id. More cells than 4096 of the store's are fault.Invalid. Beside an
// [Incomplete] it is whom the rest of the cluster knows.
func (s *Store) InCells(ctx context.Context, cells []geo.Cell) ([]driver.Location, error) {
	stored, err := storeCells(cells)
	if err != nil {
		return nil, err
	}
	ids, lost := s.members(ctx, stored)
	if !s.usable(lost) {
		return nil, unavailable(lost)
	}
	var found []driver.Location
	for page := range slices.Chunk(ids, 4*pageSize) {
		locations, err := s.online(ctx, page)
		if lost = either(lost, err); !s.usable(lost) {
			return nil, unavailable(lost)
		}
		found = append(found, locations...)
	}
	return slices.DeleteFunc(found, func(l driver.Location) bool { return !inAny(l.Point, cells) }), s.missing(lost)
}

// storeCells is the cells of the store's length that hold the given ones.
func storeCells(cells []geo.Cell) ([]geo.Cell, error) {
	var stored []geo.Cell
	for _, cell := range cells {
		switch {
		case len(cell) < geo.OwnerLength:
			return nil, fault.Field("cells", "%q is too large: a geohash of %d characters or more", cell, geo.OwnerLength)
		case len(cell) < geo.StoreLength:
			stored = append(stored, cell.Children()...)
		default:
			stored = append(stored, cell.Parent(geo.StoreLength))
		}
	}
	slices.Sort(stored)
	if stored = slices.Compact(stored); len(stored) > maxCells {
		return nil, fault.Field("cells", "%d cells are too many: at most %d", len(stored), maxCells)
	}
	return stored, nil
}

func inAny(p geo.Point, cells []geo.Cell) bool {
	return slices.ContainsFunc(cells, func(c geo.Cell) bool { return geo.CellOf(p, len(c)) == c })
}

// members is the ids in the cells' sets, sorted, each once.
func (s *Store) members(ctx context.Context, cells []geo.Cell) ([]string, error) {
	if len(cells) == 0 {
		return nil, nil
	}
	cmds := make([]*redis.StringSliceCmd, len(cells))
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, cell := range cells {
			cmds[i] = p.ZRange(ctx, geoKey(cell), 0, -1)
		}
		return nil
	})
	if !s.usable(err) {
		return nil, err
	}
	var ids []string
	for _, cmd := range cmds {
		ids = append(ids, cmd.Val()...)
	}
	slices.Sort(ids)
	return slices.Compact(ids), err
}

// Locations is where the drivers are, in the order of the ids, without those
// who are not online. Beside an [Incomplete] it is whom the rest of the cluster
// knows.
func (s *Store) Locations(ctx context.Context, driverIDs []string) ([]driver.Location, error) {
	found, err := s.online(ctx, driverIDs)
	return found, s.missing(err)
}

// online reads the hashes of those who are online, in the order of the ids.
func (s *Store) online(ctx context.Context, ids []string) ([]driver.Location, error) {
	locations, err := s.load(ctx, ids)
	return slices.DeleteFunc(locations, func(l driver.Location) bool { return l.DriverID == "" }), err
}
