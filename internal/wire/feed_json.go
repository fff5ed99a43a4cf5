package wire

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// feedEntry is one driver in a message of the position feed as trackers of
// before the packed form send it.
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
	Rough     bool    `json:"approximate,omitempty"`
}

// decodeJSONLocations reads a message in JSON.
func decodeJSONLocations(data []byte) ([]driver.Location, error) {
	var entries []feedEntry
	if err := json.Unmarshal(data, &entries); err != nil {
		return nil, fmt.Errorf("position feed: %w", err)
	}
	batch := make([]driver.Location, len(entries))
	for i, e := range entries {
		batch[i] = driver.Location{
			DriverID: e.ID,
			Position: driver.Position{
				Point: geo.Point{Lat: e.Lat, Lon: e.Lon}, Seq: e.Seq, FixedAt: time.UnixMilli(e.FixedMs).UTC(),
				Speed: e.Speed, Heading: e.Heading, Accuracy: e.Accuracy, Approximate: e.Rough,
			},
			Class: driver.Class(e.Class), Seats: e.Seats, Available: e.Available, Session: e.Session,
			SeenAt: time.UnixMilli(e.SeenMs).UTC(), Gone: e.Gone,
		}
		if !sound(&batch[i]) {
			return nil, fmt.Errorf("position feed: entry %d of %d: driver %.64q at %v", i, len(batch), e.ID, batch[i].Point)
		}
	}
	return batch, nil
}
