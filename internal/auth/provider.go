package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// ProviderOptions say whose ID tokens are accepted, and for whom they are made.
type ProviderOptions struct {
	Issuer   string // as the tokens name it, and where /.well-known/openid-configuration is
	ClientID string // of the pages, which the tokens are for (aud)
	// RoleClaim is the claim with the role: a text, or a list of which the first
	// is taken that is a role; dots lead into objects (realm_access.roles).
	RoleClaim string
	Now       func() time.Time
	Log       *slog.Logger
}

// Provider verifies the ID tokens of an OpenID Connect provider. It finds out by
// itself where the provider's keys are, which takes [Provider.Run].
//
// A sub that cannot be an id here (an address, say) becomes "oidc-" and the first
// 32 hexadecimal digits of its SHA-256.
type Provider struct {
	ProviderOptions
	parser *jwt.Parser
	client *http.Client
	found  atomic.Pointer[discovered]
	kept   kept
}

// discovered is what the provider says of itself.
type discovered struct {
	Endpoints
	Issuer  string `json:"issuer"`
	JWKSURL string `json:"jwks_uri"`
	keys    *Verifier
	forget  context.CancelFunc // ends the refreshing of keys
}

// Endpoints are where pages send people to sign in, and ask for tokens.
type Endpoints struct {
	Authorization string `json:"authorization_endpoint"`
	Token         string `json:"token_endpoint"`
}

// How often the provider is asked about itself: until it answers, and then.
const (
	discoverAgain = 5 * time.Second
	discoverEvery = time.Hour
)

// NewProvider makes a verifier that knows no keys before Run.
func NewProvider(o ProviderOptions) *Provider {
	return &Provider{
		ProviderOptions: o,
		parser: jwt.NewParser(
			jwt.WithValidMethods(jwksAlgorithms), jwt.WithExpirationRequired(), jwt.WithIssuer(o.Issuer), jwt.WithAudience(o.ClientID),
			jwt.WithLeeway(leeway), jwt.WithTimeFunc(o.Now), jwt.WithStrictDecoding(),
		),
		client: &http.Client{Transport: bounded{http.DefaultTransport}, Timeout: jwksTimeout},
	}
}

