package memtrips_test

import (
	"testing"

	"github.com/cabstand/cabstand/internal/memtrips"
	"github.com/cabstand/cabstand/internal/storetest"
)

var _ storetest.Store = (*memtrips.Store)(nil)

// TestStore runs the contract of the databases. What it reopens is the same
// memory: that a store outlives its process is the one thing not asked of it.
func TestStore(t *testing.T) {
	storetest.Run(t, func(testing.TB) storetest.Place {
		s := memtrips.New()
		return storetest.Place{Open: func(testing.TB) storetest.Store { return s }}
	})
}
