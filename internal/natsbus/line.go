package natsbus

import (
	"context"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// Line reaches the open session of a driver.
type Line struct{ *link }

// Listen calls fn, in order, with each push to the driver until stop is called.
// fn must not block. Whatever this client publishes or asks after Listen
// returned finds it listening; what others do, after a Flush.
func (l *Line) Listen(driverID string, fn func(wire.Push)) (stop func(), err error) {
	subject, err := pushSubject(driverID)
	if err != nil {
		return nil, err
	}
	return l.subscribe(subject, func(data []byte) error { return decode(data, fn) })
}

// Push sends to whichever session of the driver is open. Nobody may hear it.
func (l *Line) Push(ctx context.Context, driverID string, p wire.Push) error {
	subject, err := pushSubject(driverID)
	if err != nil {
		return err
	}
	return l.publish(ctx, subject, wire.Encode(p))
}

// pushSubject refuses ids that would be a pattern, or another subject.
func pushSubject(driverID string) (string, error) {
	if !driver.ValidID(driverID) {
		return "", fault.Field("driver_id", "%q is not a driver's id", driverID)
	}
	return "drivers." + driverID + ".push", nil
}
