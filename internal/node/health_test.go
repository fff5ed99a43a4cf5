package node

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/cabstand/cabstand/internal/memgeo"
	"github.com/cabstand/cabstand/internal/redisgeo"
)

// TestHealth_OneThatHangsIsNoOthersFault: Redis does not answer at all, the
// store does.
func TestHealth_OneThatHangsIsNoOthersFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		var storeErr error
		h := &health{log: slog.New(slog.DiscardHandler), checks: []check{
			{"redis", true, hangs}, {"store", false, func(ctx context.Context) error { return errors.Join(storeErr, ctx.Err()) }},
		}}
		if h.asked() || h.ready("store") == nil {
			t.Fatal("ready before anybody was asked")
		}
		h.round(t.Context())
		if h.ready("redis") == nil || h.ready("store") != nil {
			t.Fatalf("gone = %v, want redis alone", h.gone())
		}
		storeErr = errors.New("away")
		h.round(t.Context())
		if h.ready("store") == nil {
			t.Fatal("the store is said to be there")
		}
		storeErr = nil
		h.round(t.Context())
		if h.ready("store") != nil {
			t.Fatal("the store is back, and nobody says so")
		}
	})
}

// What is not there is not said to be well: in one process there is no Redis.
func TestParts_ChecksWhatThereIs(t *testing.T) {
	embedded, shared := &parts{locations: memgeo.New()}, &parts{locations: &redisgeo.Store{}}
	for p, want := range map[*parts]bool{embedded: false, shared: true} {
		if got := slices.ContainsFunc(p.checks(), func(c check) bool { return c.name == "redis" }); got != want {
			t.Errorf("%T: redis is checked: %v", p.locations, got)
		}
	}
}
