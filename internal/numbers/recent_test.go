package numbers_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cabstand/cabstand/internal/figures"
	"github.com/cabstand/cabstand/internal/numbers"
)

// slow is a store whose every reading takes two seconds.
type slow struct {
	*shelf
	mu    sync.Mutex
	reads int
}

func (s *slow) Minutes(ctx context.Context, from, to time.Time) ([]figures.Row, error) {
	s.mu.Lock()
	s.reads++
	s.mu.Unlock()
	time.Sleep(2 * time.Second)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.shelf.Minutes(ctx, from, to)
}

// However many consoles ask, the store is read once in five seconds for each
// window, and what they are told is no older than that.
func TestRecent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slow{shelf: &shelf{}}
		r := numbers.New(numbers.Deps{
			Dispatcher: "a", Store: store, Live: func() []string { return nil }, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		})
		kept := numbers.NewRecent(r)
		ask := func(requests float64) {
			t.Helper()
			var asking sync.WaitGroup
			for range 20 {
				asking.Go(func() {
					if got := kept.Numbers(t.Context(), time.Hour); got.Totals.Requests != requests || got.Partial {
						t.Errorf("%v requests, partial %v, want %v", got.Totals.Requests, got.Partial, requests)
					}
				})
			}
			asking.Wait()
		}
		r.Requested()
		ask(1)
		r.Requested()
		ask(1)
		if store.reads != 1 {
			t.Errorf("read %d times at first", store.reads)
		}
		time.Sleep(5 * time.Second)
		ask(2)
		if kept.Numbers(t.Context(), 24*time.Hour); store.reads != 3 {
			t.Errorf("read %d times, want once more, and once for the day", store.reads)
		}
	})
}

// Whoever asked first and left takes nothing from the others, and who leaves does
// not wait.
func TestRecent_WhoLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := numbers.New(numbers.Deps{
			Dispatcher: "a", Store: &slow{shelf: &shelf{}}, Live: func() []string { return nil }, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		})
		kept := numbers.NewRecent(r)
		leaving, leave := context.WithCancel(t.Context())
		var asking sync.WaitGroup
		asking.Go(func() { kept.Numbers(leaving, time.Hour) })
		synctest.Wait()
		asking.Go(func() {
			if got := kept.Numbers(leaving, time.Hour); !got.Partial {
				t.Errorf("who left was told %+v", got)
			}
		})
		asking.Go(func() {
			if got := kept.Numbers(t.Context(), time.Hour); got.Partial {
				t.Error("partial for who stayed")
			}
		})
		synctest.Wait()
		leave()
		asking.Wait()
	})
}
