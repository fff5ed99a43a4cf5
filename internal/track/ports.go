package track

import (
	"context"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/wire"
)

// Mirror is the shared store of where drivers are (Redis GEO, or memory in the
// embedded size). A batch has the latest location of each of its drivers; one
// that is Gone is forgotten. Applying an older location than the stored one
// (by SeenAt) changes nothing. Where only a part of the store is away the error
// has Undelivered() []int, the indices of the locations that were not taken, in
// ascending order: they come again after a pause, and the others are not held up.
type Mirror interface {
	Apply(ctx context.Context, batch []driver.Location) error
}

// Feed is the stream of positions that dispatchers follow, by owner cell
// (geo.OwnerLength). It is soft: a message may get lost, the next one heals it.
// A driver who leaves a cell is published once more in the old cell.
type Feed interface {
	Publish(ctx context.Context, cell geo.Cell, batch []driver.Location) error
	// Flush returns when everything published before has left this process for
	// the bus, which goes on without it.
	Flush(ctx context.Context) error
}

// Places tells where drivers were seen last, whichever tracker heard them, and up
// to where their positions were acknowledged: Location.Seq.
type Places interface {
	Locations(ctx context.Context, driverIDs []string) ([]driver.Location, error)
}

// Pulse tells dispatchers that this tracker lives, so that the silence of its
// drivers says something about them even when all of them are silent.
type Pulse interface {
	Beat(ctx context.Context) error
}

// Commands asks a dispatcher, any one, to act for a driver. The error is a
// fault: fault.Unavailable while no dispatcher answers. A refusal by the
// dispatcher is in the reply.
type Commands interface {
	Do(ctx context.Context, c wire.Command) (wire.Reply, error)
}

// Line carries what is meant for a driver to whichever session is open.
type Line interface {
	// Listen calls fn, in order, with each push to the driver until stop is
	// called. fn must not block.
	Listen(driverID string, fn func(wire.Push)) (stop func(), err error)
	Push(ctx context.Context, driverID string, p wire.Push) error
	// Answer tells who asked over the line what is open here. It must not block.
	Answer(ctx context.Context, ask string, s wire.OpenSession) error
}
