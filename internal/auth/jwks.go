package auth

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"

	"github.com/cabstand/cabstand/internal/fault"
)

// What a provider may sign with: asymmetric only, so that a public key can
// never be taken for a shared one.
var jwksAlgorithms = []string{
	jwt.SigningMethodRS256.Alg(), jwt.SigningMethodES256.Alg(), jwt.SigningMethodEdDSA.Alg(),
}

const (
	jwksTimeout = 5 * time.Second
	jwksRefresh = 10 * time.Minute
	// A token with an unknown key id makes the keys be fetched anew, so that a
	// rotation is seen at once, but no more often than this: tokens are cheap to
	// invent.
	jwksUnknownKey = 30 * time.Second
	jwksMost       = 1 << 20 // bytes of the answer that are read
)

// bounded cuts off answers that are longer than any set of keys: what follows
// is not read, and what was is not JSON then.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = http.MaxBytesReader(nil, res.Body, jwksMost)
	}
	return res, err
}

// NewJWKSVerifier verifies tokens with the public keys at the address (RS256,
// ES256 or EdDSA). The keys are refreshed until ctx ends. An address that does
// not answer is no error: it is asked again, and until it did once
// [Verifier.Verify] gives fault.Unavailable. Keys that it gave are believed until
// it gives others.
func NewJWKSVerifier(ctx context.Context, address string, now func() time.Time, log *slog.Logger) (*Verifier, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fault.Field("jwks-url", "is not accepted: an http or https address")
	}
	told := (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String() // an address may hold a secret
	keys, err := keyfunc.NewDefaultOverrideCtx(ctx, []string{address}, keyfunc.Override{
		Client:            &http.Client{Transport: bounded{http.DefaultTransport}},
		HTTPTimeout:       jwksTimeout,
		RefreshInterval:   jwksRefresh,
		RefreshUnknownKID: rate.NewLimiter(rate.Every(jwksUnknownKey), 1),
		RateLimitWaitMax:  100 * time.Millisecond, // hardly a request waits for its turn to refresh, and none is refused for a busy moment
		RefreshErrorHandlerFunc: func(string) func(context.Context, error) {
			return func(_ context.Context, err error) {
				if asked := (*url.Error)(nil); errors.As(err, &asked) {
					err = asked.Err // without the address
				}
				log.Warn("keys not refreshed", "url", told, "err", err)
			}
		},
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "jwks-url: "+told+" cannot be used")
	}
	return &Verifier{
		parser: newParser(jwksAlgorithms, now),
		keys:   keys.KeyfuncCtx,
		now:    now,
		ready: func(ctx context.Context) bool {
			known, err := keys.Storage().KeyReadAll(ctx)
			return err == nil && len(known) > 0
		},
	}, nil
}
