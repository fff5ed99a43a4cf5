package natsbus

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/nats-io/nats.go"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// Line carries what is meant for a driver: core subject "drivers.<id>.push".
// What nobody listens to is lost; reconnecting restores offer and trip.
type Line struct {
	conn *nats.Conn
	log  *slog.Logger
}

func pushSubject(driverID string) string { return "drivers." + driverID + ".push" }

// Push sends to the driver's sessions.
func (l *Line) Push(_ context.Context, driverID string, p wire.Push) error {
	data, err := json.Marshal(p)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "a push does not encode")
	}
	return send(l.conn, pushSubject(driverID), data)
}

// Listen calls fn, in order, with each push to the driver until stop is called.
// fn must not block.
func (l *Line) Listen(driverID string, fn func(wire.Push)) (stop func(), err error) {
	return subscribe(l.conn, pushSubject(driverID), func(data []byte) {
		var p wire.Push
		if err := json.Unmarshal(data, &p); err != nil {
			l.log.Warn("a push was skipped", "driver", driverID, "err", err)
			return
		}
		fn(p)
	})
}
