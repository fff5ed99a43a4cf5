package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// AddPart keeps a part of a trip's way. The same part again changes nothing, but
// a longer one takes the place of a shorter; once limit fixes are kept for the
// trip, and for a trip that there is not, the part is dropped.
func (s *Store) AddPart(ctx context.Context, p trip.Part, limit int) error {
	return s.write(ctx, func(ctx context.Context, tx *session) error {
		_, err := tx.exec(ctx, `INSERT INTO track_parts (trip_id, first_at, fixes, data)
			SELECT t.id, ?, ?, ? FROM trips t
			WHERE t.id = ? AND (SELECT coalesce(sum(p.fixes), 0) FROM track_parts p WHERE p.trip_id = t.id) < ?
			ON CONFLICT (trip_id, first_at) DO UPDATE SET fixes = excluded.fixes, data = excluded.data
			WHERE track_parts.fixes < excluded.fixes`,
			micros(p.Fixes[0].At), len(p.Fixes), wire.EncodeFixes(p.Fixes), p.TripID, limit)
		return err
	})
}

// Fixes is what the parts of the trip hold, part by part.
func (s *Store) Fixes(ctx context.Context, tripID string) ([]trip.Fix, error) {
	parts, err := collect(ctx, s.reads, scanFixes, `SELECT data FROM track_parts WHERE trip_id = ? ORDER BY first_at`, tripID)
	if err != nil {
		return nil, err
	}
	var all []trip.Fix
	for _, fixes := range parts {
		all = append(all, fixes...)
	}
	return all, nil
}

func scanFixes(r row) ([]trip.Fix, error) {
	var data []byte
	if err := r.Scan(&data); err != nil {
		return nil, err
	}
	return wire.DecodeFixes(data)
}

// DropParts forgets the parts of the trip.
func (s *Store) DropParts(ctx context.Context, tripID string) error {
	return s.write(ctx, func(ctx context.Context, tx *session) error {
		_, err := tx.exec(ctx, `DELETE FROM track_parts WHERE trip_id = ?`, tripID)
		return err
	})
}

// SaveTrack keeps the track, and its length with the trip, in place of one that
// was made of as many fixes or fewer.
func (s *Store) SaveTrack(ctx context.Context, t trip.Track) error {
	path, times, err := encodeTrack(t.Fixes)
	if err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context, tx *session) error {
		saved, err := affected(tx.exec(ctx, `INSERT INTO tracks (trip_id, path, times, started_at, metres, recorded)
			SELECT id, ?, ?, ?, ?, ? FROM trips WHERE id = ?
			ON CONFLICT (trip_id) DO UPDATE SET path = excluded.path, times = excluded.times,
				started_at = excluded.started_at, metres = excluded.metres, recorded = excluded.recorded
			WHERE tracks.recorded <= excluded.recorded`,
			path, times, micros(t.Fixes[0].At), t.Metres, t.Recorded, t.TripID))
		if err != nil || !saved {
			return err
		}
		_, err = tx.exec(ctx, `UPDATE trips SET metres = ? WHERE id = ?`, t.Metres, t.TripID)
		return err
	})
}

// lineString is a line as GeoJSON: longitude first.
type lineString struct {
	Type        string       `json:"type"`
	Coordinates [][2]float64 `json:"coordinates"`
}

// encodeTrack is the line as GeoJSON, and the milliseconds since its start.
func encodeTrack(fixes []trip.Fix) (path, times string, err error) {
	line := lineString{Type: "LineString"}
	var since []int64
	for _, f := range fixes {
		line.Coordinates = append(line.Coordinates, [2]float64{f.Lon, f.Lat})
		since = append(since, f.At.Sub(fixes[0].At).Milliseconds())
	}
	data, err := json.Marshal(line)
	if err != nil {
		return "", "", err
	}
	times, err = array(since)
	return string(data), times, err
}

// Track reads the track of a trip; fault.NotFound if there is none.
func (s *Store) Track(ctx context.Context, tripID string) (trip.Track, error) {
	return theOne(collect(ctx, s.reads, scanTrack,
		`SELECT trip_id, path, times, started_at, metres, recorded FROM tracks WHERE trip_id = ?`, tripID))("the trip has no track")
}

func scanTrack(r row) (trip.Track, error) {
	var t trip.Track
	var path, times string
	var start time.Time
	if err := r.Scan(&t.TripID, &path, &times, instant{&start}, &t.Metres, &t.Recorded); err != nil {
		return trip.Track{}, err
	}
	fixes, err := decodeTrack(path, times, start)
	t.Fixes = fixes
	return t, err
}

func decodeTrack(path, times string, start time.Time) ([]trip.Fix, error) {
	var line lineString
	if err := json.Unmarshal([]byte(path), &line); err != nil {
		return nil, fmt.Errorf("a track's path: %w", err)
	}
	var since []int64
	if err := json.Unmarshal([]byte(times), &since); err != nil {
		return nil, fmt.Errorf("a track's times: %w", err)
	}
	if len(since) != len(line.Coordinates) {
		return nil, fmt.Errorf("a track has %d points and %d times", len(line.Coordinates), len(since))
	}
	fixes := make([]trip.Fix, len(since))
	for i, c := range line.Coordinates {
		fixes[i] = trip.Fix{Point: geo.Point{Lat: c[1], Lon: c[0]}, At: start.Add(time.Duration(since[i]) * time.Millisecond)}
	}
	return fixes, nil
}

// Unsettled is trips that ended before the given time and still have parts, by
// id.
func (s *Store) Unsettled(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return collect(ctx, s.reads, scanString, `SELECT DISTINCT p.trip_id FROM track_parts p JOIN trips t ON t.id = p.trip_id
		WHERE coalesce(t.completed_at, t.cancelled_at) < ? ORDER BY p.trip_id LIMIT ?`, micros(before), limit)
}
