package nearby

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
)

func TestLookout_FollowsWhatIsAskedAboutOften(t *testing.T) {
	w := newWorld(t)
	w.tell(w.at("a", inside))
	for n := range oftenAsked {
		w.pass(0)
		if len(w.feeds) != 0 {
			t.Fatalf("followed after %d questions", n)
		}
		ids, _ := w.nearby(inside, 100)
		w.want(ids, "a")
	}
	w.pass(0)
	if len(w.feeds) != 1 || w.feeds[geo.CellOf(inside, geo.OwnerLength)] == nil {
		t.Fatalf("followed: %v", w.feeds)
	}
	w.unasked(func() {
		w.tell(w.at("b", geo.Destination(inside, 90, 50)))
		ids, missing := w.nearby(inside, 100)
		w.want(ids, "a b")
		if missing != nil {
			t.Errorf("missing %v", missing)
		}
	})
	w.pass(unfollowAfter)
	w.pass(time.Second)
	if len(w.feeds) != 0 {
		t.Error("still followed, and nobody asks")
	}
}

func TestLookout_SeldomIsNotOften(t *testing.T) {
	w := newWorld(t)
	for range 3 * oftenAsked {
		w.nearby(inside, 100)
		w.pass(oftenWithin)
	}
	if len(w.feeds) != 0 {
		t.Error("followed")
	}
}

func TestLookout_OverACorner(t *testing.T) {
	w := newWorld(t)
	w.warmUp(corner, 500)
	if len(w.feeds) != 4 {
		t.Fatalf("follows %d cells", len(w.feeds))
	}
	for i, bearing := range []float64{45, 135, 225, 315} {
		w.tell(w.at(fmt.Sprint("d", i), geo.Destination(corner, bearing, float64(100+i))))
	}
	w.unasked(func() {
		ids, _ := w.nearby(corner, 500)
		w.want(ids, "alive d0 d1 d2 d3")
		w.tell(w.at("d0", geo.Destination(corner, 225, 103.5))) // into another cell
		ids, _ = w.nearby(corner, 500)
		w.want(ids, "alive d1 d2 d3 d0")
		gone := w.at("d2", geo.Destination(corner, 225, 102))
		gone.Gone = true
		w.tell(gone)
		ids, _ = w.nearby(corner, 500)
		w.want(ids, "alive d1 d3 d0")
	})
	w.nearby(geo.Destination(corner, 90, 60_000), 100)
	if asked := w.count(func() { w.nearby(corner, 40_000) }); asked != 1 {
		t.Errorf("a disc over cells that are not followed: asked %d times", asked)
	}
}

// Whoever leaves the followed cells is not known any more.
func TestLookout_LeavesTheFollowedCells(t *testing.T) {
	w := newWorld(t)
	w.warmUp(inside, 100)
	w.tell(w.at("d", inside))
	far := geo.Destination(inside, 180, 60_000)
	w.tell(w.at("d", far))
	w.unasked(func() {
		ids, _ := w.nearby(inside, 100)
		w.want(ids, "alive")
	})
	at, ok, partial, err := w.look.Locate(t.Context(), "d")
	if err != nil || !ok || partial || at.Point != far {
		t.Errorf("%+v %v %v %v", at, ok, partial, err)
	}
}

// After a silence of the feed nobody knows what was missed: the store is asked
// until it has filled the cells again.
func TestLookout_SilenceOfTheFeed(t *testing.T) {
	w := newWorld(t)
	w.warmUp(inside, 1000)
	w.deaf = true
	w.pass(feedSilence + time.Second)
	w.tell(w.at("unheard", inside))
	for range 2 {
		ids, missing := w.nearby(inside, 1000)
		w.want(ids, "unheard alive")
		if missing != nil {
			t.Errorf("missing %v, and the store is there", missing)
		}
		w.deaf = false
		w.tell(w.at("alive", geo.Destination(inside, 90, 3)))
	}
	w.pass(time.Second)
	w.unasked(func() {
		ids, _ := w.nearby(inside, 1000)
		w.want(ids, "unheard alive")
	})
}

func TestLookout_StoreGone(t *testing.T) {
	w := newWorld(t)
	w.warmUp(inside, 1000)
	w.down = true
	w.tell(w.at("d", inside))
	if ids, missing := w.nearby(inside, 1000); ids != "d alive" || missing != nil {
		t.Errorf("a warm cell: %s, missing %v", ids, missing)
	}
	elsewhere := geo.Destination(inside, 180, 100_000)
	cell := geo.CellOf(elsewhere, geo.OwnerLength)
	if ids, missing := w.nearby(elsewhere, 1000); ids != "" || !slices.Equal(missing, []geo.Cell{cell}) {
		t.Errorf("a cell that is not followed: %s, missing %v", ids, missing)
	}
	w.pass(time.Second)
	w.tell(w.at("e", elsewhere))
	if ids, missing := w.nearby(elsewhere, 1000); ids != "e" || !slices.Equal(missing, []geo.Cell{cell}) {
		t.Errorf("a cell that was followed at once: %s, missing %v", ids, missing)
	}
	w.down = false
	w.pass(2 * time.Second)
	w.tell(w.at("e", elsewhere))
	w.unasked(func() {
		if ids, missing := w.nearby(elsewhere, 1000); ids != "e" || missing != nil {
			t.Errorf("the store is back: %s, missing %v", ids, missing)
		}
	})
}

