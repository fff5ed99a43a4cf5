package outbox

import (
	"context"

	"github.com/cabstand/cabstand/internal/trip"
)

// Source is the store's queue of committed events that are not yet published.
type Source interface {
	// Lead tries to become the one relay of this store; ok is false while
	// another has it. The lead is held until release is called or, when the
	// relay dies, until the store notices that it is gone. lost is closed when
	// the store took the lead away (a cut connection).
	Lead(ctx context.Context) (lost <-chan struct{}, release func(), ok bool, err error)
	// Pending is the oldest events in the outbox but for those named, in commit
	// order of each trip.
	Pending(ctx context.Context, but []int64, limit int) ([]trip.Queued, error)
	// Delete removes events that the bus has acknowledged.
	Delete(ctx context.Context, seqs []int64) error
	// Committed signals (capacity one, coalescing) that events may be waiting.
	Committed() <-chan struct{}
}

// Publisher puts events on the bus, in order, with the event's ID for
// deduplication.
type Publisher interface {
	// Send puts events on their way, up to the first that cannot be sent; err
	// tells why. receipt waits for the bus: it returns how many of them, from the
	// first on, the bus acknowledged; err tells why it was not all.
	Send(ctx context.Context, events []trip.Event) (receipt func() (acked int, err error), err error)
}
