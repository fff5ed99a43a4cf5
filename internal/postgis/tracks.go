package postgis

import (
	"context"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// AddPart keeps a part of a trip's way. The same part again changes nothing, but
// a longer one takes the place of a shorter; once limit fixes are kept for the
// trip, and for a trip that there is not, the part is dropped.
func (s *Store) AddPart(ctx context.Context, p trip.Part, limit int) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO track_parts (trip_id, first_at, fixes, data)
			SELECT t.id, $2, $3, $4 FROM trips t
			WHERE t.id = $1 AND (SELECT coalesce(sum(p.fixes), 0) FROM track_parts p WHERE p.trip_id = t.id) < $5
			ON CONFLICT (trip_id, first_at) DO UPDATE SET fixes = excluded.fixes, data = excluded.data
			WHERE track_parts.fixes < excluded.fixes`,
			p.TripID, p.Fixes[0].At, len(p.Fixes), wire.EncodeFixes(p.Fixes), limit)
		return err
	})
}

// Fixes is what the parts of the trip hold, part by part.
func (s *Store) Fixes(ctx context.Context, tripID string) ([]trip.Fix, error) {
	parts, err := collect(ctx, s, scanFixes, `SELECT data FROM track_parts WHERE trip_id = $1 ORDER BY first_at`, tripID)
	if err != nil {
		return nil, err
	}
	var all []trip.Fix
	for _, fixes := range parts {
		all = append(all, fixes...)
	}
	return all, nil
}

func scanFixes(r pgx.CollectableRow) ([]trip.Fix, error) {
	var data []byte
	if err := r.Scan(&data); err != nil {
		return nil, err
	}
	return wire.DecodeFixes(data)
}

// DropParts forgets the parts of the trip.
func (s *Store) DropParts(ctx context.Context, tripID string) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM track_parts WHERE trip_id = $1`, tripID)
		return err
	})
}

// SaveTrack keeps the track, and its length with the trip, in place of one that
// was made of as many fixes or fewer.
func (s *Store) SaveTrack(ctx context.Context, t trip.Track) error {
	lons, lats, seconds := columns(t.Fixes)
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `WITH line AS (
				SELECT ST_MakeLine(ARRAY (
					SELECT ST_SetSRID(ST_MakePointM(lon, lat, m), 4326)
					FROM unnest($2::float8[], $3::float8[], $4::float8[]) WITH ORDINALITY AS p (lon, lat, m, i) ORDER BY i
				))::geography AS path
			), saved AS (
				INSERT INTO tracks (trip_id, path, started_at, metres, recorded)
				SELECT t.id, line.path, $5, $6, $7 FROM trips t, line WHERE t.id = $1
				ON CONFLICT (trip_id) DO UPDATE SET path = excluded.path, started_at = excluded.started_at,
					metres = excluded.metres, recorded = excluded.recorded
				WHERE tracks.recorded <= excluded.recorded
				RETURNING trip_id, metres
			) UPDATE trips SET metres = saved.metres FROM saved WHERE trips.id = saved.trip_id`,
			t.TripID, lons, lats, seconds, t.Fixes[0].At, t.Metres, t.Recorded)
		return err
	})
}

// columns are the coordinates of the fixes, and the seconds since the first.
func columns(fixes []trip.Fix) (lons, lats, seconds []float64) {
	for _, f := range fixes {
		lons, lats = append(lons, f.Lon), append(lats, f.Lat)
		seconds = append(seconds, f.At.Sub(fixes[0].At).Seconds())
	}
	return lons, lats, seconds
}

// Track reads the track of a trip; fault.NotFound if there is none.
func (s *Store) Track(ctx context.Context, tripID string) (trip.Track, error) {
	return theOne(collect(ctx, s, scanTrack, `SELECT trip_id, started_at, metres, recorded,
		ARRAY (SELECT ST_X(geom) FROM ST_DumpPoints(path::geometry) ORDER BY path[1]),
		ARRAY (SELECT ST_Y(geom) FROM ST_DumpPoints(path::geometry) ORDER BY path[1]),
		ARRAY (SELECT ST_M(geom) FROM ST_DumpPoints(path::geometry) ORDER BY path[1])
		FROM tracks WHERE trip_id = $1`, tripID))("the trip has no track")
}

func scanTrack(r pgx.CollectableRow) (trip.Track, error) {
	var t trip.Track
	var start time.Time
	var lons, lats, seconds []float64
	if err := r.Scan(&t.TripID, &start, &t.Metres, &t.Recorded, &lons, &lats, &seconds); err != nil {
		return trip.Track{}, err
	}
	for i := range lons {
		t.Fixes = append(t.Fixes, trip.Fix{
			Point: geo.Point{Lat: lats[i], Lon: lons[i]},
			At:    start.UTC().Add(time.Duration(math.Round(seconds[i]*1000)) * time.Millisecond),
		})
	}
	return t, nil
}

// Unsettled is trips that ended before the given time and still have parts, by
// id.
func (s *Store) Unsettled(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return collect(ctx, s, pgx.RowTo[string], `SELECT DISTINCT p.trip_id FROM track_parts p JOIN trips t ON t.id = p.trip_id
		WHERE coalesce(t.completed_at, t.cancelled_at) < $1 ORDER BY p.trip_id LIMIT $2`, before, limit)
}
