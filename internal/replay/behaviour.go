package replay

import (
	"fmt"
	"math"
	"time"
)

// Behaviour is what riders and drivers are like.
type Behaviour struct {
	// Patience is the mean of how long a rider waits for a driver to be found
	// before giving up. It is gamma distributed; the larger PatienceShape, the more
	// alike the riders are. With 1 it is exponential: no rider remembers how long
	// the wait has been.
	Patience      time.Duration
	PatienceShape float64
	// A rider who is told how long the driver will take to the pickup gives up with
	// the probability 1 / (1 + exp((Balk - told) / BalkSpread)): at Balk every
	// second one does.
	Balk       time.Duration
	BalkSpread time.Duration

	Accept   float64       // the probability that a driver takes an offer
	Reaction time.Duration // of a driver to an offer
	Boarding time.Duration // from the driver's arrival to the start of the ride
}

// DefaultBehaviour is a city whose riders give up after five minutes on average
// without a driver, of whom one in thirty shies at five minutes to the pickup
// and one in six at ten, and whose drivers rarely say no.
var DefaultBehaviour = Behaviour{
	Patience: 300 * time.Second, PatienceShape: 2,
	Balk: 15 * time.Minute, BalkSpread: 3 * time.Minute,
	Accept: 0.98, Reaction: 3 * time.Second, Boarding: 30 * time.Second,
}

// Validate checks what was set; an error names the field as the flags do.
func (b Behaviour) Validate() error {
	switch {
	case b.Patience <= 0:
		return wrong("patience", b.Patience, "a duration above 0")
	case !(b.PatienceShape >= 0.1 && b.PatienceShape <= 1000):
		return wrong("patience-shape", b.PatienceShape, "0.1 to 1000")
	case b.Balk <= 0:
		return wrong("balk", b.Balk, "a duration above 0")
	case b.BalkSpread <= 0:
		return wrong("balk-spread", b.BalkSpread, "a duration above 0")
	case !(b.Accept > 0 && b.Accept <= 1):
		return wrong("accept", b.Accept, "a probability above 0, up to 1")
	case b.Reaction < 0:
		return wrong("reaction", b.Reaction, "0 or a duration")
	case b.Boarding < 0:
		return wrong("boarding", b.Boarding, "0 or a duration")
	}
	return nil
}

// SettingError names a setting whose value is not accepted.
type SettingError struct{ Setting, Value, Accepted string }

func (e *SettingError) Error() string {
	return fmt.Sprintf("%s: %q is not accepted: %s", e.Setting, e.Value, e.Accepted)
}

func wrong(setting string, value any, accepted string) error {
	return &SettingError{setting, fmt.Sprint(value), accepted}
}

// balks reports whether a rider of the given mood, uniform in [0, 1), gives up
// on being told how long the driver takes. Whoever bears a time bears a shorter
// one.
func (b Behaviour) balks(mood float64, told time.Duration) bool {
	return mood < 1/(1+math.Exp(float64(b.Balk-told)/float64(b.BalkSpread)))
}
