package memgeo_test

import (
	"testing"

	"github.com/cabstand/cabstand/internal/indextest"
	"github.com/cabstand/cabstand/internal/memgeo"
)

func TestStore(t *testing.T) {
	indextest.Run(t, func(testing.TB) (one, other indextest.Store) {
		s := memgeo.New()
		return s, s
	})
}
