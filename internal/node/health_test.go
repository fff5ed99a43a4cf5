package node

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
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
