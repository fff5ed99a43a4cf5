package wire

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// feedEntry is one driver in a message of the position feed.
type feedEntry struct {
	ID        string  `json:"id"`
	Lat       float64 `json:"lat"`
	Lon       float64 `json:"lon"`
	Seq       uint64  `json:"seq,omitempty"`
	FixedMs   int64   `json:"t"`
	Speed     float64 `json:"speed"`
	Heading   float64 `json:"heading"`
	Accuracy  float64 `json:"accuracy"`
	Class     string  `json:"class"`
	Seats     int     `json:"seats"`
	Available bool    `json:"available"`
	Session   string  `json:"session"`
	SeenMs    int64   `json:"seen"`
	Gone      bool    `json:"gone,omitempty"`
}

// EncodeLocations is a message of the position feed: subject
// "positions.<cell4>". Times keep their milliseconds.
func EncodeLocations(batch []driver.Location) []byte {
	entries := make([]feedEntry, len(batch))
	for i, l := range batch {
		entries[i] = feedEntry{
			ID: l.DriverID, Lat: l.Lat, Lon: l.Lon, Seq: l.Seq, FixedMs: l.FixedAt.UnixMilli(),
			Speed: l.Speed, Heading: l.Heading, Accuracy: l.Accuracy,
			Class: string(l.Class), Seats: l.Seats, Available: l.Available, Session: l.Session,
			SeenMs: l.SeenAt.UnixMilli(), Gone: l.Gone,
		}
	}
	return mustJSON(entries)
}

// DecodeLocations reads what EncodeLocations wrote.
func DecodeLocations(data []byte) ([]driver.Location, error) {
	var entries []feedEntry
	if err := json.Unmarshal(data, &entries); err != nil {
		return nil, fmt.Errorf("position feed: %w", err)
	}
	batch := make([]driver.Location, len(entries))
	for i, e := range entries {
		p := geo.Point{Lat: e.Lat, Lon: e.Lon}
		if e.ID == "" || !p.Valid() {
			return nil, fmt.Errorf("position feed: entry %d: driver %q at %v", i, e.ID, p)
		}
		batch[i] = driver.Location{
			DriverID: e.ID,
			Position: driver.Position{
				Point: p, Seq: e.Seq, FixedAt: time.UnixMilli(e.FixedMs).UTC(),
				Speed: e.Speed, Heading: e.Heading, Accuracy: e.Accuracy,
			},
			Class: driver.Class(e.Class), Seats: e.Seats, Available: e.Available, Session: e.Session,
			SeenAt: time.UnixMilli(e.SeenMs).UTC(), Gone: e.Gone,
		}
	}
	return batch, nil
}
