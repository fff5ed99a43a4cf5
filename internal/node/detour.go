package node

import (
	"context"
	"errors"

	"github.com/go-chi/chi/v5"
	"github.com/nats-io/nats.go"

	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/detour"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/natsbus"
	"github.com/cabstand/cabstand/internal/track"
	"github.com/cabstand/cabstand/internal/wire"
)

// trackers is how trackers and dispatchers know each other over HTTP.
func (p *parts) trackers(k Keys) (*auth.Trackers, error) {
	return auth.NewTrackers(p.clock.Now, []byte(k.AuthKey), k.older()...)
}

// receiveTrackers lets trackers call while the bus is away, where there is a
// secret to know them by.
func (p *parts) receiveTrackers(r chi.Router, d *dispatching, k Keys) error {
	if k.AuthKey == "" {
		return nil
	}
	trackers, err := p.trackers(k)
	if err != nil {
		return err
	}
	api.DetourRoutes(r, d.desk, d.detour, trackers.Verify, p.log)
	return nil
}

// aroundBus is the tracker's way to dispatchers while the bus is away; nil where
// no dispatcher is named.
func (p *parts) aroundBus(c TrackerConfig) (*detour.Client, error) {
	if len(c.DispatcherURL) == 0 {
		return nil, nil
	}
	trackers, err := p.trackers(c.Keys)
	if err != nil {
		return nil, err
	}
	around := detour.New(c.DispatcherURL, trackers.Token)
	p.node.onClose(around.Close)
	return around, nil
}

// commands is the tracker's way to dispatchers.
func (p *parts) commands(around *detour.Client) track.Commands {
	if around == nil {
		return p.bus.Commands
	}
	return commands{p.bus, around}
}

// commands go over the bus, and over HTTP while nobody answers there; one that may
// have been carried out, and must not be twice, is left to its driver.
type commands struct {
	bus    *natsbus.Bus
	around *detour.Client
}

func (c commands) Do(ctx context.Context, command wire.Command) (wire.Reply, error) {
	if !c.bus.Connected() {
		return c.around.Do(ctx, command)
	}
	reply, err := c.bus.Commands.Do(ctx, command)
	if fault.Is(err, fault.Unavailable) && ctx.Err() == nil && (command.Repeatable() || errors.Is(err, nats.ErrNoResponders)) {
		return c.around.Do(ctx, command)
	}
	return reply, err
}
