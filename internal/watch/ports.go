package watch

import (
	"context"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/trip"
)

// Events is the stream of trip events from the bus, from now on. The same event
// may come twice, and while the bus is away events may be missed: the hub
// orders by version and fills holes from History.
type Events interface {
	// Subscribe calls fn with each event until stop is called. fn must not
	// block.
	Subscribe(fn func(trip.Event)) (stop func(), err error)
}

// History is the store's record of a trip's events.
type History interface {
	// Events are the events of the trip with versions above after, in order.
	Events(ctx context.Context, tripID string, after int64) ([]trip.Event, error)
	// List is a page of trips.
	List(ctx context.Context, q trip.Query) (page []*trip.Trip, next string, err error)
}

// Positions is the feed of drivers' positions by owner cell.
type Positions interface {
	// Follow calls fn with each batch of the cell until stop is called. fn must
	// not block.
	Follow(cell geo.Cell, fn func([]driver.Location)) (stop func(), err error)
}

// Locations answers where drivers are now, from the shared store.
type Locations interface {
	InCells(ctx context.Context, cells []geo.Cell) ([]driver.Location, error)
	Locations(ctx context.Context, driverIDs []string) ([]driver.Location, error)
}
