package track

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// device is a tracking app as a dispatcher told of it.
type device struct {
	profile   driver.Profile
	available bool // while no session of the driver says otherwise
	pace      *rate.Limiter
}

// devices remembers by the hash of the token whose device it is, so that not
// each report is a question to a dispatcher, and reports go on while none
// answers. It is bounded in number; when it is full, any one makes room.
type devices struct {
	config Config
	asking chan struct{} // a place for each question under way

	mu      sync.Mutex
	known   map[string]knownDevice
	refused map[string]time.Time // until when
}

type knownDevice struct {
	device
	ask   time.Time // when to ask again
	until time.Time // when to forget it, if nobody answers
}

func newDevices(c Config) *devices {
	return &devices{
		config: c, asking: make(chan struct{}, c.DeviceAsks),
		known: map[string]knownDevice{}, refused: map[string]time.Time{},
	}
}

// errRevoked refuses a token that a dispatcher has refused a moment ago.
var errRevoked = fault.New(fault.Unauthenticated, "the device token is not known, or was revoked")

// recall is what is remembered of a token: a device, and whether it is due to be
// asked about; or fault.Unauthenticated for one that was refused.
func (ds *devices) recall(hash string, now time.Time) (d device, known, due bool, err error) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if now.Before(ds.refused[hash]) {
		return device{}, false, false, errRevoked
	}
	k, ok := ds.known[hash]
	if !ok || !now.Before(k.until) {
		return device{}, false, true, nil
	}
	return k.device, true, !now.Before(k.ask), nil
}

// keep remembers what a dispatcher said. Who had spent the pace has not got it
// back by that.
func (ds *devices) keep(hash string, p driver.Profile, available bool, now time.Time) device {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	k, ok := ds.known[hash]
	if !ok {
		makeRoom(ds.known, ds.config.Profiles)
		k.pace = rate.NewLimiter(rate.Limit(ds.config.PositionRate), ds.config.PositionBurst)
	}
	k.profile, k.available = p, available
	k.ask, k.until = now.Add(ds.config.DeviceFresh), now.Add(ds.config.ProfileTTL)
	ds.known[hash] = k
	delete(ds.refused, hash)
	return k.device
}

// postpone puts off the next question about a known device.
func (ds *devices) postpone(hash string, now time.Time) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if k, ok := ds.known[hash]; ok {
		k.ask = now.Add(ds.config.ReconnectEvery)
		ds.known[hash] = k
	}
}

// doubt lets the driver's devices be asked about at their next report.
func (ds *devices) doubt(driverID string) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	for hash, k := range ds.known {
		if k.profile.ID == driverID {
			k.ask = time.Time{}
			ds.known[hash] = k
		}
	}
}

func (ds *devices) refuse(hash string, now time.Time) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	delete(ds.known, hash)
	if _, ok := ds.refused[hash]; !ok {
		makeRoom(ds.refused, ds.config.Profiles)
	}
	ds.refused[hash] = now.Add(ds.config.DeviceFresh)
}

// sweep forgets what is of no use any more.
func (ds *devices) sweep(now time.Time) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	for hash, k := range ds.known {
		if !now.Before(k.until) {
			delete(ds.known, hash)
		}
	}
	for hash, until := range ds.refused {
		if !now.Before(until) {
			delete(ds.refused, hash)
		}
	}
}

// makeRoom drops any entry of a map that is full.
func makeRoom[K comparable, V any](m map[K]V, limit int) {
	for key := range m {
		if len(m) < limit {
			return
		}
		delete(m, key)
	}
}

// device is whose device the token's hash is of. The error is
// fault.Unauthenticated for a token that is not known or was revoked, and
// fault.Unavailable for one that is not known yet while no dispatcher answers.
func (t *Tracker) device(ctx context.Context, hash string) (device, error) {
	d, known, due, err := t.devices.recall(hash, t.now())
	if err != nil || !due {
		return d, err
	}
	asked, err := t.askDevice(ctx, hash)
	switch {
	case err == nil:
		return asked, nil
	case fault.Is(err, fault.Unauthenticated):
		t.devices.refuse(hash, t.now())
		return device{}, err
	case known:
		t.devices.postpone(hash, t.now())
		return d, nil
	}
	return device{}, fault.Wrap(err, fault.Unavailable, reasonNobody)
}

// askDevice asks a dispatcher, unless too many questions are under way.
func (t *Tracker) askDevice(ctx context.Context, hash string) (device, error) {
	select {
	case t.devices.asking <- struct{}{}:
		defer func() { <-t.devices.asking }()
	default:
		return device{}, fault.New(fault.Unavailable, "%d questions wait for a dispatcher already", cap(t.devices.asking))
	}
	ctx, cancel := context.WithTimeout(ctx, t.config.CommandTimeout)
	defer cancel()
	began := t.now()
	reply, err := t.commands.Do(ctx, wire.Command{Kind: wire.CommandDevice, Device: hash})
	if err == nil {
		err = reply.Fault()
	}
	t.metrics.Ordered(string(wire.CommandDevice), t.now().Sub(began), fault.CodeOf(err))
	if err == nil && reply.Profile == nil {
		err = fault.New(fault.Unavailable, "the dispatcher did not say whose device it is")
	}
	if err != nil {
		return device{}, err
	}
	return t.devices.keep(hash, reply.Profile.Profile(), reply.Available, t.now()), nil
}
