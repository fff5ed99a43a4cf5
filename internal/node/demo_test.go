package node

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/sqlite"
	"github.com/cabstand/cabstand/internal/trip"
)

func mustVisitors(t *testing.T) (*visitors, *sqlite.Store) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "cabstand.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	sign := func(role trip.Role, sub string, ttl time.Duration) (string, error) {
		return string(role) + " " + sub + " " + ttl.String(), nil
	}
	return &visitors{drivers: store, issue: sign, now: func() time.Time { return noon }}, store
}

func TestVisitors_Visit(t *testing.T) {
	v, store := mustVisitors(t)
	visit := func(role trip.Role, sub string) api.Visit {
		t.Helper()
		got, err := v.Visit(t.Context(), role, sub)
		if err != nil {
			t.Fatal(err)
		}
		if want := string(role) + " " + got.Sub + " 24h0m0s"; got.Token != want || !got.ExpiresAt.Equal(v.now().Add(24*time.Hour)) {
			t.Errorf("got %+v, want the token %q", got, want)
		}
		return got
	}
	for _, role := range []trip.Role{trip.Rider, trip.Driver, trip.Operator} {
		first, second := visit(role, ""), visit(role, "")
		if first.Sub == second.Sub {
			t.Errorf("two visitors are both %s", first.Sub)
		}
		if again := visit(role, first.Sub); again.Sub != first.Sub {
			t.Errorf("after a reload %s is %s", first.Sub, again.Sub)
		}
		p, err := store.Driver(t.Context(), first.Sub)
		if registered := err == nil; registered != (role == trip.Driver) {
			t.Errorf("%s: registered %v", role, registered)
		}
		if role == trip.Driver && (p.Class != driver.Standard || p.Seats != 4 || p.Name == "") {
			t.Errorf("registered as %+v", p)
		}
	}
}

// Who visits is nobody else: not the demo's own drivers and riders, and not a
// visitor in another role.
func TestVisitors_NobodyElse(t *testing.T) {
	v, store := mustVisitors(t)
	rider, err := v.Visit(t.Context(), trip.Rider, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, sub := range []string{"driver-1", "visitor-driver", "visitor-driver-x", "visitor-driver-aaaaaaaaaaaaaaaa\n", rider.Sub, "visitor-driver-AAAAAAAAAAAAAAAA"} {
		if got, err := v.Visit(t.Context(), trip.Driver, sub); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %+v, %v", sub, got, err)
		}
	}
	if page, _, err := store.ListDrivers(t.Context(), "", 10); err != nil || len(page) != 0 {
		t.Errorf("registered all the same: %+v, %v", page, err)
	}
}
