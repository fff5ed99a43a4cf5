// Package auth tells who is calling: it verifies JSON Web Tokens and issues
// them.
//
// A token has the claims sub (1 to 64 letters, digits, '-' or '_'), role
// (rider, driver or operator), aud (cabstand) and exp; sid, if an account signed
// in. It is signed with a key that all processes share (HS256), or by a provider
// whose public keys are fetched from a JWKS address. Which algorithms are accepted is fixed by the
// configuration, never by the token.
package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Audience is the aud claim of every token.
const Audience = "cabstand"

// MinKey is the least number of bytes of an HS256 key.
const MinKey = 32

// maxToken bounds what the verifier looks at.
const maxToken = 8 << 10

// leeway is how far the clocks of issuer and verifier may differ.
const leeway = 5 * time.Second

// Identity is who a token speaks for.
type Identity struct {
	Role    trip.Role // rider, driver or operator
	Subject string    // the rider's, driver's or operator's id
	Expires time.Time // of the token
	Session string    // of the account that signed in; "" for tokens of other kinds
}

// Actor is the identity as an actor on trips.
func (i Identity) Actor() trip.Actor { return trip.Actor{Role: i.Role, ID: i.Subject} }

// ParseRole checks that s is a role that a token can have.
func ParseRole(s string) (trip.Role, error) {
	switch r := trip.Role(s); r {
	case trip.Rider, trip.Driver, trip.Operator:
		return r, nil
	}
	return "", fault.Field("role", "%q is not accepted: rider, driver or operator", s)
}

// claims is the content of a token.
type claims struct {
	Role    string `json:"role"`
	Session string `json:"sid,omitempty"`
	jwt.RegisteredClaims
}

// Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	parser *jwt.Parser
	keys   func(context.Context) jwt.Keyfunc
	// ready tells whether there are keys at all; without, a good token cannot
	// be told from a bad one.
	ready func(context.Context) bool
	now   func() time.Time
	kept  kept
}

// NewVerifier verifies tokens that are signed with the key, or with an older one
// that is still accepted (HS256, at least [MinKey] bytes).
func NewVerifier(key []byte, now func() time.Time, older ...[]byte) (*Verifier, error) {
	keys, err := newRing(append([][]byte{key}, older...)...)
	if err != nil {
		return nil, err
	}
	return &Verifier{
		parser: newParser([]string{jwt.SigningMethodHS256.Alg()}, now),
		keys:   func(context.Context) jwt.Keyfunc { return keys.keyFor },
		ready:  func(context.Context) bool { return true },
		now:    now,
	}, nil
}

func checkKey(key []byte) error {
	if len(key) < MinKey {
		return fault.Field("auth-key", "%d bytes are too few: at least %d", len(key), MinKey)
	}
	return nil
}

func newParser(algorithms []string, now func() time.Time) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods(algorithms), jwt.WithExpirationRequired(), jwt.WithAudience(Audience),
		jwt.WithLeeway(leeway), jwt.WithTimeFunc(now), jwt.WithStrictDecoding(),
	)
}

// Verify is who the token speaks for; fault.Unauthenticated when it is not
// valid, fault.Unavailable while the verifier has no keys. A token that was
// verified is believed for five seconds, and not past its expiry.
func (v *Verifier) Verify(ctx context.Context, token string) (Identity, error) {
	if token == "" || len(token) > maxToken {
		return Identity{}, noToken()
	}
	hash, now := sha256.Sum256([]byte(token)), v.now()
	if who, ok := v.kept.find(hash, now); ok {
		return who, nil
	}
	who, err := v.verify(ctx, token)
	if err == nil {
		v.kept.keep(hash, who, now)
	}
	return who, err
}

func noToken() error {
	return fault.New(fault.Unauthenticated, "a token is needed: Authorization: Bearer <token>")
}

func (v *Verifier) verify(ctx context.Context, token string) (Identity, error) {
	var c claims
	if _, err := v.parser.ParseWithClaims(token, &c, v.keys(ctx)); err != nil {
		if errors.Is(err, jwt.ErrTokenUnverifiable) && !v.ready(ctx) {
			return Identity{}, fault.Wrap(err, fault.Unavailable, "the keys of the token issuer are not available")
		}
		return Identity{}, fault.Wrap(err, fault.Unauthenticated, "the token is not valid: "+whyInvalid(err))
	}
	role, err := ParseRole(c.Role)
	if err != nil {
		return Identity{}, fault.New(fault.Unauthenticated, "the token's role %q is not accepted: rider, driver or operator", c.Role)
	}
	if !driver.ValidID(c.Subject) {
		return Identity{}, fault.New(fault.Unauthenticated, "the token's sub %q is not accepted: 1 to 64 letters, digits, '-' or '_'", c.Subject)
	}
	return Identity{Role: role, Subject: c.Subject, Expires: c.ExpiresAt.Time, Session: c.Session}, nil
}

// whyInvalid tells a client what to mend, and nothing about keys.
func whyInvalid(err error) string {
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return "it expired"
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return "it is not valid yet"
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return "its aud is not " + Audience
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return "it needs the claims exp, aud, sub and role"
	case errors.Is(err, jwt.ErrTokenMalformed):
		return "it is not a JSON Web Token"
	}
	return "its signature is not accepted"
}

// Issuer signs tokens with a shared key (HS256).
type Issuer struct {
	key []byte
	now func() time.Time
}

// NewIssuer makes an issuer; the key has at least [MinKey] bytes.
func NewIssuer(key []byte, now func() time.Time) (*Issuer, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	return &Issuer{key: key, now: now}, nil
}

// Issue is a token for the subject in the role that is valid for ttl.
func (i *Issuer) Issue(role trip.Role, subject string, ttl time.Duration) (string, error) {
	return i.IssueIn("", role, subject, ttl)
}

// IssueIn is a token of a session, by which it can be revoked before it expires.
func (i *Issuer) IssueIn(session string, role trip.Role, subject string, ttl time.Duration) (string, error) {
	if _, err := ParseRole(string(role)); err != nil {
		return "", err
	}
	if !driver.ValidID(subject) {
		return "", fault.Field("sub", "%q is not accepted: 1 to 64 letters, digits, '-' or '_'", subject)
	}
	if ttl <= 0 {
		return "", fault.Field("ttl", "%v is not accepted: more than 0s", ttl)
	}
	now := i.now()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		Role: string(role), Session: session,
		RegisteredClaims: jwt.RegisteredClaims{
			Subject: subject, Audience: jwt.ClaimStrings{Audience},
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
		},
	})
	token.Header["kid"] = keyID(i.key)
	signed, err := token.SignedString(i.key)
	if err != nil {
		return "", fmt.Errorf("auth: sign: %w", err)
	}
	return signed, nil
}
