package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/cabstand/cabstand/internal/sqlite"
	"github.com/cabstand/cabstand/internal/storetest"
)

var _ storetest.Store = (*sqlite.Store)(nil)

func TestMain(m *testing.M) {
	if path := os.Getenv(victim); path != "" {
		fmt.Fprintln(os.Stderr, writeForever(context.Background(), path))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(tb testing.TB) storetest.Place {
		path := filepath.Join(tb.TempDir(), "a name? #1 cab%20stand.db")
		return storetest.Place{Open: func(tb testing.TB) storetest.Store { return mustOpen(tb, path) }}
	})
}

func mustOpen(tb testing.TB, path string) *sqlite.Store {
	tb.Helper()
	s, err := sqlite.Open(tb.Context(), path)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}
