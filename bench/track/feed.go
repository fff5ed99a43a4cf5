package main

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/cabstand/cabstand/internal/driver"
)

// follower follows the feed as a dispatcher does, into an index that can be
// searched, and measures how old positions are by then. Their own time is the one
// at which they were due to be sent, so that whatever holds them up counts, the
// generator included.
type follower struct {
	fleet *driver.Fleet
	now   func() time.Time

	mu       sync.Mutex
	latest   []int64 // by car: the time of the newest position, unix ms
	from, to int64   // positions of this time count
	arrived  arrivals
}

// arrivals is what a follower saw of a window.
type arrivals struct {
	count  int // of positions that were due in the window
	within int // positions that arrived in the window
	last   time.Time
	age    *hdrhistogram.Histogram
}

func newFollower(cars int, now func() time.Time) *follower {
	return &follower{fleet: driver.NewFleet(), now: now, latest: make([]int64, cars), arrived: arrivals{age: newHistogram()}}
}

// hear takes a batch of the feed. A driver who crosses into another cell is
// published in both: only the first counts.
func (f *follower) hear(batch []driver.Location) {
	f.fleet.Apply(batch)
	now := f.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.arrived.last = now
	for i := range batch {
		f.count(&batch[i], now)
	}
}

func (f *follower) count(l *driver.Location, now time.Time) {
	car, ok := carOf(l.DriverID)
	due := l.FixedAt.UnixMilli()
	if !ok || car >= len(f.latest) || due <= f.latest[car] {
		return
	}
	f.latest[car] = due
	if ms := now.UnixMilli(); ms >= f.from && ms < f.to {
		f.arrived.within++
	}
	if due >= f.from && due < f.to {
		f.arrived.count++
		record(f.arrived.age, now.Sub(l.FixedAt))
	}
}

// watch counts positions of the window from now on.
func (f *follower) watch(from, to time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.from, f.to, f.arrived = from.UnixMilli(), to.UnixMilli(), arrivals{age: newHistogram()}
}

// seen is what came of the window so far.
func (f *follower) seen() arrivals {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.arrived
	a.age = f.arrived.age.Clone()
	return a
}

// lastHeard is when the feed brought something last.
func (f *follower) lastHeard() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.arrived.last
}

// carOf is the car of a driver that driverID named.
func carOf(id string) (car int, ok bool) {
	digits, ok := strings.CutPrefix(id, "driver-")
	if !ok {
		return 0, false
	}
	car, err := strconv.Atoi(digits)
	return car, err == nil && car >= 0
}