// Not everybody waits for a store that hangs.
func TestLookout_StoreThatFailedRests(t *testing.T) {
	w := newWorld(t)
	w.down = true
	if asked := w.count(func() {
		for range 50 {
			w.nearby(inside, 100)
		}
	}); asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	w.now = w.now.Add(restFor)
	w.down = false
	if _, missing := w.nearby(inside, 100); missing != nil {
		t.Errorf("missing %v", missing)
	}
	w.down = true
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, _ = w.look.Nearby(ctx, inside, 100, 1, driver.Wanted{})
	w.down = false
	if _, missing := w.nearby(inside, 100); missing != nil {
		t.Error("one client who left has the store rest for all")
	}
}

func TestLookout_Hearsay(t *testing.T) {
	w := newWorld(t)
	w.look.Others = driver.NewFleet()
	w.look.Others.Apply([]driver.Location{w.at("known", inside), w.at("far", geo.Destination(inside, 0, 5000))})
	if ids, missing := w.nearby(inside, 1000); ids != "" || missing != nil {
		t.Errorf("%s, missing %v: the store decides while it is there", ids, missing)
	}
	w.down = true
	if ids, missing := w.nearby(inside, 1000); ids != "known" || len(missing) != 1 {
		t.Errorf("%s, missing %v", ids, missing)
	}
	if at, ok, partial, err := w.look.Locate(t.Context(), "known"); !ok || !partial || err != nil || at.Point != inside {
		t.Errorf("%+v %v %v %v", at, ok, partial, err)
	}
	cells, err := w.look.InCells(t.Context(), []geo.Cell{geo.CellOf(inside, geo.OwnerLength)})
	if err != nil || len(cells) != 2 || cells[0].DriverID != "far" {
		t.Errorf("%v, %v", cells, err)
	}
}

func TestLookout_Locate(t *testing.T) {
	w := newWorld(t)
	locate := func(id string) (found, partial bool) {
		t.Helper()
		at, ok, partial, err := w.look.Locate(t.Context(), id)
		if err != nil || ok && at.DriverID != id {
			t.Fatalf("%+v, %v", at, err)
		}
		return ok, partial
	}
	w.tell(w.at("d", inside))
	if asked := w.count(func() {
		for range oftenAsked { // as riders are told of their driver, again and again
			if ok, partial := locate("d"); !ok || partial {
				t.Error("not found in the store")
			}
		}
	}); asked != oftenAsked {
		t.Errorf("asked %d times", asked)
	}
	w.pass(0)
	w.tell(w.at("d", inside))
	w.unasked(func() { locate("d") })
	w.down = true
	if ok, partial := locate("d"); !ok || partial {
		t.Error("memory has it, whole and fresh")
	}
	if ok, partial := locate("nobody"); ok || !partial {
		t.Error("who knows")
	}
	w.now = w.now.Add(fresh + time.Second)
	if ok, partial := locate("d"); !ok || !partial {
		t.Error("silent: memory may be behind")
	}
	w.now = w.now.Add(forget)
	if ok, _ := locate("d"); ok {
		t.Error("forgotten, and still told")
	}
	found, err := w.look.Locations(t.Context(), []string{"nobody", "d"})
	if err != nil || len(found) != 0 {
		t.Errorf("%v, %v", found, err)
	}
}

func TestLookout_BoundedWhateverIsAsked(t *testing.T) {
	w := newWorld(t)
	place := func(i int) geo.Point { return geo.Point{Lat: float64(i/100) * 0.2, Lon: float64(i%100)*0.4 + 1} }
	for i := range 2 * mostAsked {
		for range oftenAsked {
			w.nearby(place(i), 1)
		}
		if i%40 == 0 {
			w.pass(0)
		}
	}
	w.pass(0)
	if len(w.feeds) != mostPatches || len(w.look.demand.asked) > mostAsked+1 || len(w.look.demand.wanted) > mostAsked {
		t.Errorf("follows %d cells, counts %d, wants %d", len(w.feeds), len(w.look.demand.asked), len(w.look.demand.wanted))
	}
	w.now = w.now.Add(evictAfter)
	for range oftenAsked {
		w.nearby(inside, 1)
	}
	w.pass(0)
	if len(w.feeds) != mostPatches || w.feeds[geo.CellOf(inside, geo.OwnerLength)] == nil {
		t.Errorf("follows %d cells, and not the one that is asked about", len(w.feeds))
	}
}

func TestLookout_ErrInvalid(t *testing.T) {
	w := newWorld(t)
	if _, err := w.look.InCells(t.Context(), []geo.Cell{"dr"}); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}

func TestLookout_Run(t *testing.T) {
	w := newWorld(t)
	w.look.Now = time.Now
	w.now = time.Now()
	w.warmUp(inside, 100)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.look.Run(ctx) }()
	cancel()
	if err := <-done; err != nil || len(w.feeds) != 0 {
		t.Errorf("%v, follows %v", err, w.feeds)
	}
}
