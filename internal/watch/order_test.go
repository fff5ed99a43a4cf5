package watch_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/watch"
	"github.com/cabstand/cabstand/internal/wire"
)

// bubbled hides the deadline of a test, which must not be asked for in a bubble.
type bubbled struct{ *testing.T }

// Whatever the bus does (lose, repeat, reorder, delay), every reader sees the
// versions of each trip one after the other from where it began, none twice and
// none of trips that are not its own, and after a while the last one too.
func TestHub_OrderWhateverTheBusDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(bubbled{t}, func(rt *rapid.T) {
			w := newWorld()
			readers := map[string]*listener{}
			began := map[string]map[string]int64{} // reader → trip → version when it connected
			var stop func()
			var late []trip.Event // on the bus, not delivered yet
			bus := func(events []trip.Event) {
				for _, ev := range events {
					for range rapid.IntRange(0, 2).Draw(rt, "copies") {
						late = slices.Insert(late, rapid.IntRange(0, len(late)).Draw(rt, "place"), ev)
					}
				}
			}
			riderOf := func(i int) string { return fmt.Sprintf("rider%d", i%2) }
			connect := func(name string) {
				if readers[name] != nil || stop == nil {
					return
				}
				began[name] = map[string]int64{}
				for id, tr := range w.trips {
					switch {
					case name == "trip0":
					case tr.State.Final():
						began[name][id] = over
					default:
						began[name][id] = tr.Version
					}
				}
				switch name {
				case "operator":
					o := w.hub.Operator()
					if err := o.Subscribe(wire.SubscribeFrame{Cells: []string{string(cell)}}); err != nil {
						rt.Fatal(err)
					}
					readers[name] = listen(o)
				case "trip0":
					readers[name] = listen(w.hub.Trip("trip0", 0))
				default:
					readers[name] = listen(w.hub.Rider(name))
				}
			}
			rt.Repeat(map[string]func(*rapid.T){
				"request": func(*rapid.T) {
					i := len(w.trips)
					bus(w.request(fmt.Sprintf("trip%d", i), riderOf(i), centre))
				},
				"step": func(rt *rapid.T) {
					if n := len(w.trips); n > 0 {
						bus(w.step(fmt.Sprintf("trip%d", rapid.IntRange(0, n-1).Draw(rt, "trip"))))
					}
				},
				"deliver": func(rt *rapid.T) {
					if stop != nil {
						n := rapid.IntRange(0, len(late)).Draw(rt, "n")
						w.deliver(late[:n]...)
						late = slices.Delete(late, 0, n)
						synctest.Wait()
					}
				},
				"start": func(rt *rapid.T) {
					if stop == nil {
						stop = w.run(t)
					}
				},
				"connect": func(rt *rapid.T) {
					connect(rapid.SampledFrom([]string{"rider0", "rider1", "operator", "trip0"}).Draw(rt, "reader"))
				},
				"wait": func(rt *rapid.T) {
					time.Sleep(time.Duration(rapid.IntRange(0, 7000).Draw(rt, "ms")) * time.Millisecond)
					synctest.Wait()
				},
			})
			if stop == nil {
				return
			}
			defer stop()
			time.Sleep(11 * time.Second) // two comparisons with the store
			synctest.Wait()
			w.deliver(late...) // and then the bus brings all the rest
			synctest.Wait()
			for name, l := range readers {
				l.stop()
				checkOrder(rt, w, name, l.taken(), began[name], riderOf)
			}
		})
	})
}

// over stands for the version of a trip that was final when a reader connected.
const over = -1

func checkOrder(rt *rapid.T, w *world, name string, frames []watch.Frame, began map[string]int64, riderOf func(int) string) {
	for i := range len(w.trips) {
		id := fmt.Sprintf("trip%d", i)
		seen := versions(frames, id)
		if own := name == "operator" || name == id || name == riderOf(i); !own {
			if len(seen) > 0 {
				rt.Fatalf("%s saw %s of somebody else", name, id)
			}
			continue
		}
		for j := 1; j < len(seen); j++ {
			if seen[j] != seen[j-1]+1 {
				rt.Fatalf("%s saw versions %v of %s", name, seen, id)
			}
		}
		tr := w.trips[id]
		switch start, known := began[id]; {
		case start == over && (len(seen) == 0 || len(seen) == 1 && name != "operator"):
			// it ended before the reader came, who may be told so if it was just then
		case len(seen) == 0 && !known && name == id && tr.State.Final():
			// it ended before the reader came
		case len(seen) == 0, seen[len(seen)-1] != tr.Version:
			rt.Fatalf("%s saw versions %v of %s, which is at %d", name, seen, id, tr.Version)
		case name == "operator":
			// it begins where the hub is, which may be behind the store
			if known && start != over && seen[0] > start {
				rt.Fatalf("%s began at version %d of %s, want %d or before", name, seen[0], id, start)
			}
		case start == over && seen[0] == 1:
			// it was over in the moment in which the reader came: nobody can tell
		case known && seen[0] != start, !known && seen[0] != 1:
			rt.Fatalf("%s began at version %d of %s, want %d (0: the first)", name, seen[0], id, start)
		}
	}
}
