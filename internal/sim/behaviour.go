package sim

import (
	"math/rand/v2"
	"time"
)

// Behaviour is how drivers and riders are: shares are 0 to 1.
type Behaviour struct {
	Decline float64 // share of offers that drivers decline
	Ignore  float64 // share of offers that drivers let run out
	Think   Span    // how long a driver looks at an offer
	Board   Span    // how long a rider takes to get in
	Stand   Span    // how long an idle driver stands before cruising on

	GiveUp   float64 // share of riders who cancel once their patience is over
	Patience Span    // how long those wait for a driver to be found
	Regret   float64 // share of riders who cancel after a driver was found
}

// Usual is how people mostly are.
var Usual = Behaviour{
	Decline: 0.04, Ignore: 0.01,
	Think: Span{time.Second, 5 * time.Second}, Board: Span{5 * time.Second, 25 * time.Second},
	Stand:  Span{10 * time.Second, 90 * time.Second},
	GiveUp: 0.5, Patience: Span{60 * time.Second, 240 * time.Second}, Regret: 0.02,
}

// Span is a range of times from which one is drawn.
type Span struct{ Min, Max time.Duration }

func (s Span) draw(rng *rand.Rand) time.Duration {
	if s.Max <= s.Min {
		return s.Min
	}
	return s.Min + time.Duration(rng.Int64N(int64(s.Max-s.Min)))
}

// around is d, a tenth more or less, so that a thousand phones that started
// together do not stay in step.
func around(d time.Duration, rng *rand.Rand) time.Duration {
	return Span{d * 9 / 10, d * 11 / 10}.draw(rng)
}
