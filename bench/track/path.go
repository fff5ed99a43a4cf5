package main

import (
	"context"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// path is the way of a position, from the generator's sockets through the
// tracker to Redis and to who follows the feed.
type path struct {
	*rig
	tracker  *program
	profiles string // where the tracker serves them
	load     generator
	follower *follower
}

// openPath starts a tracker and opens the sockets.
func openPath(ctx context.Context, r *rig) (*path, error) {
	profiles, err := freeAddress()
	if err != nil {
		return nil, err
	}
	tracker, err := r.startTracker(ctx, "--pprof", profiles)
	if err != nil {
		return nil, err
	}
	r.onClose(tracker.stop)
	load, err := startGenerator()
	if err != nil {
		return nil, err
	}
	r.onClose(load.close)
	r.pids[partLoad] = load.pid()
	p := &path{r, tracker, profiles, load, newFollower(r.config.Sockets, time.Now)}
	if err := r.follow(p.follower); err != nil {
		return nil, err
	}
	_, err = load.order(order{Open: &opening{
		Address: tracker.address, Path: "/v1/driver/stream", Key: r.key, Sockets: r.config.Sockets, Seed: r.config.Seed,
	}})
	return p, err
}

// trial is a time at one rate.
type trial struct {
	rate    float64 // positions a second that were due
	batch   int
	lasted  time.Duration
	reached float64 // share of the frames whose latest position reached the follower
	stored  float64 // and the store
	within  int     // frames that reached the follower in the time
	age     *hdrhistogram.Histogram
	inStore *hdrhistogram.Histogram // empty unless it was asked for
	spent   spending
	sent    report
}

// positions is how many positions a second became searchable, or were overtaken
// by a later one of the same frame that did.
func (t trial) positions() float64 { return float64(t.within*t.batch) / t.lasted.Seconds() }

// frames is how many frames a second became searchable.
func (t trial) frames() float64 { return float64(t.within) / t.lasted.Seconds() }

// each is the processor time for a position, in microseconds. Redis' is that for
// one that reached it: what was overtaken before cost it nothing.
func (t trial) each(parts ...string) (sum float64) {
	for _, part := range parts {
		n := float64(t.within * t.batch)
		if part == partRedis {
			n *= min(1, t.stored/t.reached)
		}
		sum += t.spent.each(n, part)
	}
	return sum
}

const (
	enough   = 0.98                   // of what was due has to arrive
	overtime = 150 * time.Millisecond // beyond the flush interval; ages above say that something is piling up
	quiet    = 300 * time.Millisecond // without news: nothing is under way any more
	patience = 5 * time.Second
)

// sustained reports whether the path keeps up with the rate.
func (t trial) sustained(flush time.Duration) bool {
	p99 := time.Duration(t.age.ValueAtPercentile(99)) * time.Microsecond
	return t.reached >= enough && t.stored >= enough && p99 <= flush+overtime
}

func (t trial) String() string {
	q := quantiles(t.age)
	return fmt.Sprintf("%7.0f/s x%d: reached %.3f stored %.3f, age p50 %.0f p99 %.0f ms, sent late p99 %.1f ms, %.1f+%.1f us",
		t.rate, t.batch, t.reached, t.stored, q["p50"], q["p99"], t.sent.LateMs["p99"], t.each(partTracker), t.each(partRedis))
}

// try sends at the rate, and measures after a time of warming up.
func (p *path) try(ctx context.Context, rate float64, batch int, lasts time.Duration, ask bool) (trial, error) {
	before, err := scrape(p.tracker.url)
	if err != nil {
		return trial{}, err
	}
	start := time.Now().Add(50 * time.Millisecond)
	from := start.Add(p.config.Warm)
	phase := phase{Start: start, For: p.config.Warm + lasts, Rate: rate, Batch: batch}
	p.follower.watch(from, from.Add(lasts))
	t := trial{rate: rate, batch: batch, lasted: lasts, inStore: newHistogram()}
	probing := make(chan error, 1)
	go func() { probing <- p.ask(ctx, ask, phase, from, t.inStore) }()
	measured := make(chan error, 1)
	go func() { measured <- p.measure(ctx, from, lasts, &t.spent) }()
	t.sent, err = p.load.order(order{Run: &phase})
	if err := first(err, <-measured, <-probing); err != nil {
		return trial{}, err
	}
	p.settle()
	after, err := scrape(p.tracker.url)
	if err != nil {
		return trial{}, err
	}
	seen := p.follower.seen()
	t.age, t.within = seen.age, seen.within
	t.reached = float64(seen.count) / (rate / float64(batch) * lasts.Seconds())
	const stored = `cabstand_driver_flushed_total{part="mirror"}`
	t.stored = (after[stored] - before[stored]) / float64(t.sent.Frames+t.sent.Full)
	return t, nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// measure takes what the processes spend in the window.
func (p *path) measure(ctx context.Context, from time.Time, lasts time.Duration, spent *spending) error {
	if err := sleepUntil(ctx, from); err != nil {
		return err
	}
	began, err := p.pids.spent()
	if err != nil {
		return err
	}
	if err := sleepUntil(ctx, from.Add(lasts)); err != nil {
		return err
	}
	ended, err := p.pids.spent()
	*spent = ended.since(began)
	return err
}

func (p *path) ask(ctx context.Context, ask bool, ph phase, from time.Time, into *hdrhistogram.Histogram) error {
	if !ask {
		return nil
	}
	if err := sleepUntil(ctx, from); err != nil {
		return err
	}
	probe := newProbe(p.store, ph.turns(p.config.Sockets))
	err := probe.run(ctx, ph.Start.Add(ph.For))
	into.Merge(probe.age)
	return err
}

// settle waits until nothing is under way any more.
func (p *path) settle() {
	for limit := time.Now().Add(patience); time.Now().Before(limit) && time.Since(p.follower.lastHeard()) < quiet; {
		time.Sleep(quiet / 10)
	}
}

func sleepUntil(ctx context.Context, at time.Time) error {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
