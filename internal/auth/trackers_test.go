package auth_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// A tracker's token opens what is for trackers and nothing else, for a minute; no
// other token does.
func TestTrackers(t *testing.T) {
	secret, next := bytes.Repeat([]byte("k"), auth.MinKey), bytes.Repeat([]byte("n"), auth.MinKey)
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	make := func(secret []byte, older ...[]byte) *auth.Trackers {
		trackers, err := auth.NewTrackers(clock, secret, older...)
		if err != nil {
			t.Fatal(err)
		}
		return trackers
	}
	trackers := make(secret)
	token, err := trackers.Token()
	if err != nil {
		t.Fatal(err)
	}
	if err := make(secret).Verify(t.Context(), token); err != nil {
		t.Errorf("another program with the secret answers %v", err)
	}
	if err := make(next, secret).Verify(t.Context(), token); err != nil {
		t.Errorf("a program that accepts the secret still answers %v", err)
	}
	if err := make(next).Verify(t.Context(), token); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a program with another secret answers %v", err)
	}
	users, err := auth.NewVerifier(secret, clock)
	if err != nil {
		t.Fatal(err)
	}
	if who, err := users.Verify(t.Context(), token); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("as a user's the token is of %+v, %v", who, err)
	}
	issuer, err := auth.NewIssuer(secret, clock)
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []trip.Role{trip.Rider, trip.Driver, trip.Operator} {
		user, err := issuer.Issue(role, "tracker", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if err := trackers.Verify(t.Context(), user); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("the token of a %s answers %v", role, err)
		}
	}
	now = now.Add(time.Minute + 10*time.Second)
	if err := trackers.Verify(t.Context(), token); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("an expired token answers %v", err)
	}
	if _, err := auth.NewTrackers(clock, []byte("short")); err == nil {
		t.Error("a short secret is accepted")
	}
}