// Run finds out about the provider, again and again, until ctx ends. While the
// provider is away what it said last holds.
func (p *Provider) Run(ctx context.Context) error {
	defer func() { p.found.Load().end() }()
	failing := false
	for {
		pause := discoverEvery
		err := p.discover(ctx)
		if err != nil {
			pause = discoverAgain
		}
		if err != nil && !failing && ctx.Err() == nil {
			p.Log.Warn("the OpenID provider cannot be asked; trying again", "issuer", p.Issuer, "err", err)
		}
		failing = err != nil
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

func (d *discovered) end() {
	if d != nil {
		d.forget()
	}
}

func (p *Provider) discover(ctx context.Context) error {
	said, err := p.fetch(ctx)
	if err != nil {
		return err
	}
	before := p.found.Load()
	if before != nil && before.JWKSURL == said.JWKSURL {
		said.keys, said.forget = before.keys, before.forget
		p.found.Store(said)
		return nil
	}
	keysCtx, forget := context.WithCancel(context.WithoutCancel(ctx))
	if said.keys, err = NewJWKSVerifier(keysCtx, said.JWKSURL, p.Now, p.Log); err != nil {
		forget()
		return err
	}
	said.forget = forget
	p.found.Store(said)
	before.end()
	return nil
}

// fetch reads the provider's configuration, which has to be of this issuer.
func (p *Provider) fetch(ctx context.Context) (*discovered, error) {
	address := strings.TrimRight(p.Issuer, "/") + "/.well-known/openid-configuration"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := p.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: HTTP status %d", address, response.StatusCode)
	}
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	said := &discovered{}
	if err := json.Unmarshal(data, said); err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	if said.Issuer != p.Issuer {
		return nil, fmt.Errorf("%s is of the issuer %q, not of %q", address, said.Issuer, p.Issuer)
	}
	return said, nil
}

// Endpoints are what the provider said; empty while it has not.
func (p *Provider) Endpoints() Endpoints {
	if d := p.found.Load(); d != nil {
		return d.Endpoints
	}
	return Endpoints{}
}

// Verify is who the ID token speaks for; the errors are those of
// [Verifier.Verify].
func (p *Provider) Verify(ctx context.Context, token string) (Identity, error) {
	if token == "" || len(token) > maxToken {
		return Identity{}, noToken()
	}
	hash, now := sha256.Sum256([]byte(token)), p.Now()
	if who, ok := p.kept.find(hash, now); ok {
		return who, nil
	}
	who, err := p.verify(ctx, token)
	if err == nil {
		p.kept.keep(hash, who, now)
	}
	return who, err
}

func (p *Provider) verify(ctx context.Context, token string) (Identity, error) {
	d := p.found.Load()
	if d == nil {
		return Identity{}, fault.New(fault.Unavailable, "the OpenID provider has not answered yet")
	}
	c := jwt.MapClaims{}
	if _, err := p.parser.ParseWithClaims(token, c, d.keys.keys(ctx)); err != nil {
		if errors.Is(err, jwt.ErrTokenUnverifiable) && !d.keys.ready(ctx) {
			return Identity{}, fault.Wrap(err, fault.Unavailable, "the keys of the token issuer are not available")
		}
		return Identity{}, fault.Wrap(err, fault.Unauthenticated, "the token is not valid: "+p.whyInvalid(err))
	}
	return p.identity(c)
}

// whyInvalid is what is wrong with an ID token, where that is not as with others.
func (p *Provider) whyInvalid(err error) string {
	switch {
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return "its aud is not " + p.ClientID
	case errors.Is(err, jwt.ErrTokenInvalidIssuer):
		return "its iss is not " + p.Issuer
	}
	return whyInvalid(err)
}

func (p *Provider) identity(c jwt.MapClaims) (Identity, error) {
	if azp, ok := c["azp"]; ok && azp != p.ClientID {
		return Identity{}, fault.New(fault.Unauthenticated, "the token is not valid: it was made for another client")
	}
	role, ok := roleOf(claimAt(c, p.RoleClaim))
	if !ok {
		return Identity{}, fault.New(fault.Unauthenticated, "the token's claim %s has no role: rider, driver or operator", p.RoleClaim)
	}
	sub, err := c.GetSubject()
	if err != nil || sub == "" {
		return Identity{}, fault.New(fault.Unauthenticated, "the token has no sub")
	}
	expires, err := c.GetExpirationTime()
	if err != nil || expires == nil {
		return Identity{}, fault.New(fault.Unauthenticated, "the token has no exp")
	}
	return Identity{Role: role, Subject: idOf(sub), Expires: expires.Time}, nil
}

// claimAt is the claim of the name, or that to which its dots lead; nil for none.
func claimAt(c map[string]any, name string) any {
	if v, ok := c[name]; ok {
		return v
	}
	head, rest, dotted := strings.Cut(name, ".")
	inner, ok := c[head].(map[string]any)
	if !dotted || !ok {
		return nil
	}
	return claimAt(inner, rest)
}

// roleOf is the role that a claim names.
func roleOf(claim any) (trip.Role, bool) {
	switch v := claim.(type) {
	case string:
		role, err := ParseRole(v)
		return role, err == nil
	case []any:
		for _, one := range v {
			if name, ok := one.(string); ok {
				if role, err := ParseRole(name); err == nil {
					return role, true
				}
			}
		}
	}
	return "", false
}

// idOf is the id under which somebody is known here.
func idOf(sub string) string {
	if driver.ValidID(sub) {
		return sub
	}
	sum := sha256.Sum256([]byte(sub))
	return "oidc-" + hex.EncodeToString(sum[:16])
}

// Both accepts the tokens of this installation, signed by its own key, and those
// of a provider. Each is held against its own keys and algorithms alone: what the
// token says of itself chooses who looks at it, and nothing else.
type Both struct {
	Own      *Verifier
	Provider *Provider
}

// Verify is who the token speaks for, see [Verifier.Verify].
func (b Both) Verify(ctx context.Context, token string) (Identity, error) {
	if shared(token) {
		return b.Own.Verify(ctx, token)
	}
	return b.Provider.Verify(ctx, token)
}

// shared reports whether the token says that it is signed by a shared key.
func shared(token string) bool {
	head, _, _ := strings.Cut(token, ".")
	data, err := base64.RawURLEncoding.DecodeString(head)
	var header struct {
		Algorithm string `json:"alg"`
	}
	return err != nil || json.Unmarshal(data, &header) != nil || header.Algorithm == "" || strings.HasPrefix(header.Algorithm, "HS")
}
