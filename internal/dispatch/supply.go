package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// supply is where the drivers are, as this dispatcher sees it: an index in
// memory that follows the feed of the cells that its trips need and of their
// neighbours, because a pickup near an edge has drivers on both sides. New
// cells are seeded from the shared store; while the feed is silent the store is
// asked again and again.
type supply struct {
	feed      Feed
	beats     Beats  // may be nil
	unbeat    func() // of beats; nil until they are followed
	locations Locations
	fleet     *driver.Fleet
	fresh     time.Duration // positions from no further ahead than that are believed
	now       func() time.Time
	log       *slog.Logger

	followed map[geo.Cell]*following // touched by the dispatcher's goroutine alone

	heardAt  atomic.Int64 // unix ms of the newest position that we know of, whoever told
	beatAt   atomic.Int64 // unix ms of the last sign of life of a tracker
	feedAt   atomic.Int64 // unix ms of the last word from the feed
	askedAt  time.Time    // of the last question to the store
	impaired bool         // the store did not answer the last one
}

type following struct {
	stop   func()
	usedAt time.Time
}

const (
	feedSilence   = 2 * time.Second  // no word from the feed for longer: ask the store
	askEvery      = time.Second      // how often to ask
	cellsAtOnce   = 64               // owner cells in one question to the store
	hearing       = 5 * time.Second  // no position and no tracker for longer: silence of a driver proves little
	unfollowAfter = 10 * time.Minute // a cell that no trip needs any more
	forgetAfter   = 5 * time.Minute  // a driver without a position
)

// follow makes sure that the cells and their neighbours are followed, and
// drops those that nobody needed for long.
func (s *supply) follow(ctx context.Context, cells map[geo.Cell]bool) {
	s.followBeats()
	now := s.now()
	var fresh []geo.Cell
	for cell := range withNeighbors(cells) {
		if s.touch(cell, now) {
			fresh = append(fresh, cell)
		}
	}
	s.seed(ctx, fresh)
	s.unfollowIdle(now)
}

// touch notes that the cell is needed, and subscribes to it if it is new.
func (s *supply) touch(cell geo.Cell, now time.Time) (isNew bool) {
	if f, ok := s.followed[cell]; ok {
		f.usedAt = now
		return false
	}
	stop, err := s.feed.Follow(cell, s.heard)
	if err != nil {
		s.log.Warn("position feed not followed; asking the store instead", "cell", cell, "err", err)
		return true
	}
	s.followed[cell] = &following{stop: stop, usedAt: now}
	return true
}

// heard takes a batch of the feed.
func (s *supply) heard(batch []driver.Location) {
	s.apply(batch)
	s.feedAt.Store(s.now().UnixMilli())
}

// apply takes a batch into the index. That somebody tells of old positions does
// not mean that we hear: the trackers may be gone.
func (s *supply) apply(batch []driver.Location) {
	s.fleet.Apply(batch)
	newest := s.heardAt.Load()
	for _, l := range batch {
		newest = max(newest, l.SeenAt.UnixMilli())
	}
	s.heardAt.Store(min(newest, s.now().UnixMilli()))
}

// listen asks the store for every followed cell while the feed is silent.
func (s *supply) listen(ctx context.Context) {
	now := s.now()
	if now.UnixMilli()-s.feedAt.Load() <= feedSilence.Milliseconds() || now.Sub(s.askedAt) < askEvery {
		return
	}
	cells := make([]geo.Cell, 0, len(s.followed))
	for cell := range s.followed {
		cells = append(cells, cell)
	}
	s.seed(ctx, cells)
}

func (s *supply) seed(ctx context.Context, cells []geo.Cell) {
	if len(cells) == 0 {
		return
	}
	s.askedAt = s.now()
	ctx, cancel := context.WithTimeout(ctx, askEvery)
	defer cancel()
	for some := range slices.Chunk(cells, cellsAtOnce) {
		if !s.ask(func() ([]driver.Location, error) { return s.locations.InCells(ctx, some) }) {
			return
		}
	}
}

// confirm asks the store for drivers of whom the feed has been silent: it may
// have lost a tracker that still reaches the store.
func (s *supply) confirm(ctx context.Context, driverIDs []string) {
	ctx, cancel := context.WithTimeout(ctx, askEvery)
	defer cancel()
	s.ask(func() ([]driver.Location, error) { return s.locations.Locations(ctx, driverIDs) })
}

// ask takes in what the store tells, and logs the begin of its silence. It
// reports whether to ask on.
func (s *supply) ask(locations func() ([]driver.Location, error)) (ok bool) {
	batch, err := locations()
	if err != nil {
		s.apply(batch)
		if !s.impaired {
			s.log.Warn("the shared store does not tell where drivers are; the feed goes on", "err", err)
		}
		s.impaired = true
		var part interface{ Undelivered() []int }
		return errors.As(err, &part)
	}
	s.impaired = false
	s.apply(batch)
	return true
}

func (s *supply) followBeats() {
	if s.beats == nil || s.unbeat != nil {
		return
	}
	stop, err := s.beats.OnBeat(s.beat)
	if err != nil { // tried again at the next tick; positions tell of life as well
		return
	}
	s.unbeat = stop
}

// beat takes a sign of life of a tracker.
func (s *supply) beat() { s.beatAt.Store(s.now().UnixMilli()) }

// hears reports whether the silence of a driver says something about the
// driver, and not about us: trackers live, or positions arrive.
func (s *supply) hears() bool {
	last := max(s.heardAt.Load(), s.beatAt.Load())
	return s.now().UnixMilli()-last <= hearing.Milliseconds()
}

// rewind is for a clock that was set back to now: nothing was heard by it yet. The
// feed is given its time to be heard before the store is asked, which still has
// positions from the future.
func (s *supply) rewind(now time.Time) {
	s.heardAt.Store(0)
	s.beatAt.Store(0)
	s.feedAt.Store(now.UnixMilli())
	s.askedAt = time.Time{}
}

func (s *supply) unfollowIdle(now time.Time) {
	for cell, f := range s.followed {
		if now.Sub(f.usedAt) > unfollowAfter {
			f.stop()
			delete(s.followed, cell)
		}
	}
}

// knows reports whether the driver is online.
func (s *supply) knows(driverID string) bool {
	_, ok := s.fleet.Get(driverID)
	return ok
}

func (s *supply) forget() {
	now := s.now()
	s.fleet.Expire(now.Add(-forgetAfter))
	s.fleet.Recede(now.Add(max(driver.ClocksApart, s.fresh)))
}

func (s *supply) close() {
	if s.unbeat != nil {
		s.unbeat()
	}
	for cell, f := range s.followed {
		f.stop()
		delete(s.followed, cell)
	}
}

func withNeighbors(cells map[geo.Cell]bool) map[geo.Cell]bool {
	all := make(map[geo.Cell]bool, 9*len(cells))
	for cell := range cells {
		all[cell] = true
		for _, n := range cell.Neighbors() {
			all[n] = true
		}
	}
	return all
}
