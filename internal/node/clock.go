package node

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cabstand/cabstand/internal/track"
	"github.com/cabstand/cabstand/internal/wire"
)

// clock is the time that all parts of the program go by. It runs by what the
// kernel counts since the start, which nobody can set, and is put right by a
// reference. In the services size that is the database, asked by dispatchers, who
// tell trackers: all programs of an installation have one time, whatever the clocks
// of their machines say and however they jump. In one process it is the machine's
// own clock, since there is no other.
type clock struct {
	wall func() time.Time     // the machine's, which may be wrong, and be set at any time
	ran  func() time.Duration // since the start
	log  *slog.Logger

	zero  atomic.Int64  // the time when ran was 0, unix ns
	known chan struct{} // closed when the reference has answered for the first time
	once  sync.Once
}

// clockSlack is how far the clock may be from its reference, besides what cannot be
// known for the time that the question took. It is put right by steps; small ones
// would be noise.
const clockSlack = time.Second

// newClock begins with the machine's time.
func newClock(wall func() time.Time, ran func() time.Duration, log *slog.Logger) *clock {
	c := &clock{wall: wall, ran: ran, log: log, known: make(chan struct{})}
	c.zero.Store(wall().Add(-ran()).UnixNano())
	return c
}

// Now is the time. It has no part that knows durations apart from it, so that a
// duration is the difference of two times for everybody.
func (c *clock) Now() time.Time { return time.Unix(0, c.zero.Load()+int64(c.ran())) }

// ahead is how far the machine's clock is ahead of this one.
func (c *clock) ahead() time.Duration { return c.wall().Sub(c.Now()) }

// hear takes in what the reference said the time was, at some moment since asked.
func (c *clock) hear(at time.Time, asked time.Duration) {
	answered := c.ran()
	zero := at.UnixNano() - int64(asked+answered)/2
	wrong := time.Duration(c.zero.Load() - zero)
	if wrong.Abs() > (answered-asked)/2+clockSlack {
		c.zero.Store(zero)
		c.log.Warn("the clock was wrong and is put right", "ahead_by", wrong, "machine_ahead_by", c.ahead())
	}
	c.once.Do(func() { close(c.known) })
}

// by asks a reference that answers with the time.
func (c *clock) by(reference func(context.Context) (time.Time, error)) func(context.Context) error {
	return func(ctx context.Context) error {
		asked := c.ran()
		at, err := reference(ctx)
		if err == nil {
			c.hear(at, asked)
		}
		return err
	}
}

// byMachine is the machine's clock as the reference.
func (c *clock) byMachine(ctx context.Context) error {
	ask := c.by(func(context.Context) (time.Time, error) { return c.wall(), nil })
	for ok := true; ok; ok = wait(ctx, checkEvery) {
		_ = ask(ctx) // it always answers
	}
	return nil
}

// then holds a task back until the time is known: whoever acts on deadlines by a
// wrong one ends what others began.
func (c *clock) then(run func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-c.known:
			return run(ctx)
		case <-ctx.Done():
			return nil
		}
	}
}

// guard refuses requests until the time is known, but for those that ask how the
// program is.
func (c *clock) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-c.known:
		default:
			if strings.HasPrefix(r.URL.Path, "/v1/") {
				refuse(w, "1", timelessProblem)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

const timelessProblem = `{"type":"about:blank","title":"Service Unavailable","status":503,"code":"unavailable","detail":"the store has not answered yet: try again"}` + "\n"

// timed hears in every reply of a dispatcher what time it is there.
type timed struct {
	track.Commands
	clock *clock
}

func (t timed) Do(ctx context.Context, c wire.Command) (wire.Reply, error) {
	asked := t.clock.ran()
	reply, err := t.Commands.Do(ctx, c)
	if err == nil && reply.At > 0 { // of a version that says so
		t.clock.hear(time.UnixMilli(reply.At), asked)
	}
	return reply, err
}

// ask asks dispatchers for the time until ctx ends.
func (t timed) ask(ctx context.Context) error {
	for ok := true; ok; ok = wait(ctx, checkEvery) {
		_, _ = t.Do(ctx, wire.Command{Kind: wire.CommandTime}) // while none answers the clock runs on
	}
	return nil
}

// testClockFile names a file whose text, such as -5m, is added to what the
// machine's clock says, whenever it is read. It is for tests of clocks that jump,
// and no setting.
const testClockFile = "CABSTAND_TEST_CLOCK_FILE"

// machineClock is the machine's clock.
func machineClock(log *slog.Logger) func() time.Time {
	file := os.Getenv(testClockFile)
	if file == "" {
		return time.Now
	}
	log.Warn("the machine's clock is shifted by a file, which is for tests alone", "file", file)
	return func() time.Time {
		text, _ := os.ReadFile(file) // none is no shift
		shift, _ := time.ParseDuration(strings.TrimSpace(string(text)))
		return time.Now().Round(0).Add(shift)
	}
}

// sinceNow counts from now on.
func sinceNow() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}
