package postgis

import (
	"context"

	"github.com/cabstand/cabstand/internal/fault"
)

// reserved is how many of the connections are kept from what can be put off: new
// trips, and lists. Those who ride, and the relay, find a connection however many
// others want in.
func reserved(conns int32) int32 { return max(1, conns/4) }

// putOff runs do, which can be put off, while a connection is left that is not
// reserved for trips that run. It waits for one as long as for any connection.
func (s *Store) putOff(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.bound)
	defer cancel()
	if err := s.takePlace(ctx); err != nil {
		return err
	}
	defer func() { <-s.newcomers }()
	return do(ctx)
}

func (s *Store) takePlace(ctx context.Context) error {
	patient, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	select {
	case s.newcomers <- struct{}{}:
		return nil
	case <-patient.Done():
	}
	if givenUp(ctx) {
		return ctx.Err()
	}
	return fault.Wrap(patient.Err(), fault.Unavailable, "the store has too much to do at the moment")
}
