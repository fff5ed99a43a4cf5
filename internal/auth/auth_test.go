package auth_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

var (
	key  = bytes.Repeat([]byte("k"), auth.MinKey)
	noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
)

func atNoon() time.Time { return noon }

func mustVerifier(tb testing.TB, key []byte) *auth.Verifier {
	tb.Helper()
	v, err := auth.NewVerifier(key, atNoon)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func mustIssue(tb testing.TB, role trip.Role, sub string, ttl time.Duration) string {
	tb.Helper()
	issuer, err := auth.NewIssuer(key, atNoon)
	if err != nil {
		tb.Fatal(err)
	}
	token, err := issuer.Issue(role, sub, ttl)
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

func mustSign(tb testing.TB, method jwt.SigningMethod, claims jwt.MapClaims, key any) string {
	tb.Helper()
	token, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

func goodClaims() jwt.MapClaims {
	return jwt.MapClaims{"sub": "d1", "role": "driver", "aud": "cabstand", "exp": noon.Add(time.Hour).Unix()}
}

func with(name string, value any) jwt.MapClaims {
	c := goodClaims()
	c[name] = value
	if value == nil {
		delete(c, name)
	}
	return c
}

func TestVerifier_Verify(t *testing.T) {
	v := mustVerifier(t, key)
	for _, role := range []trip.Role{trip.Rider, trip.Driver, trip.Operator} {
		t.Run("OK"+string(role), func(t *testing.T) {
			got, err := v.Verify(t.Context(), mustIssue(t, role, "some-one_1", time.Hour))
			if err != nil || got.Role != role || got.Subject != "some-one_1" || !got.Expires.Equal(noon.Add(time.Hour)) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	good := mustSign(t, jwt.SigningMethodHS256, goodClaims(), key)
	if _, err := v.Verify(t.Context(), good); err != nil {
		t.Fatalf("the token that the cases below vary is refused: %v", err)
	}
	sign := func(c jwt.MapClaims) string { return mustSign(t, jwt.SigningMethodHS256, c, key) }
	for name, token := range map[string]string{
		"ErrEmpty":          "",
		"ErrNotAToken":      "hello",
		"ErrHuge":           strings.Repeat("a", 1<<20),
		"ErrAlgNone":        mustSign(t, jwt.SigningMethodNone, goodClaims(), jwt.UnsafeAllowNoneSignatureType),
		"ErrOtherAlg":       mustSign(t, jwt.SigningMethodHS512, goodClaims(), key),
		"ErrOtherKey":       mustSign(t, jwt.SigningMethodHS256, goodClaims(), bytes.Repeat([]byte("x"), 32)),
		"ErrExpired":        sign(with("exp", noon.Add(-time.Minute).Unix())),
		"ErrNoExpiry":       sign(with("exp", nil)),
		"ErrNotYet":         sign(with("nbf", noon.Add(time.Minute).Unix())),
		"ErrOtherAudience":  sign(with("aud", "elsewhere")),
		"ErrNoAudience":     sign(with("aud", nil)),
		"ErrUnknownRole":    sign(with("role", "admin")),
		"ErrSystemRole":     sign(with("role", "system")),
		"ErrNoRole":         sign(with("role", nil)),
		"ErrNoSubject":      sign(with("sub", nil)),
		"ErrHostileSubject": sign(with("sub", "d1.>")),
		"ErrNoSignature":    good[:strings.LastIndex(good, ".")+1],
		"ErrPadded":         good + "=",
	} {
		t.Run(name, func(t *testing.T) {
			if who, err := v.Verify(t.Context(), token); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("got %+v, %v; want unauthenticated", who, err)
			}
		})
	}
}

func TestVerifier_RefusesTamperedTokens(t *testing.T) {
	v := mustVerifier(t, key)
	token := mustIssue(t, trip.Rider, "r1", time.Hour)
	t.Run("AnyCharacterChanged", func(t *testing.T) {
		for i := range token {
			forged := []byte(token)
			forged[i] ^= 1
			if who, err := v.Verify(t.Context(), string(forged)); err == nil {
				t.Errorf("character %d changed, and it speaks for %+v", i, who)
			}
		}
	})
	t.Run("RoleChanged", func(t *testing.T) {
		parts := strings.Split(token, ".")
		body, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err != nil {
			t.Fatal(err)
		}
		parts[1] = base64.RawURLEncoding.EncodeToString(bytes.Replace(body, []byte(`"rider"`), []byte(`"operator"`), 1))
		if who, err := v.Verify(t.Context(), strings.Join(parts, ".")); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a rider became %+v, %v", who, err)
		}
	})
}

func TestShortKeysAreRefused(t *testing.T) {
	short := key[:auth.MinKey-1]
	if _, err := auth.NewVerifier(short, atNoon); !fault.Is(err, fault.Invalid) {
		t.Errorf("verifier: got %v", err)
	}
	if _, err := auth.NewIssuer(short, atNoon); !fault.Is(err, fault.Invalid) {
		t.Errorf("issuer: got %v", err)
	}
}

func TestIssuer_Issue(t *testing.T) {
	issuer, err := auth.NewIssuer(key, atNoon)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		role trip.Role
		sub  string
		ttl  time.Duration
	}{
		"ErrRole":    {trip.System, "x", time.Hour},
		"ErrSubject": {trip.Rider, "a b", time.Hour},
		"ErrTTL":     {trip.Rider, "x", 0},
	} {
		t.Run(name, func(t *testing.T) {
			if token, err := issuer.Issue(c.role, c.sub, c.ttl); !fault.Is(err, fault.Invalid) {
				t.Errorf("issued %q, %v", token, err)
			}
		})
	}
}

func FuzzVerifier_Verify(f *testing.F) {
	v := mustVerifier(f, key)
	good := mustIssue(f, trip.Rider, "r1", time.Hour)
	for _, token := range []string{good, "", "..", "e30.e30.", good + good} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := v.Verify(context.Background(), token); err == nil && token != good {
			t.Errorf("accepted %q", token)
		}
	})
}

// Tokens that were verified before are believed for a while; that lets in
// nobody else, and nobody for longer than the token says.
func TestVerifier_Again(t *testing.T) {
	now := noon
	v, err := auth.NewVerifier(key, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	token := mustIssue(t, trip.Rider, "r1", 3*time.Second)
	for range 3 {
		if who, err := v.Verify(t.Context(), token); err != nil || who.Subject != "r1" || who.Role != trip.Rider {
			t.Fatalf("%+v, %v", who, err)
		}
	}
	cut := token[:len(token)-4]
	if _, err := v.Verify(t.Context(), cut+"AAAA"); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("another signature: %v", err)
	}
	now = noon.Add(3*time.Second + 10*time.Second)
	if _, err := v.Verify(t.Context(), token); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("expired: %v", err)
	}
}
