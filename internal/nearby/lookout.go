package nearby

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// Deps are the parts that a lookout stands on.
type Deps struct {
	Store  Store
	Feed   Feed          // nil where the store is in this memory anyway
	Others *driver.Fleet // whoever else this process knows of, for answers without the store; nil: nobody
	Fresh  time.Duration // an older position in memory is asked for again
	Forget time.Duration // drivers who were silent for longer are not shown
	Now    func() time.Time
	Log    *slog.Logger
}

// Lookout knows where drivers are. It is safe for concurrent use; [Lookout.Run]
// makes it follow cells.
type Lookout struct {
	Deps
	patches atomic.Pointer[map[spot]*patch] // replaced, never changed; by the goroutine of Run alone
	demand  demand

	heardAt atomic.Int64 // unix ms of the last word of the feed
	gaps    atomic.Int64 // silences of the feed that ended
	restsTo atomic.Int64 // unix ms until which a store that did not answer is left alone; 0: it answers

	expired time.Time // of Run alone
	poor    bool      // of Run alone: the store did not fill a cell the last time
}

// Bounds of what is followed. Sixty-four owner cells are some 220 by 220 km.
const (
	mostPatches   = 64
	feedSilence   = 2 * time.Second // no word for longer: the store knows better
	roundEvery    = time.Second
	fillWithin    = 5 * time.Second // for the store to tell of one cell
	evictAfter    = 30 * time.Second
	unfollowAfter = 5 * time.Minute // without a question
	expireEvery   = 10 * time.Second
	restFor       = time.Second // of a store that did not answer
)

// New makes a lookout.
func New(d Deps) *Lookout {
	l := &Lookout{Deps: d}
	l.patches.Store(&map[spot]*patch{})
	return l
}

// Run follows what is asked about until ctx ends. It is to be called once, and
// is not needed without a feed.
func (l *Lookout) Run(ctx context.Context) error {
	if l.Feed == nil {
		<-ctx.Done()
		return nil
	}
	defer l.close()
	ticker := time.NewTicker(roundEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		l.round(ctx)
	}
}

// round does what is due: follow, fill, forget.
func (l *Lookout) round(ctx context.Context) {
	now := l.Now()
	l.followWanted(now)
	l.unfollow(now)
	l.fillCold(ctx)
	if now.Sub(l.expired).Abs() >= expireEvery { // the clock may be set back
		l.expired = now
		for _, p := range *l.patches.Load() {
			p.fleet.Expire(now.Add(-l.Forget))
			p.fleet.Recede(now.Add(driver.ClocksApart))
		}
	}
}

// want notes a question that memory could not answer.
func (l *Lookout) want(spots []spot, urgent bool, now time.Time) {
	if l.Feed != nil && len(spots) > 0 {
		l.demand.note(spots, urgent, now)
	}
}

func (l *Lookout) followWanted(now time.Time) {
	for s := range l.demand.take() {
		patches := *l.patches.Load()
		if patches[s] != nil || len(patches) >= mostPatches && !l.evict(now) {
			continue
		}
		p := newPatch(s, now)
		stop, err := l.Feed.Follow(p.cell, func(batch []driver.Location) { l.hear(p, batch) })
		if err != nil {
			l.Log.Debug("position feed not followed; asking the store", "cell", p.cell, "err", err)
			continue
		}
		p.stop = stop
		if len(patches) == 0 {
			l.listen(now) // there was nothing to be heard before
		}
		l.replace(func(patches map[spot]*patch) { patches[s] = p })
	}
}

// hear takes in a batch of a cell's feed.
func (l *Lookout) hear(p *patch, batch []driver.Location) {
	p.take(batch)
	l.listen(l.Now())
}

// listen notes a word of the feed. After a silence nobody knows what was missed:
// every cell is to be filled anew.
func (l *Lookout) listen(now time.Time) {
	if l.silent(now) {
		l.gaps.Add(1)
	}
	l.heardAt.Store(now.UnixMilli())
}

func (l *Lookout) silent(now time.Time) bool {
	return now.UnixMilli()-l.heardAt.Load() > feedSilence.Milliseconds()
}

// warm reports whether memory has all drivers of the patch; p may be nil.
func (l *Lookout) warm(p *patch) bool { return p != nil && p.filled.Load() == l.gaps.Load() }

// fillCold fills the patches that may have missed something from the store, one
// after the other. While the feed is silent that would not last.
func (l *Lookout) fillCold(ctx context.Context) {
	for _, p := range *l.patches.Load() {
		if l.warm(p) || l.silent(l.Now()) && p.filled.Load() != never {
			continue
		}
		if err := l.fill(ctx, p); err != nil {
			if !l.poor && ctx.Err() == nil {
				l.Log.Warn("a cell is not filled from the store; answers may be partial", "cell", p.cell, "err", err)
			}
			l.poor = true
			return
		}
		l.poor = false
	}
}

func (l *Lookout) fill(ctx context.Context, p *patch) error {
	ctx, cancel := context.WithTimeout(ctx, fillWithin)
	defer cancel()
	gap := l.gaps.Load()
	found, err := l.Store.InCells(ctx, []geo.Cell{p.cell})
	p.take(found) // of a store of which a part is away, what the rest knows
	if err != nil {
		return err
	}
	p.filled.Store(gap)
	return nil
}

// evict makes place by the patch that was idle for longest, if it was for long
// enough.
func (l *Lookout) evict(now time.Time) bool {
	patches := *l.patches.Load()
	idlest := slices.MaxFunc(slices.Collect(maps.Keys(patches)), func(a, b spot) int {
		return cmp.Compare(patches[a].idle(now), patches[b].idle(now))
	})
	if patches[idlest].idle(now) < evictAfter {
		return false
	}
	l.drop(idlest)
	return true
}

func (l *Lookout) unfollow(now time.Time) {
	for s, p := range *l.patches.Load() {
		if p.idle(now) > unfollowAfter {
			l.drop(s)
		}
	}
}

func (l *Lookout) drop(s spot) {
	p := (*l.patches.Load())[s]
	l.replace(func(patches map[spot]*patch) { delete(patches, s) })
	p.stop()
}

func (l *Lookout) replace(change func(map[spot]*patch)) {
	patches := maps.Clone(*l.patches.Load())
	change(patches)
	l.patches.Store(&patches)
}

func (l *Lookout) close() {
	for s := range *l.patches.Load() {
		l.drop(s)
	}
}
