package dispatch_test

import (
	"slices"
	"testing"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/dispatch"
)

func cells(n int) []geo.Cell {
	out := make([]geo.Cell, n)
	for i := range out {
		out[i] = geo.CellOf(geo.Point{Lat: float64(i%160) - 80, Lon: float64(i*7%340) - 170}, geo.OwnerLength)
	}
	return out
}

func TestOwner(t *testing.T) {
	live := []string{"a", "b", "c", "d"}

	t.Run("OrderOfMembersIsNoMatter", func(t *testing.T) {
		turned := slices.Clone(live)
		slices.Reverse(turned)
		for _, c := range cells(500) {
			if dispatch.Owner(c, live) != dispatch.Owner(c, turned) {
				t.Fatalf("the owner of %s depends on the order of members", c)
			}
		}
	})

	t.Run("SharesAreFair", func(t *testing.T) {
		share := map[string]int{}
		all := cells(4000)
		for _, c := range all {
			share[dispatch.Owner(c, live)]++
		}
		for _, id := range live {
			if fair := len(all) / len(live); share[id] < fair*8/10 || share[id] > fair*12/10 {
				t.Errorf("%s owns %d of %d cells", id, share[id], len(all))
			}
		}
	})

	t.Run("LeavingMovesOnlyItsOwn", func(t *testing.T) {
		for _, c := range cells(1000) {
			before, after := dispatch.Owner(c, live), dispatch.Owner(c, live[:3])
			if before != "d" && before != after {
				t.Fatalf("%s moved from %s to %s though only d left", c, before, after)
			}
		}
	})

	t.Run("Nobody", func(t *testing.T) {
		if got := dispatch.Owner("u4pr", nil); got != "" {
			t.Fatalf("owner = %q, want none", got)
		}
	})
}

func TestOwner_StaysAcrossVersions(t *testing.T) {
	// Members of different builds run side by side during an upgrade: the
	// answer must not change from one build to the next.
	var got string
	for _, c := range []geo.Cell{"dr5r", "9q8y", "u33d", "gcpv", "xn76", "r3gx", "ezjm", "u4pr", "6gyf", "wtw3"} {
		got += dispatch.Owner(c, []string{"a", "b", "c"})
	}
	const want = "aaaabcccac"
	if got != want {
		t.Fatalf("owners = %s, want %s", got, want)
	}
}
