package auth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/fault"
)

// provider is an issuer of tokens with a JWKS address.
type provider struct {
	rsa  *rsa.PrivateKey
	ec   *ecdsa.PrivateKey
	ed   ed25519.PrivateKey
	down atomic.Bool
	long atomic.Bool  // answers almost without an end
	sent atomic.Int64 // bytes of such answers
	kid  atomic.Value // of the RSA key, if not "rsa"
	asks atomic.Int64
	url  string
}

func mustProvider(tb testing.TB) *provider {
	tb.Helper()
	var p provider
	var err1, err2, err3 error
	p.rsa, err1 = rsa.GenerateKey(rand.Reader, 2048)
	p.ec, err2 = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, p.ed, err3 = ed25519.GenerateKey(rand.Reader)
	if err1 != nil || err2 != nil || err3 != nil {
		tb.Fatal(err1, err2, err3)
	}
	srv := httptest.NewServer(http.HandlerFunc(p.serve))
	tb.Cleanup(srv.Close)
	p.url = srv.URL
	return &p
}

func (p *provider) serve(w http.ResponseWriter, _ *http.Request) {
	p.asks.Add(1)
	if p.long.Load() {
		_, err := io.WriteString(w, `{"keys":[`)
		for padding := strings.Repeat(" ", 1<<16); err == nil && p.sent.Load() < 64<<20; p.sent.Add(1 << 16) {
			_, err = io.WriteString(w, padding)
		}
		return
	}
	if p.down.Load() {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	kid, ok := p.kid.Load().(string)
	if !ok {
		kid = "rsa"
	}
	b64 := base64.RawURLEncoding.EncodeToString
	point, err := p.ec.PublicKey.Bytes() // 4, x, y
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"keys": []map[string]string{
		{"kty": "RSA", "kid": kid, "n": b64(p.rsa.N.Bytes()), "e": b64(big.NewInt(int64(p.rsa.E)).Bytes())},
		{"kty": "EC", "kid": "ec", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])},
		{"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": b64(p.ed.Public().(ed25519.PublicKey))},
	}})
}

func (p *provider) sign(tb testing.TB, kid string, method jwt.SigningMethod, key any) string {
	tb.Helper()
	token := jwt.NewWithClaims(method, goodClaims())
	token.Header["kid"] = kid
	signed, err := token.SignedString(key)
	if err != nil {
		tb.Fatal(err)
	}
	return signed
}

func mustJWKSVerifier(tb testing.TB, address string) *auth.Verifier {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	tb.Cleanup(cancel)
	v, err := auth.NewJWKSVerifier(ctx, address, atNoon, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func TestJWKSVerifier_Verify(t *testing.T) {
	p := mustProvider(t)
	v := mustJWKSVerifier(t, p.url)
	for name, token := range map[string]string{
		"OKRSA":   p.sign(t, "rsa", jwt.SigningMethodRS256, p.rsa),
		"OKEC":    p.sign(t, "ec", jwt.SigningMethodES256, p.ec),
		"OKEdDSA": p.sign(t, "ed", jwt.SigningMethodEdDSA, p.ed),
	} {
		t.Run(name, func(t *testing.T) {
			if who, err := v.Verify(t.Context(), token); err != nil || who.Subject != "d1" {
				t.Errorf("got %+v, %v", who, err)
			}
		})
	}
	other := mustProvider(t)
	for name, token := range map[string]string{
		"ErrOtherKey":       p.sign(t, "rsa", jwt.SigningMethodRS256, other.rsa),
		"ErrUnknownKeyID":   p.sign(t, "nobody", jwt.SigningMethodRS256, p.rsa),
		"ErrOtherAlgorithm": p.sign(t, "rsa", jwt.SigningMethodRS512, p.rsa),
		"ErrAlgNone":        p.sign(t, "rsa", jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType),
		// The classic confusion: the public key taken for a shared one.
		"ErrPublicKeyAsHMAC": p.sign(t, "rsa", jwt.SigningMethodHS256, publicPEM(t, &p.rsa.PublicKey)),
	} {
		t.Run(name, func(t *testing.T) {
			if who, err := v.Verify(t.Context(), token); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("got %+v, %v; want unauthenticated", who, err)
			}
		})
	}
}

func publicPEM(tb testing.TB, key crypto.PublicKey) []byte {
	tb.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// While the provider has not answered yet, a token is neither good nor bad: the
// client is told to try again, not to sign in.
func TestJWKSVerifier_ProviderDownAtStart(t *testing.T) {
	p := mustProvider(t)
	p.down.Store(true)
	v := mustJWKSVerifier(t, p.url)
	token := p.sign(t, "rsa", jwt.SigningMethodRS256, p.rsa)
	if who, err := v.Verify(t.Context(), token); !fault.Is(err, fault.Unavailable) {
		t.Errorf("down: got %+v, %v; want unavailable", who, err)
	}
}

// A key that nobody knows yet is fetched at once; inventing key ids makes no
// more than one request to the provider.
func TestJWKSVerifier_RotationAtTheProvider(t *testing.T) {
	p := mustProvider(t)
	v := mustJWKSVerifier(t, p.url)
	p.kid.Store("next")
	token := p.sign(t, "next", jwt.SigningMethodRS256, p.rsa)
	if who, err := v.Verify(t.Context(), token); err != nil || who.Subject != "d1" {
		t.Fatalf("signed with the provider's new key: %+v, %v", who, err)
	}
	asked := p.asks.Load()
	for range 20 {
		invented := p.sign(t, rand.Text(), jwt.SigningMethodRS256, p.rsa)
		if _, err := v.Verify(t.Context(), invented); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("invented key id: %v", err)
		}
	}
	if more := p.asks.Load() - asked; more > 1 {
		t.Errorf("20 invented key ids made %d requests", more)
	}
}

// Keys that were fetched stay good while the provider is away, and what is no
// set of keys does not take their place.
func TestJWKSVerifier_ProviderAway(t *testing.T) {
	for name, away := range map[string]func(*provider){
		"Down":       func(p *provider) { p.down.Store(true) },
		"WithoutEnd": func(p *provider) { p.long.Store(true) },
	} {
		t.Run(name, func(t *testing.T) {
			p := mustProvider(t)
			v := mustJWKSVerifier(t, p.url)
			away(p)
			unknown := p.sign(t, "unknown", jwt.SigningMethodRS256, p.rsa)
			if _, err := v.Verify(t.Context(), unknown); !fault.Is(err, fault.Unauthenticated) { // asks the provider
				t.Errorf("unknown key: %v", err)
			}
			if p.asks.Load() != 2 {
				t.Fatalf("the provider was asked %d times, want 2", p.asks.Load())
			}
			if who, err := v.Verify(t.Context(), p.sign(t, "rsa", jwt.SigningMethodRS256, p.rsa)); err != nil {
				t.Errorf("known key: %+v, %v", who, err)
			}
			if sent := p.sent.Load(); sent > 32<<20 {
				t.Errorf("%d MiB of an endless answer were read", sent>>20)
			}
		})
	}
}

func TestNewJWKSVerifier_RefusesAddresses(t *testing.T) {
	for _, address := range []string{"", "keys.json", "ftp://example.org/keys", "https://"} {
		if _, err := auth.NewJWKSVerifier(t.Context(), address, atNoon, slog.New(slog.DiscardHandler)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v", address, err)
		}
	}
}
