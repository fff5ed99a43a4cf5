package wire

import (
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// Fix is a position that one tracker hands to another, with the time of its fix
// and without a count.
type Fix struct {
	Lat      float64   `json:"lat"`
	Lon      float64   `json:"lon"`
	At       time.Time `json:"at"`
	Speed    float64   `json:"speed"`
	Heading  float64   `json:"heading"`
	Accuracy float64   `json:"accuracy"`
}

// FixesOf is the positions to be handed over.
func FixesOf(positions []driver.Position) []Fix {
	fixes := make([]Fix, len(positions))
	for i, p := range positions {
		fixes[i] = Fix{p.Lat, p.Lon, p.FixedAt.UTC(), p.Speed, p.Heading, p.Accuracy}
	}
	return fixes
}

// Positions is the positions that were handed over.
func (p Push) Positions() []driver.Position {
	positions := make([]driver.Position, len(p.Fixes))
	for i, f := range p.Fixes {
		positions[i] = driver.Position{
			Point: geo.Point{Lat: f.Lat, Lon: f.Lon}, FixedAt: f.At, Speed: f.Speed, Heading: f.Heading, Accuracy: f.Accuracy,
		}
	}
	return positions
}
