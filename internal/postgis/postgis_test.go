package postgis_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/cabstand/cabstand/internal/postgis"
	"github.com/cabstand/cabstand/internal/storetest"
	"github.com/cabstand/cabstand/internal/testenv"
)

var _ storetest.Store = (*postgis.Store)(nil)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	storetest.Run(t, func(tb testing.TB) storetest.Place {
		url := testenv.Postgres(tb)
		return storetest.Place{Shared: true, Open: func(tb testing.TB) storetest.Store { return mustOpen(tb, url) }}
	})
}

func mustOpen(tb testing.TB, url string) *postgis.Store {
	tb.Helper()
	s, err := postgis.Open(tb.Context(), postgis.Options{URL: url})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}
