package sqlite

import (
	"context"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Offer makes many offers, with their claims, in one transaction, and says of
// each what became of it. They are tried in order: a later proposal for the same
// trip or driver gets what an earlier one was refused.
func (s *Store) Offer(ctx context.Context, proposals []trip.Proposal) ([]trip.Outcome, error) {
	outcomes := make([]trip.Outcome, len(proposals))
	err := s.write(ctx, func(ctx context.Context, tx *session) error {
		for i, p := range proposals {
			t, err := offer(ctx, tx, p)
			if err != nil && !refusal(err) {
				return err
			}
			outcomes[i] = trip.Outcome{Trip: t, Err: err}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return outcomes, nil
}

// offer makes one offer. A refusal comes before anything is written.
func offer(ctx context.Context, tx *session, p trip.Proposal) (*trip.Trip, error) {
	before, err := readTrip(ctx, tx, p.TripID)
	if err != nil {
		return nil, err
	}
	c, err := trip.Run(before, func(t *trip.Trip) ([]trip.Event, error) { return nil, t.Propose(p) })
	if err != nil {
		return nil, err
	}
	if err := updateTrip(ctx, tx, c); err != nil {
		return nil, err
	}
	return c.After, nil
}

// refusal reports whether err is an answer to a proposal.
func refusal(err error) bool {
	return fault.Is(err, fault.NotFound) || fault.Is(err, fault.WrongState) || fault.Is(err, fault.DriverClaimed)
}
