package nearby

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/redisgeo"
	"github.com/cabstand/cabstand/internal/testenv"
)

func mustRedis(tb testing.TB, url string) *redisgeo.Store {
	tb.Helper()
	store, err := redisgeo.Open(redisgeo.Options{URL: url})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = store.Close() })
	return store
}

// crowd drives about the corner of four cells, of all classes, some silent, some
// going offline.
func (w *world) crowd(random *rand.Rand, n int) []driver.Location {
	batch := make([]driver.Location, n)
	for i := range batch {
		l := w.at(fmt.Sprintf("d%03d", random.IntN(150)), geo.Destination(corner, 360*random.Float64(), 4000*random.Float64()))
		l.Gone = random.IntN(20) == 0
		l.Available = random.IntN(3) > 0
		if random.IntN(4) == 0 {
			l.Class = "xl"
		}
		l.SeenAt = l.SeenAt.Add(time.Duration(i) * time.Millisecond)
		batch[i] = l
	}
	return batch
}

// Memory and Redis give the same answers: the same drivers in the same order,
// with all that is known of them.
func TestLookout_AnswersAsRedis(t *testing.T) {
	store := mustRedis(t, testenv.Redis(t))
	w := newWorldOn(t, store, store.Apply)
	random := rand.New(rand.NewPCG(4, 2))
	w.tell(w.crowd(random, 200)...) // before anything is followed: these come from the store
	w.warmUp(corner, 5000)
	for range 12 {
		w.pass(time.Second)
		w.tell(w.crowd(random, 40)...)
		for range 10 {
			p := geo.Destination(corner, 360*random.Float64(), 3000*random.Float64())
			radius, limit := 3000*random.Float64(), 1+random.IntN(40)
			wanted := driver.Wanted{Available: random.IntN(2) == 0}
			if random.IntN(2) == 0 {
				wanted.SeenSince = w.now.Add(-5 * time.Second)
			}
			if random.IntN(3) == 0 {
				wanted.Class = "xl"
			}
			var got []driver.Located
			w.unasked(func() {
				var missing []geo.Cell
				var err error
				if got, missing, err = w.look.Nearby(t.Context(), p, radius, limit, wanted); err != nil || missing != nil {
					t.Fatalf("%v, missing %v", err, missing)
				}
			})
			want, err := store.Nearby(t.Context(), p, radius, limit, wanted)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
				t.Fatalf("around %v within %v m, %d, %+v:\nmemory %v\nredis  %v", p, radius, limit, wanted, got, want)
			}
		}
	}
}

// Redis dies midway: answers go on, whole where memory is, else marked.
func TestLookout_RedisKilled(t *testing.T) {
	server, err := testenv.StartRedis()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	store := mustRedis(t, server.URL)
	w := newWorldOn(t, store, store.Apply)
	elsewhere := geo.Destination(inside, 180, 100_000)
	w.tell(w.at("d", inside), w.at("e", elsewhere))
	w.warmUp(inside, 1000)
	w.nearby(elsewhere, 1000)
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	w.down = true // for trackers
	w.store = store
	for i := range 5 {
		w.now = w.now.Add(time.Second)
		w.tell(w.at("d", geo.Destination(inside, 0, float64(i))), w.at("e", elsewhere))
		w.down = false // the questions go to the dead server
		if ids, missing := w.nearby(inside, 1000); ids != "d alive" && ids != "alive d" || missing != nil {
			t.Fatalf("a warm cell: %q, missing %v", ids, missing)
		}
		ids, missing := w.nearby(elsewhere, 1000)
		if len(missing) != 1 || missing[0] != geo.CellOf(elsewhere, geo.OwnerLength) || i > 0 && ids != "e" {
			t.Fatalf("a cell that was not followed: %q, missing %v", ids, missing)
		}
		w.look.round(t.Context())
		w.down = true
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	store = mustRedis(t, server.URL) // the old client remembers the failure for a second of real time
	w.down, w.store, w.apply = false, store, store.Apply
	w.pass(restFor)
	w.tell(w.at("e", elsewhere))
	w.pass(0)
	w.unasked(func() {
		if ids, missing := w.nearby(elsewhere, 1000); ids != "e" || missing != nil {
			t.Fatalf("Redis is back: %q, missing %v", ids, missing)
		}
	})
}
