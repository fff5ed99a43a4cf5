package auth_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// issuer is an OpenID provider whose keys are the provider's.
type issuer struct {
	*provider
	url    string
	verify *auth.Provider
}

// mustIssuer is one that says to be of the given issuer, its own address for "".
func mustIssuer(t testing.TB, says string) *issuer {
	t.Helper()
	i := &issuer{provider: mustProvider(t)}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/realms/cabs/.well-known/openid-configuration" {
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{
			"issuer": i.url + says, "jwks_uri": i.provider.url, "authorization_endpoint": i.url + "/auth", "token_endpoint": i.url + "/token",
		})
	}))
	t.Cleanup(web.Close)
	i.url = web.URL + "/realms/cabs"
	i.verify = auth.NewProvider(auth.ProviderOptions{
		Issuer: i.url, ClientID: "pages", RoleClaim: "realm.roles", Now: atNoon, Log: slog.New(slog.DiscardHandler),
	})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- i.verify.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return i
}

func (i *issuer) await(t testing.TB) {
	t.Helper()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for range 20_000 {
		if i.verify.Endpoints().Token != "" {
			return
		}
		<-again.C
	}
	t.Fatal("the provider was not found")
}

// idToken is a good one, but for what is given by names and values; nil leaves a
// claim out.
func (i *issuer) idToken(t *testing.T, changes ...any) string {
	t.Helper()
	c := jwt.MapClaims{
		"iss": i.url, "sub": "ada", "aud": "pages", "exp": noon.Add(time.Hour).Unix(), "iat": noon.Unix(),
		"realm": map[string]any{"roles": []string{"offline_access", "driver", "operator"}},
	}
	for n := 0; n < len(changes); n += 2 {
		name, value := changes[n].(string), changes[n+1]
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, c)
	token.Header["kid"] = "rsa"
	signed, err := token.SignedString(i.rsa)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestProvider_Verify(t *testing.T) {
	i := mustIssuer(t, "")
	i.await(t)
	if at := i.verify.Endpoints(); at.Authorization != i.url+"/auth" || at.Token != i.url+"/token" {
		t.Errorf("endpoints %+v", at)
	}
	long := strings.Repeat("x", 65)
	for name, c := range map[string]struct {
		token string
		want  auth.Identity
	}{
		"OK":           {i.idToken(t), auth.Identity{Role: trip.Driver, Subject: "ada"}},
		"OKOneOfTwo":   {i.idToken(t, "aud", []string{"other", "pages"}, "azp", "pages"), auth.Identity{Role: trip.Driver, Subject: "ada"}},
		"OKText":       {i.idToken(t, "realm", nil, "realm.roles", "rider"), auth.Identity{Role: trip.Rider, Subject: "ada"}},
		"OKForeignSub": {i.idToken(t, "sub", "ada@example.com"), auth.Identity{Role: trip.Driver, Subject: "oidc-b5fc85e55755f9e0d030a10ab4429b6b"}},
	} {
		got, err := i.verify.Verify(t.Context(), c.token)
		c.want.Expires = noon.Add(time.Hour)
		if err != nil || !got.Expires.Equal(c.want.Expires) || got.Role != c.want.Role || got.Subject != c.want.Subject || got.Session != "" {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, c.want)
		}
	}
	for name, token := range map[string]string{
		"OtherIssuer": i.idToken(t, "iss", "https://id.example"), "NoIssuer": i.idToken(t, "iss", nil),
		"OtherClient": i.idToken(t, "aud", "cabstand"), "NoClient": i.idToken(t, "aud", nil), "ForAnother": i.idToken(t, "azp", "other"),
		"Expired": i.idToken(t, "exp", noon.Add(-time.Minute).Unix()), "NoExpiry": i.idToken(t, "exp", nil), "NotYet": i.idToken(t, "nbf", noon.Add(time.Minute).Unix()),
		"NoRole": i.idToken(t, "realm", nil), "OtherRole": i.idToken(t, "realm", map[string]any{"roles": []string{"admin", "system"}}),
		"RoleElsewhere": i.idToken(t, "realm", nil, "role", "operator"), "NoSub": i.idToken(t, "sub", nil), "EmptySub": i.idToken(t, "sub", ""),
		"OtherKey": mustIssuer(t, "").idToken(t, "iss", i.url), "Nothing": "", "Nonsense": long,
	} {
		if got, err := i.verify.Verify(t.Context(), token); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// Whoever answers under the issuer's address for another issuer is not believed,
// and until somebody is, nobody is let in.
func TestProvider_OtherIssuer(t *testing.T) {
	i := mustIssuer(t, "/other")
	if got, err := i.verify.Verify(t.Context(), i.idToken(t)); !fault.Is(err, fault.Unavailable) {
		t.Errorf("%+v, %v", got, err)
	}
}

// Tokens of the installation and of the provider are each held against their own
// keys, whatever they say of themselves.
func TestBoth_Verify(t *testing.T) {
	i := mustIssuer(t, "")
	i.await(t)
	both := auth.Both{Own: mustVerifier(t, key), Provider: i.verify}
	for name, c := range map[string]struct {
		token string
		sub   string
	}{
		"Own": {mustIssue(t, trip.Rider, "r1", time.Hour), "r1"}, "Provider": {i.idToken(t), "ada"},
		"ProvidersKeyShared": {mustSign(t, jwt.SigningMethodHS256, goodClaims(), publicPEM(t, &i.rsa.PublicKey)), ""},
		"OwnClaimsByTheirs":  {i.sign(t, "rsa", jwt.SigningMethodRS256, i.rsa), ""},
		"None":               {mustSign(t, jwt.SigningMethodNone, goodClaims(), jwt.UnsafeAllowNoneSignatureType), ""},
		"Nothing":            {"", ""}, "Nonsense": {"a.b.c", ""},
	} {
		got, err := both.Verify(t.Context(), c.token)
		if c.sub == "" && !fault.Is(err, fault.Unauthenticated) || got.Subject != c.sub {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
