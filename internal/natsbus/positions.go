package natsbus

import (
	"context"
	"slices"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/wire"
)

// Positions is the position feed.
type Positions struct{ *link }

// maxBatch locations stay well under the megabyte that a message may have.
const maxBatch = 1000

// Publish sends a batch of locations to the followers of the owner cell, a very
// large one in several messages.
func (p *Positions) Publish(ctx context.Context, cell geo.Cell, batch []driver.Location) error {
	for part := range slices.Chunk(batch, maxBatch) {
		if err := p.publish(ctx, positionsSubject(cell), wire.EncodeLocations(part)); err != nil {
			return err
		}
	}
	return nil
}

// Follow calls fn with each batch of the owner cell until stop is called. fn
// must not block.
func (p *Positions) Follow(cell geo.Cell, fn func([]driver.Location)) (stop func(), err error) {
	return p.subscribe(positionsSubject(cell), func(data []byte) error {
		batch, err := wire.DecodeLocations(data)
		if err == nil {
			fn(batch)
		}
		return err
	})
}

// beatSubject is where trackers say that they live.
const beatSubject = "trackers.beat"

// Beat tells dispatchers that a tracker lives and reaches the bus, also while it
// has no position to tell of. It says the name of this client.
func (p *Positions) Beat(ctx context.Context) error {
	return p.publish(ctx, beatSubject, []byte(p.options.Name))
}

// OnBeat calls fn with each beat of any tracker until stop is called. fn must
// not block.
func (p *Positions) OnBeat(fn func()) (stop func(), err error) {
	return p.OnTracker(func(string) { fn() })
}

// OnTracker is OnBeat with the name of the tracker; "" of one that says none.
func (p *Positions) OnTracker(fn func(name string)) (stop func(), err error) {
	return p.subscribe(beatSubject, func(data []byte) error { fn(string(data[:min(len(data), maxName)])); return nil })
}

// maxName is the most of a client's name that is taken in, in bytes.
const maxName = 100

func positionsSubject(cell geo.Cell) string { return "positions." + string(cell) }
