package auth_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

var newKey = bytes.Repeat([]byte("n"), auth.MinKey)

func mustIssueWith(tb testing.TB, key []byte) string {
	tb.Helper()
	issuer, err := auth.NewIssuer(key, atNoon)
	if err != nil {
		tb.Fatal(err)
	}
	token, err := issuer.Issue(trip.Rider, "r1", time.Hour)
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

// kidOf is the key id that the token names.
func kidOf(tb testing.TB, token string) string {
	tb.Helper()
	parsed, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	if err != nil {
		tb.Fatal(err)
	}
	id, _ := parsed.Header["kid"].(string)
	return id
}

// A key is changed in three steps, and at none of them is anybody signed out.
func TestVerifier_KeysAreChanged(t *testing.T) {
	signedOld, signedNew := mustIssueWith(t, key), mustIssueWith(t, newKey)
	if a, b := kidOf(t, signedOld), kidOf(t, signedNew); a == "" || b == "" || a == b {
		t.Fatalf("the tokens name the keys %q and %q", a, b)
	}
	withoutID := mustSign(t, jwt.SigningMethodHS256, goodClaims(), key)
	for _, step := range []struct {
		name     string
		sign     []byte
		accepted [][]byte
		ok, not  []string
	}{
		{"Before", key, nil, []string{signedOld, withoutID}, []string{signedNew}},
		{"NewIsAccepted", key, [][]byte{newKey}, []string{signedOld, signedNew, withoutID}, nil},
		{"NewSigns", newKey, [][]byte{key}, []string{signedOld, signedNew, withoutID}, nil},
		{"OldIsGone", newKey, nil, []string{signedNew}, []string{signedOld, withoutID}},
	} {
		t.Run(step.name, func(t *testing.T) {
			v, err := auth.NewVerifier(step.sign, atNoon, step.accepted...)
			if err != nil {
				t.Fatal(err)
			}
			for _, token := range step.ok {
				if who, err := v.Verify(t.Context(), token); err != nil || who.Subject == "" {
					t.Errorf("%+v, %v", who, err)
				}
			}
			for _, token := range step.not {
				if who, err := v.Verify(t.Context(), token); !fault.Is(err, fault.Unauthenticated) {
					t.Errorf("let in %+v, %v", who, err)
				}
			}
		})
	}
}

// A token that names one key and is signed with another is nobody's.
func TestVerifier_KeyIDOfAnotherKey(t *testing.T) {
	v, err := auth.NewVerifier(key, atNoon, newKey)
	if err != nil {
		t.Fatal(err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, goodClaims())
	token.Header["kid"] = kidOf(t, mustIssueWith(t, newKey))
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	if who, err := v.Verify(t.Context(), signed); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("let in %+v, %v", who, err)
	}
	if _, err := auth.NewVerifier(key, atNoon, newKey[1:]); !fault.Is(err, fault.Invalid) {
		t.Errorf("a short key beside a good one: %v", err)
	}
}

func TestLoadOrCreateKeys_OlderOnes(t *testing.T) {
	dir := t.TempDir()
	content := bytes.Join([][]byte{newKey, key, nil}, []byte("\n"))
	if err := os.WriteFile(filepath.Join(dir, "auth.key"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := auth.LoadOrCreateKeys(dir)
	if err != nil || len(keys) != 2 || !bytes.Equal(keys[0], newKey) || !bytes.Equal(keys[1], key) {
		t.Errorf("%q, %v", keys, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "auth.key"), append(content, "short\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if keys, err := auth.LoadOrCreateKeys(dir); err == nil {
		t.Errorf("took %q", keys)
	}
}
