package bustest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/natsbus"
	"github.com/cabstand/cabstand/internal/wire"
)

// serve answers with fn until the end of the test.
func serve(t testing.TB, b *natsbus.Bus, fn func(context.Context, wire.Command) wire.Reply) (stop func()) {
	t.Helper()
	return started(t, b)(b.Commands.Serve(fn))
}

func testCommands(t *testing.T, s Server) {
	tracker, one, other := join(t, s), join(t, s), join(t, s)
	var mine, theirs atomic.Int64
	answer := func(n *atomic.Int64) func(context.Context, wire.Command) wire.Reply {
		return func(_ context.Context, c wire.Command) wire.Reply {
			n.Add(1)
			return wire.Reply{Trip: &wire.Trip{ID: c.TripID}}
		}
	}
	stop := serve(t, one, answer(&mine))
	serve(t, other, answer(&theirs))
	ask := func(n int) {
		for range n {
			c := wire.Command{Kind: wire.CommandArrive, DriverID: "d1", TripID: unique("t")}
			r, err := tracker.Commands.Do(t.Context(), c)
			if err != nil || r.Trip == nil || r.Trip.ID != c.TripID {
				t.Fatalf("reply %+v, %v", r, err)
			}
		}
	}
	ask(200)
	if mine.Load()+theirs.Load() != 200 || mine.Load() == 0 || theirs.Load() == 0 {
		t.Errorf("%d and %d commands served", mine.Load(), theirs.Load())
	}
	stop()
	mine.Store(0)
	ask(50)
	if mine.Load() != 0 {
		t.Errorf("%d commands served after the stop", mine.Load())
	}
}

// A refusal is a reply, not an error of the bus.
func testCommandsRefused(t *testing.T, s Server) {
	b := join(t, s)
	serve(t, b, func(context.Context, wire.Command) wire.Reply {
		return wire.FaultReply(fault.New(fault.OfferClosed, "too late"))
	})
	r, err := b.Commands.Do(t.Context(), wire.Command{Kind: wire.CommandAccept})
	if err != nil || !fault.Is(r.Fault(), fault.OfferClosed) {
		t.Errorf("reply %+v, %v", r, err)
	}
	m, err := raw(t, s).Request("dispatch.command", []byte("no command"), patience)
	if err != nil || string(m.Data) != `{"code":"malformed","detail":"not a command"}` {
		t.Errorf("to garbage: %v, %v", m, err)
	}
}

func testCommandsUnserved(t *testing.T, s Server) {
	b := join(t, s)
	if _, err := b.Commands.Do(t.Context(), wire.Command{Kind: wire.CommandConnect}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
}

func testCommandsSlow(t *testing.T, s Server) {
	b := join(t, s, func(o *natsbus.Options) { o.CommandTimeout = 50 * time.Millisecond })
	release := make(chan struct{})
	serve(t, b, func(context.Context, wire.Command) wire.Reply { <-release; return wire.Reply{} })
	if _, err := b.Commands.Do(t.Context(), wire.Command{Kind: wire.CommandConnect}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
	close(release)
}

// A dispatcher works on no more than 64 commands at once; the others wait for
// their turn and are answered.
func testCommandsBounded(t *testing.T, s Server) {
	const commands, limit = 200, 64
	tracker, dispatcher := join(t, s, func(o *natsbus.Options) { o.CommandTimeout = patience }), join(t, s)
	var once sync.Once
	var running, most atomic.Int64
	full, release := make(chan struct{}), make(chan struct{})
	serve(t, dispatcher, func(context.Context, wire.Command) wire.Reply {
		n := running.Add(1)
		defer running.Add(-1)
		if n == limit {
			once.Do(func() { close(full) })
		}
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		<-release
		return wire.Reply{}
	})
	var wg sync.WaitGroup
	for range commands {
		wg.Go(func() {
			if _, err := tracker.Commands.Do(t.Context(), wire.Command{Kind: wire.CommandStart}); err != nil {
				t.Error(err)
			}
		})
	}
	next(t, full)
	close(release)
	wg.Wait()
	if most.Load() > limit {
		t.Errorf("%d at once", most.Load())
	}
}

// stop waits for the commands that are being worked on, and they are answered.
func testCommandsStop(t *testing.T, s Server) {
	tracker, dispatcher := join(t, s), join(t, s)
	begun, release, stopped := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var ended atomic.Bool
	stop := serve(t, dispatcher, func(ctx context.Context, _ wire.Command) wire.Reply {
		close(begun)
		<-release
		ended.Store(true)
		if ctx.Err() != nil {
			t.Error("the work was cut off")
		}
		return wire.Reply{Detail: "done"}
	})
	replies := make(chan wire.Reply, 1)
	go func() {
		r, err := tracker.Commands.Do(t.Context(), wire.Command{Kind: wire.CommandComplete})
		if err != nil {
			t.Error(err)
		}
		replies <- r
	}()
	next(t, begun)
	go func() {
		stop()
		if !ended.Load() {
			t.Error("stopped before the work ended")
		}
		close(stopped)
	}()
	close(release)
	next(t, stopped)
	if r := next(t, replies); r.Detail != "done" {
		t.Errorf("reply %+v", r)
	}
	stop()
}
