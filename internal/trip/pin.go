package trip

import (
	"time"

	"github.com/cabstand/cabstand/internal/fault"
)

// PIN is what a rider tells the driver at the pickup, so that nobody rides off
// with a stranger.
type PIN struct {
	Code     string    // four digits; "" where it is not known
	Required bool      // the ride starts with it
	Wrong    int       // how many wrong ones were tried since
	Since    time.Time // when the first of them was
	Last     time.Time // when the last of them was
}

// So many wrong PINs within so long, and the trip takes no more for a pause:
// whoever tries them all sits at the kerb for days.
const (
	pinTries  = 5
	pinWindow = 10 * time.Minute
	pinPause  = time.Minute
)

// check is why the PIN does not start the ride. A wrong one is counted.
func (p *PIN) check(pin string, now time.Time) error {
	if now.Sub(p.Since) >= pinWindow {
		p.Wrong = 0
	}
	if left := p.Last.Add(pinPause).Sub(now); p.Wrong >= pinTries && left > 0 {
		return fault.New(fault.RateLimited, "pin: %d wrong ones were tried: try again in %d s", p.Wrong, (left+time.Second-1)/time.Second)
	}
	if pin == p.Code {
		return nil
	}
	if p.Wrong == 0 {
		p.Since = now
	}
	p.Wrong, p.Last = p.Wrong+1, now
	return fault.New(fault.WrongPIN, "pin: it is not the rider's: ask the rider for the four digits")
}

// CheckPIN checks the form of a PIN that somebody sent in.
func CheckPIN(pin string) error {
	if len(pin) != 4 {
		return fault.Field("pin", "%q is not accepted: four digits", pin)
	}
	for _, c := range pin {
		if c < '0' || c > '9' {
			return fault.Field("pin", "%q is not accepted: four digits", pin)
		}
	}
	return nil
}

// StartWithPIN is [Trip.Start] by a driver who was told the rider's PIN, where it
// is required. A wrong one is counted, which changes the trip without an event:
// refused says why the ride did not start then. A repetition needs no PIN.
func (t *Trip) StartWithPIN(driverID, pin string, now time.Time) (events []Event, refused, err error) {
	started := t.Clone()
	if events, err = started.Start(driverID, now); err != nil || len(events) == 0 || !t.PIN.Required {
		*t = *started
		return events, nil, err
	}
	if pin == "" {
		return nil, nil, fault.New(fault.WrongPIN, "pin: it is missing: ask the rider for the four digits")
	}
	if refused = t.PIN.check(pin, now); refused != nil {
		return nil, refused, nil
	}
	events, err = t.Start(driverID, now)
	return events, nil, err
}
