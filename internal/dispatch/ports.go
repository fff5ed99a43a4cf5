package dispatch

import (
	"context"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/match"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Trips is the store of trips. Its errors are faults: NotFound, DriverClaimed,
// KeyReused, Unavailable, and whatever the given function returned.
type Trips interface {
	// Create stores a new trip and its events. With once, the same actor and key
	// again store nothing and return the first answer; the same key with another
	// digest is fault.KeyReused. first is nil when the trip was stored.
	Create(ctx context.Context, t *trip.Trip, events []trip.Event, once *trip.Once) (first *trip.Once, err error)
	// Trip reads one trip with its newest offer.
	Trip(ctx context.Context, id string) (*trip.Trip, error)
	// TripOfOffer is the id of the trip that the offer was made for.
	TripOfOffer(ctx context.Context, offerID string) (string, error)
	// Update changes one trip in one transaction: trip, offer, claim, events and
	// outbox. change is pure and may run again. When it returns an error nothing
	// is stored and the error is returned as it is.
	Update(ctx context.Context, id string, change func(*trip.Trip) ([]trip.Event, error)) (*trip.Trip, error)
	// Offer makes many offers, with their claims, in one transaction, and says
	// of each what became of it. A refusal of one does not touch the others; of
	// two proposals for one driver or one trip the first that fits is taken.
	Offer(ctx context.Context, proposals []trip.Proposal) ([]trip.Outcome, error)
	// Exchange makes all the moves in one transaction, or none: the claims that
	// they give up are gone before the new ones are made, so that drivers may
	// trade trips in chains and circles. It returns the trips in the order of the
	// moves. WrongState, DriverClaimed and NotFound refuse the whole.
	Exchange(ctx context.Context, moves []trip.Move) ([]*trip.Trip, error)
	// Unfinished is a page of trips that are not final, with their newest
	// offers, by id above after. A page shorter than limit is the last.
	Unfinished(ctx context.Context, after string, limit int) ([]*trip.Trip, error)
	// ClaimedBy is the trips that hold a claim on the driver, by slot.
	ClaimedBy(ctx context.Context, driverID string) ([]*trip.Trip, error)
}

// Tracks is the store of the ways that were driven. While a trip is ridden, its
// way comes in parts; the track is made of them, and replaces them in the end.
type Tracks interface {
	// AddPart keeps a part. The same part again (by trip and first fix) changes
	// nothing, but a longer one takes the place of a shorter. Once limit fixes or
	// more are kept for the trip, and for a trip that there is not, the part is
	// dropped.
	AddPart(ctx context.Context, p trip.Part, limit int) error
	// Fixes is what the parts of the trip hold, part by part.
	Fixes(ctx context.Context, tripID string) ([]trip.Fix, error)
	// DropParts forgets the parts of the trip.
	DropParts(ctx context.Context, tripID string) error
	// SaveTrack keeps the track, and its length with the trip, in place of one
	// that was made of as many fixes or fewer.
	SaveTrack(ctx context.Context, t trip.Track) error
	// Unsettled is trips that ended before the given time and still have parts, by
	// id.
	Unsettled(ctx context.Context, before time.Time, limit int) (tripIDs []string, err error)
}

// Drivers is the registry.
type Drivers interface {
	// Driver reads one profile; fault.NotFound if there is none.
	Driver(ctx context.Context, id string) (driver.Profile, error)
	// Device reads the device whose token has the hash; fault.NotFound if there is
	// none.
	Device(ctx context.Context, hash string) (driver.Device, error)
}

// Estimator tells how long driving takes. It never fails: where the better
// source is silent it stands on a lower rung.
type Estimator interface {
	// Times is the driving time from each of the points to one, and the rung of
	// the ladder that it stands on. A negative time means that there is no way.
	Times(ctx context.Context, from []geo.Point, to geo.Point) ([]time.Duration, match.Rung)
}

// Finder tells where a driver is. ok is false for one who is not online; partial
// says that what is told may be behind.
type Finder interface {
	Locate(ctx context.Context, driverID string) (at driver.Location, ok, partial bool, err error)
}

// Pusher sends to a driver's open session, wherever it is. Best effort.
type Pusher interface {
	Push(ctx context.Context, driverID string, p wire.Push) error
}

// Feed is the stream of drivers' positions by owner cell.
type Feed interface {
	// Follow calls fn with each batch of the cell until stop is called. fn must
	// not block.
	Follow(cell geo.Cell, fn func([]driver.Location)) (stop func(), err error)
}

// Beats tells that trackers live, also while no driver says anything.
type Beats interface {
	// OnBeat calls fn at each sign of life of any tracker until stop is called. fn
	// must not block.
	OnBeat(fn func()) (stop func(), err error)
}

// Locations is the shared store of where drivers are: it seeds the index of
// cells that are new here, and stands in while the feed is silent. While a part
// of it is gone, what the rest knows comes beside an error that has
// Undelivered() []int, and nobody waits for the part.
type Locations interface {
	InCells(ctx context.Context, cells []geo.Cell) ([]driver.Location, error)
	Locations(ctx context.Context, driverIDs []string) ([]driver.Location, error)
}

// Peers tells who else dispatches.
type Peers interface {
	// Live is the ids of the live dispatchers, this one included, sorted.
	Live() []string
}

// Signals carries news of trips between dispatchers. Best effort: the sweep
// finds what got lost.
type Signals interface {
	// Nudge tells every dispatcher, this one included, that the trip changed.
	Nudge(ctx context.Context, n wire.Nudge) error
	// OnNudge calls fn with each nudge until stop is called. fn must not block.
	OnNudge(fn func(wire.Nudge)) (stop func(), err error)
	// Subscribe calls fn with each trip event until stop is called. fn must not
	// block.
	Subscribe(fn func(trip.Event)) (stop func(), err error)
}
