package node

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/sim"
	"github.com/cabstand/cabstand/internal/trip"
)

// The demo's own drivers and riders are let in for longer than a demo runs;
// whoever looks at its pages for a day, by a key that outlives it.
const (
	demoTTL    = 7 * 24 * time.Hour
	visitorTTL = 24 * time.Hour
)

// city is the demo's where there is one, else the configured one.
func (p *parts) city(ctx context.Context, c EmbeddedConfig, key []byte) (*place, error) {
	if c.Demo {
		return p.demo(c, key)
	}
	return c.Streets.city(ctx, p.log)
}

// demo makes the synthetic city and lets it live once the node listens, where
// that is asked for. Its drivers and riders come in by the
// public interface, like everybody.
func (p *parts) demo(c EmbeddedConfig, key []byte) (*place, error) {
	issuer, err := auth.NewIssuer(key, p.clock.Now)
	if err != nil {
		return nil, err
	}
	city := sim.NewCity(c.DemoSeed)
	visitors := &visitors{drivers: p.store, issue: issuer.Issue, now: p.clock.Now}
	p.node.task("demo", func(ctx context.Context) error {
		token := func(role, sub string) (string, error) { return issuer.Issue(trip.Role(role), sub, demoTTL) }
		return sim.Demo(ctx, sim.Stage{
			Target: p.node.URL(), Token: token, City: city, Seed: c.DemoSeed, Drivers: c.DemoFleet, Enrol: visitors.enrol,
			Stranger: p.visitorSays,
		})
	})
	return &place{
		name: city.Name, center: city.Center(), bounds: city.Bounds(), baseMap: city.BaseMap(), graph: city.Graph,
		visitors: visitors,
	}, nil
}

// visitorSays is the PIN that a visitor's page shows: its user stands beside no car
// to say it to the driver. The PIN of anybody else is not told.
func (p *parts) visitorSays(ctx context.Context, tripID string) string {
	t, err := p.store.Trip(ctx, tripID)
	if err != nil || !visitorPattern.MatchString(t.RiderID) {
		return ""
	}
	return t.PIN.Code
}

// visitors lets in who looks at the demo's pages, each as somebody of their own.
type visitors struct {
	drivers interface {
		Register(ctx context.Context, p driver.Profile, log ...audit.Entry) (stored driver.Profile, created bool, err error)
	}
	issue func(role trip.Role, sub string, ttl time.Duration) (string, error)
	now   func() time.Time
}

// Visitors are known by 80 random bits, which nobody else knows.
const visitorBytes = 10

var (
	visitorPattern  = regexp.MustCompile(`^visitor-(rider|driver|operator)-[a-z2-7]{16}$`)
	visitorAlphabet = base32.StdEncoding.WithPadding(base32.NoPadding)
)

// Visit lets a visitor in, see [api.Demo].
func (v *visitors) Visit(ctx context.Context, role trip.Role, sub string) (api.Visit, error) {
	prefix := fmt.Sprintf("visitor-%s-", role)
	switch {
	case sub == "":
		sub = prefix + newVisitor()
	case !visitorPattern.MatchString(sub) || !strings.HasPrefix(sub, prefix):
		return api.Visit{}, fault.Field("sub", "%q is not accepted: the sub of an answer to the role %s, or none", sub, role)
	}
	if role == trip.Driver {
		if err := v.register(ctx, sub); err != nil {
			return api.Visit{}, err
		}
	}
	token, err := v.issue(role, sub, visitorTTL)
	if err != nil {
		return api.Visit{}, err
	}
	return api.Visit{Token: token, Sub: sub, ExpiresAt: v.now().Add(visitorTTL).UTC().Truncate(time.Second)}, nil
}

// register makes a driver of the visitor.
func (v *visitors) register(ctx context.Context, sub string) error {
	tail := strings.ToUpper(sub[len(sub)-4:])
	return v.enrol(ctx, driver.Profile{
		ID: sub, Name: "Visitor " + tail, Class: driver.Standard, Seats: 4,
		Vehicle: driver.Vehicle{Plate: "CAB " + tail, Make: "Checker", Colour: "yellow"},
	})
}

// enrol stores a driver of the demo. One who was registered before, and perhaps
// changed by an operator since, stays as is.
func (v *visitors) enrol(ctx context.Context, p driver.Profile) error {
	p.CreatedAt = v.now().UTC()
	_, _, err := v.drivers.Register(ctx, p)
	if fault.Is(err, fault.AlreadyExists) {
		return nil
	}
	return err
}

func newVisitor() string {
	random := make([]byte, visitorBytes)
	_, _ = rand.Read(random) // it never fails
	return strings.ToLower(visitorAlphabet.EncodeToString(random))
}
