package nearby

import (
	"slices"
	"testing"

	"github.com/cabstand/cabstand/geo"
)

// A part of the store is gone. Every question, and not one a second, is answered
// with what the rest knows, and says that somebody may be missing; the feed
// brings the others back.
func TestLookout_PartOfTheStoreIsGone(t *testing.T) {
	w := newWorld(t)
	w.tell(w.at("a", inside), w.at("b", geo.Destination(inside, 90, 50)), w.at("lost", geo.Destination(inside, 0, 60)))
	w.hides = "lost"
	cell := []geo.Cell{geo.CellOf(inside, geo.OwnerLength)}
	for range 3 {
		ids, missing := w.nearby(inside, 100)
		w.want(ids, "a b")
		if !slices.Equal(missing, cell) {
			t.Errorf("missing %v, want %v", missing, cell)
		}
		found, err := w.look.InCells(t.Context(), cell)
		if err != nil || len(found) != 2 {
			t.Errorf("in the cell %v, %v", found, err)
		}
		for id, known := range map[string]bool{"a": true, "lost": false} {
			if _, ok, partial, err := w.look.Locate(t.Context(), id); ok != known || !partial || err != nil {
				t.Errorf("%s: there %v, partial %v, %v", id, ok, partial, err)
			}
		}
	}
	w.pass(0) // follows the cell, and fills it as well as can be
	w.tell(w.at("lost", geo.Destination(inside, 0, 60)))
	ids, missing := w.nearby(inside, 100)
	w.want(ids, "a b lost")
	if !slices.Equal(missing, cell) {
		t.Errorf("missing %v, want %v", missing, cell)
	}
	w.hides = ""
	w.pass(0)
	if _, missing := w.nearby(inside, 100); missing != nil {
		t.Errorf("missing %v when all of the store is back", missing)
	}
}
