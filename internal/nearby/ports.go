package nearby

import (
	"context"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// Store is the shared store of where drivers are. While it is gone its errors
// are fault.Unavailable. While a part of it is gone, what the rest knows comes
// beside such an error, which has Undelivered() []int then, and nobody waits for
// the part.
type Store interface {
	Nearby(ctx context.Context, p geo.Point, radius float64, limit int, w driver.Wanted) ([]driver.Located, error)
	InCells(ctx context.Context, cells []geo.Cell) ([]driver.Location, error)
	Locations(ctx context.Context, driverIDs []string) ([]driver.Location, error)
}

// Feed is the stream of drivers' positions by owner cell. A driver who leaves a
// cell is told there once more, from the new cell.
type Feed interface {
	// Follow calls fn with each batch of the cell until stop is called. fn must
	// not block.
	Follow(cell geo.Cell, fn func([]driver.Location)) (stop func(), err error)
}
