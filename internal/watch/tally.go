package watch

import (
	"slices"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// window is what the counts of a StatsFrame are about.
const window = 5 * time.Minute

// maxSamples bounds the memory of the tally: beyond it the oldest are forgotten
// before their time.
const maxSamples = 100_000

// sample is one thing that happened to a trip.
type sample struct {
	at   time.Time
	what what
	took time.Duration // since the request
}

type what int

const (
	requested what = iota
	assigned
	arrived
	completed
	cancelled
	expired
)

// tally is what happened within the window.
type tally struct{ samples []sample }

// count adds what happened to a trip since its older version, nil when it was
// unknown. It goes by the trip's times and not by events, so that a version
// that was missed is counted all the same.
func (c *tally) count(old, t *trip.Trip) {
	if old == nil {
		old = &trip.Trip{}
	}
	add := func(what what, before, at time.Time) {
		if !at.IsZero() && !at.Equal(before) {
			c.samples = append(c.samples, sample{at, what, at.Sub(t.RequestedAt)})
		}
	}
	add(requested, old.RequestedAt, t.RequestedAt)
	if t.Swaps == old.Swaps || old.AssignedAt.IsZero() { // a rider who is given a nearer driver was matched before
		add(assigned, old.AssignedAt, t.AssignedAt)
	}
	add(arrived, old.ArrivedAt, t.ArrivedAt)
	add(completed, old.CompletedAt, t.CompletedAt)
	add(cancelled, old.CancelledAt, t.CancelledAt)
	add(expired, old.ExpiredAt, t.ExpiredAt)
	if extra := len(c.samples) - maxSamples; extra > 0 {
		c.samples = slices.Delete(c.samples, 0, extra+maxSamples/10)
	}
}

// forget drops what happened before the given time.
func (c *tally) forget(before time.Time) {
	c.samples = slices.DeleteFunc(c.samples, func(s sample) bool { return s.at.Before(before) })
}

// stats counts the window that ends now. The drivers and what is degraded are
// the caller's to fill in.
func (b *book) stats(now time.Time) wire.StatsFrame {
	b.tally.forget(now.Add(-window))
	f := wire.StatsFrame{Type: wire.FrameStats, At: now.UTC(), WindowS: int(window / time.Second)}
	counts := map[what]*int{
		requested: &f.Requests, assigned: &f.Assigned, arrived: new(int),
		completed: &f.Completed, cancelled: &f.Cancelled, expired: &f.Expired,
	}
	took := map[what][]float64{}
	for _, s := range b.tally.samples {
		*counts[s.what]++
		took[s.what] = append(took[s.what], s.took.Seconds())
	}
	f.MatchS, f.PickupS = quantiles(took[assigned]), quantiles(took[arrived])
	for _, t := range b.trips {
		switch {
		case t.State == trip.Searching:
			f.Open++
		case t.State.HasDriver():
			f.Active++
		}
	}
	return f
}

// quantiles are by nearest rank. It sorts what it is given.
func quantiles(seconds []float64) wire.Quantiles {
	if len(seconds) == 0 {
		return wire.Quantiles{}
	}
	slices.Sort(seconds)
	rank := func(percent int) float64 { return seconds[(len(seconds)*percent+99)/100-1] }
	return wire.Quantiles{P50: rank(50), P95: rank(95)}
}
