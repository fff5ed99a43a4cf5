package natsbus

import (
	"context"
	"log/slog"

	"github.com/nats-io/nats.go"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/wire"
)

// Positions is the feed of drivers' positions: core subject
// "positions.<cell4>". A message that gets lost is healed by the next position.
type Positions struct {
	conn *nats.Conn
	log  *slog.Logger
}

// Publish sends one batch of the cell.
func (p *Positions) Publish(_ context.Context, cell geo.Cell, batch []driver.Location) error {
	return send(p.conn, "positions."+string(cell), wire.EncodeLocations(batch))
}

// Follow calls fn with each batch of the cell until stop is called. fn must not
// block.
func (p *Positions) Follow(cell geo.Cell, fn func([]driver.Location)) (stop func(), err error) {
	return subscribe(p.conn, "positions."+string(cell), func(data []byte) {
		batch, err := wire.DecodeLocations(data)
		if err != nil {
			p.log.Warn("a message of the position feed was skipped", "cell", cell, "err", err)
			return
		}
		fn(batch)
	})
}
