package node

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/internal/wire"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// watchmaker has a clock, and what it is made of, in hand.
type watchmaker struct {
	*clock
	count time.Duration // what the kernel counts
	ahead time.Duration // the machine's clock, of the true time
}

// newWatchmaker makes a clock on a machine whose own is ahead.
func newWatchmaker(ahead time.Duration) *watchmaker {
	w := &watchmaker{ahead: ahead}
	w.clock = newClock(func() time.Time { return w.true().Add(w.ahead) }, func() time.Duration { return w.count }, slog.New(slog.DiscardHandler))
	return w
}

func (w *watchmaker) true() time.Time { return noon.Add(w.count) }

// wrong is how far the clock is from the true time.
func (w *watchmaker) wrong() time.Duration { return w.Now().Sub(w.true()).Abs() }

// ask has the reference read its clock after there, and the answer be here after
// back.
func (w *watchmaker) ask(there, back time.Duration) {
	_ = w.by(func(context.Context) (at time.Time, err error) {
		w.count += there
		at = w.true()
		w.count += back
		return at, nil
	})(context.Background())
}

func TestClock_GoesByItsReference(t *testing.T) {
	for _, ahead := range []time.Duration{-5 * time.Minute, 0, 2 * time.Second, 24 * time.Hour} {
		w := newWatchmaker(ahead)
		w.ask(4*time.Millisecond, 6*time.Millisecond)
		if w.wrong() > time.Millisecond {
			t.Errorf("ahead by %v, the clock is wrong by %v once the reference has answered", ahead, w.wrong())
		}
		w.ahead += 5 * time.Minute // somebody sets the machine's clock
		if w.wrong() > time.Millisecond {
			t.Errorf("the clock is wrong by %v since the machine's was set", w.wrong())
		}
	}
}

// An answer that took long says little, and turns nothing; one that took no time
// makes no difference of less than what counts.
func TestClock_KeepsWhatTheReferenceDoesNotContradict(t *testing.T) {
	w := newWatchmaker(0)
	before := w.Now()
	w.ask(0, 20*time.Second)
	w.ask(20*time.Second, 0)
	w.hear(w.true().Add(clockSlack), w.count)
	if took := w.Now().Sub(before); took != 40*time.Second {
		t.Errorf("40 s took %v by a clock that was right", took)
	}
}

// Whatever the machine's clock says and however it jumps, and however long the
// reference takes: the clock is as right as the quickest of the last answers lets it
// be known.
func TestClock_IsAsRightAsCanBeKnown(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		span := func(name string, most time.Duration) time.Duration {
			return time.Duration(rapid.Int64Range(0, int64(most)).Draw(rt, name))
		}
		w := newWatchmaker(span("ahead", time.Hour) - 30*time.Minute)
		for range rapid.IntRange(1, 10).Draw(rt, "answers") {
			w.ahead = span("jump", time.Hour) - 30*time.Minute
			w.count += span("pause", time.Minute)
			there, back := span("there", 3*time.Second), span("back", 3*time.Second)
			w.ask(there, back)
			if most := there + back + clockSlack; w.wrong() > most {
				rt.Fatalf("wrong by %v, and the reference answered within %v", w.wrong(), there+back)
			}
		}
	})
}

func TestClock_ReferenceAway(t *testing.T) {
	w := newWatchmaker(time.Minute)
	away := errors.New("away")
	if err := w.by(func(context.Context) (time.Time, error) { return time.Time{}, away })(t.Context()); err != away {
		t.Errorf("says %v", err)
	}
	if got := w.Now(); !got.Equal(noon.Add(time.Minute)) {
		t.Errorf("%v, want the machine's time", got)
	}
	select {
	case <-w.known:
		t.Error("the time is said to be known")
	default:
	}
}

// In one process the machine's clock is followed, whichever way it is set.
func TestClock_ByTheMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shift atomic.Int64
		wall := func() time.Time { return time.Now().Round(0).Add(time.Duration(shift.Load())) }
		c := newClock(wall, sinceNow(), slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.byMachine(ctx) }()
		for _, to := range []time.Duration{0, 5 * time.Minute, -5 * time.Minute, 0} {
			synctest.Wait()
			shift.Store(int64(to))
			time.Sleep(checkEvery) // of the bubble's clock
			synctest.Wait()
			if ahead := c.ahead(); ahead != 0 {
				t.Errorf("set to %v, the machine's clock is ahead by %v", to, ahead)
			}
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// Nobody acts on deadlines, nor takes a request, before the time is known.
func TestClock_NothingBeforeItIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatchmaker(5 * time.Minute)
		ran := make(chan time.Time, 1)
		go w.then(func(context.Context) error { ran <- w.Now(); return nil })(t.Context())
		served := w.guard(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusTeapot) }))
		status := func(path string) int {
			r := httptest.NewRecorder()
			served.ServeHTTP(r, httptest.NewRequest("GET", path, nil))
			return r.Code
		}
		synctest.Wait()
		if len(ran) != 0 || status("/v1/trips") != http.StatusServiceUnavailable || status("/readyz") != http.StatusTeapot {
			t.Errorf("%d tasks run, trips answer %d, readyz %d", len(ran), status("/v1/trips"), status("/readyz"))
		}
		w.ask(0, 0)
		synctest.Wait()
		if len(ran) != 1 || !(<-ran).Equal(noon) || status("/v1/trips") != http.StatusTeapot {
			t.Errorf("once the time is known trips answer %d", status("/v1/trips"))
		}
	})
}

// teller is a dispatcher that tells the time, or one of a version that does not.
type teller struct{ at int64 }

func (d teller) Do(context.Context, wire.Command) (wire.Reply, error) {
	return wire.Reply{At: d.at}, nil
}

func TestTimed_HearsTheTimeInReplies(t *testing.T) {
	w := newWatchmaker(-5 * time.Minute)
	for at, want := range map[int64]time.Duration{0: 5 * time.Minute, noon.UnixMilli(): 0} {
		asking := timed{teller{at}, newWatchmaker(-5 * time.Minute).clock}
		if _, err := asking.Do(t.Context(), wire.Command{Kind: wire.CommandConnect}); err != nil {
			t.Fatal(err)
		}
		if got := w.true().Sub(asking.clock.Now()); got != want {
			t.Errorf("told %d, the clock is behind by %v, want %v", at, got, want)
		}
	}
}
