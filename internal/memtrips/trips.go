package memtrips

import (
	"bytes"
	"context"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Create stores a new trip and its events. With once, the same actor and key
// again store nothing and return the first answer. The times of t are cut to
// what the databases keep.
func (s *Store) Create(ctx context.Context, t *trip.Trip, events []trip.Event, once *trip.Once) (first *trip.Once, err error) {
	c, err := trip.Created(t, events)
	if err != nil {
		return nil, err
	}
	c.After = t.Clone() // t stays the caller's
	err = s.write(ctx, func(tx *transaction) error {
		if first, err = s.takeKey(once, t); err != nil || first != nil {
			return err
		}
		if s.trips[t.ID] != nil {
			return fault.New(fault.AlreadyExists, "a trip of this id exists")
		}
		if err := tx.apply(c); err != nil {
			return err
		}
		s.keep(once, t)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return first, nil
}

// takeKey is the answer that was stored under the key of a creation before.
func (s *Store) takeKey(once *trip.Once, t *trip.Trip) (*trip.Once, error) {
	if once == nil {
		return nil, nil
	}
	first, taken := s.onces[onceKey{once.Actor, once.Key}]
	switch {
	case !taken:
		return nil, nil
	case first.Digest != once.Digest:
		return nil, fault.New(fault.KeyReused, "the key was used before with another request")
	}
	return first.copy(), nil
}

func (s *Store) keep(once *trip.Once, t *trip.Trip) {
	if once != nil {
		kept := answered{*once, t.RequestedAt}
		kept.Once = *kept.copy()
		s.onces[onceKey{once.Actor, once.Key}] = kept
	}
}

func (a answered) copy() *trip.Once {
	c := a.Once
	c.Answer = append([]byte{}, bytes.Clone(a.Answer)...)
	return &c
}

// Trip reads one trip with its newest offer.
func (s *Store) Trip(ctx context.Context, id string) (*trip.Trip, error) {
	if err := usable(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read(id)
}

func (s *Store) read(id string) (*trip.Trip, error) {
	t, ok := s.trips[id]
	if !ok {
		return nil, fault.New(fault.NotFound, "no such trip")
	}
	return t, nil
}

// TripOfOffer is the id of the trip that the offer was made for.
func (s *Store) TripOfOffer(ctx context.Context, offerID string) (string, error) {
	if err := usable(ctx); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.offerOf[offerID]
	if !ok {
		return "", fault.New(fault.NotFound, "no such offer")
	}
	return o.TripID, nil
}

// Update changes one trip in one transaction. A change that changes nothing
// writes nothing.
func (s *Store) Update(ctx context.Context, id string, change func(*trip.Trip) ([]trip.Event, error)) (t *trip.Trip, err error) {
	err = s.write(ctx, func(tx *transaction) error {
		t, err = s.run(tx, id, change)
		return err
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// run applies what a command changes, and is how the trip stands then.
func (s *Store) run(tx *transaction, id string, change func(*trip.Trip) ([]trip.Event, error)) (*trip.Trip, error) {
	before, err := s.read(id)
	if err != nil {
		return nil, err
	}
	c, err := trip.Run(before, change)
	if err != nil || c.Nothing() {
		return before, err
	}
	return c.After, tx.apply(c)
}

// Offer makes many offers, with their claims, in one transaction, and says of
// each what became of it. They are tried in order: a later proposal for the same
// trip or driver gets what an earlier one was refused.
func (s *Store) Offer(ctx context.Context, proposals []trip.Proposal) ([]trip.Outcome, error) {
	outcomes := make([]trip.Outcome, len(proposals))
	err := s.write(ctx, func(tx *transaction) error {
		for i, p := range proposals {
			t, err := s.run(tx, p.TripID, func(t *trip.Trip) ([]trip.Event, error) { return nil, t.Propose(p) })
			if err != nil && !refusal(err) {
				return err
			}
			if err != nil {
				t = nil
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

// refusal reports whether err is an answer to a proposal.
func refusal(err error) bool {
	return fault.Is(err, fault.NotFound) || fault.Is(err, fault.WrongState) || fault.Is(err, fault.DriverClaimed)
}

// Unfinished is a page of trips that are not final, by id above after.
func (s *Store) Unfinished(ctx context.Context, after string, limit int) ([]*trip.Trip, error) {
	if err := usable(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i, there := s.place(after)
	if there {
		i++
	}
	end := min(i+max(limit, 0), len(s.unfinished))
	return append([]*trip.Trip(nil), s.unfinished[i:end]...), nil
}

// slots are the seats that a driver has.
const slots = 2

// ClaimedBy is the trips that hold a claim on the driver, by slot.
func (s *Store) ClaimedBy(ctx context.Context, driverID string) ([]*trip.Trip, error) {
	if err := usable(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var held []*trip.Trip
	for slot := range slots {
		if id, ok := s.claims[seat{driverID, slot}]; ok {
			held = append(held, s.trips[id])
		}
	}
	return held, nil
}

// Rated is the mean of the stars that a driver was given, and how many rated.
func (s *Store) Rated(ctx context.Context, driverID string) (mean float64, rated int, err error) {
	if err := usable(ctx); err != nil {
		return 0, 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stars := 0
	for _, t := range s.trips {
		if t.DriverID == driverID && t.Rating != nil {
			stars, rated = stars+t.Rating.Stars, rated+1
		}
	}
	return float64(stars) / float64(max(rated, 1)), rated, nil
}
