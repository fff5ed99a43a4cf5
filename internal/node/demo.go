package node

import (
	"context"
	"fmt"
	"time"

	"github.com/cabstand/cabstand/internal/auth"
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
	issuer, err := auth.NewIssuer(key, time.Now)
	if err != nil {
		return nil, err
	}
	city := sim.NewCity(c.DemoSeed)
	p.node.task("demo", func(ctx context.Context) error {
		token := func(role, sub string) (string, error) { return issuer.Issue(trip.Role(role), sub, demoTTL) }
		return sim.Demo(ctx, p.node.URL(), token, city, c.DemoSeed, c.DemoFleet)
	})
	return &place{
		name: city.Name, center: city.Center(), bounds: city.Bounds(), baseMap: city.BaseMap(), graph: city.Graph,
		token: func(role string) (string, error) { return visitor(issuer, role) },
	}, nil
}

// visitor is a token for somebody who looks at the demo's pages.
func visitor(issuer *auth.Issuer, role string) (string, error) {
	r, err := auth.ParseRole(role)
	if err != nil {
		return "", err
	}
	return issuer.Issue(r, fmt.Sprintf("visitor-%s", role), visitorTTL)
}
