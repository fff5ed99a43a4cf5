package track

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func location(id string, second int, p geo.Point) driver.Location {
	return driver.Location{
		DriverID: id, Position: driver.Position{Point: p}, SeenAt: epoch.Add(time.Duration(second) * time.Second),
	}
}

// Whatever is put, taken and put back in whatever order: the newest of each
// driver is what leaves last, and nothing is lost or left twice.
func TestTray(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tray := newTray(1000)
		newest := map[string]int{}    // what was put
		delivered := map[string]int{} // what left
		for second := range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				id := fmt.Sprintf("d%d", rapid.IntRange(0, 4).Draw(t, "driver"))
				seen := rapid.IntRange(0, second).Draw(t, "seen")
				tray.put(location(id, seen, geo.Point{}))
				newest[id] = max(newest[id], seen)
			case 1:
				for _, l := range tray.take(rapid.IntRange(1, 6).Draw(t, "limit")) {
					delivered[l.DriverID] = max(delivered[l.DriverID], int(l.SeenAt.Sub(epoch)/time.Second))
				}
			case 2: // a delivery fails while newer locations come in
				batch := tray.take(3)
				for _, l := range batch {
					if rapid.Bool().Draw(t, "moved") {
						tray.put(location(l.DriverID, second, geo.Point{}))
						newest[l.DriverID] = max(newest[l.DriverID], second)
					}
				}
				tray.putBack(batch, epoch)
			}
			if tray.len() > len(newest) {
				t.Fatalf("%d entries of %d drivers", tray.len(), len(newest))
			}
		}
		for _, l := range tray.take(1000) {
			delivered[l.DriverID] = max(delivered[l.DriverID], int(l.SeenAt.Sub(epoch)/time.Second))
		}
		for id, want := range newest {
			if got, ok := delivered[id]; !ok || got != want {
				t.Fatalf("%s: %d left last, want %d", id, got, want)
			}
		}
	})
}

func TestTray_PutBackDropsTheOld(t *testing.T) {
	tray := newTray(10)
	tray.putBack([]driver.Location{location("old", 9, geo.Point{}), location("young", 10, geo.Point{})}, epoch.Add(10*time.Second))
	if got := tray.take(10); len(got) != 1 || got[0].DriverID != "young" {
		t.Errorf("kept %+v", got)
	}
}

// cellsThat fails for some cells.
type cellsThat map[geo.Cell]error

func (c cellsThat) Publish(_ context.Context, cell geo.Cell, _ []driver.Location) error {
	return c[cell]
}

func TestCellFeed_DeliverInPart(t *testing.T) {
	home, away := geo.Point{Lat: 40.73, Lon: -73.98}, geo.Point{Lat: 37.77, Lon: -122.42}
	broken := cellsThat{}
	now := epoch
	feed := newCellFeed(broken, time.Minute, func() time.Time { return now })
	deliver := func(batch ...driver.Location) []driver.Location {
		undelivered, _ := feed.deliver(t.Context(), batch)
		return undelivered
	}
	if left := deliver(location("a", 0, home), location("b", 0, home)); left != nil {
		t.Fatalf("left %v", left)
	}
	broken[geo.CellOf(home, geo.OwnerLength)] = errors.New("no")
	// Only the old cell of a fails: a is to be published in both again.
	left := deliver(location("a", 1, away), location("c", 1, away))
	if len(left) != 1 || left[0].DriverID != "a" {
		t.Fatalf("left %v", left)
	}
	if parts := feed.byCell(left); len(parts) != 2 {
		t.Errorf("the next try goes to %d cells", len(parts))
	}
	clear(broken)
	gone := location("a", 2, away)
	gone.Gone = true
	if left := deliver(gone); left != nil {
		t.Fatalf("left %v", left)
	}
	now = now.Add(time.Minute)
	deliver()
	if len(feed.last) != 0 {
		t.Errorf("%d drivers are remembered for ever", len(feed.last))
	}
}

func TestProfiles(t *testing.T) {
	known := newProfiles(3, time.Hour)
	for i := range 10 {
		known.put(driver.Profile{ID: fmt.Sprintf("d%d", i)}, epoch)
		known.put(driver.Profile{ID: fmt.Sprintf("d%d", i), Seats: 4}, epoch)
	}
	if len(known.known) != 3 {
		t.Errorf("%d profiles of at most 3", len(known.known))
	}
	if p, ok := known.get("d9", epoch.Add(time.Hour-1)); !ok || p.Seats != 4 {
		t.Errorf("the newest is %+v, %v", p, ok)
	}
	if _, ok := known.get("d9", epoch.Add(time.Hour)); ok {
		t.Error("remembered beyond its time")
	}
	known.put(driver.Profile{ID: "new"}, epoch.Add(time.Hour))
	if len(known.known) != 1 {
		t.Errorf("%d profiles, want those that are due to make room", len(known.known))
	}
}

// A status said in the same millisecond as another is the later one to every
// store.
func TestUnit_SayStampsInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		us := newUnits(DefaultConfig)
		u := us.take("s1", driver.Profile{ID: "d1"})
		var last driver.Location
		for i := range rapid.IntRange(1, 20).Draw(t, "words") {
			var l driver.Location
			var told bool
			if rapid.Bool().Draw(t, "position") {
				h := u.hear("s1", []driver.Position{{Point: geo.Point{Lat: 40, Lon: -74}, Seq: uint64(i) + 1, FixedAt: epoch}}, epoch, false)
				l, told = h.location, h.publish
			} else {
				said := rapid.SampledFrom([]driver.Status{driver.Available, driver.Offline}).Draw(t, "status")
				l, told = u.say("s1", said, epoch, time.Minute, false)
			}
			l.SeenAt = l.SeenAt.Truncate(time.Millisecond)
			if told && last.DriverID != "" && !l.Supersedes(last) {
				t.Fatalf("%+v does not supersede %+v", l, last)
			}
			if told {
				last = l
			}
		}
	})
}

// A clock that is set back takes the stamps with it, or no store would believe
// them until it has caught up.
func TestUnit_StampsFollowAClockThatIsSetBack(t *testing.T) {
	u := newUnits(DefaultConfig).take("s1", driver.Profile{ID: "d1"})
	for i, now := range []time.Time{epoch, epoch.Add(time.Hour), epoch.Add(time.Second), epoch.Add(5 * time.Second)} {
		p := driver.Position{Point: geo.Point{Lat: 40, Lon: -74}, Seq: uint64(i) + 1, FixedAt: now}
		h := u.hear("s1", []driver.Position{p}, now, false)
		if h.believed != 1 || !h.location.SeenAt.Equal(now) {
			t.Errorf("%v: believed %d, stamped %v, refused %v", now, h.believed, h.location.SeenAt, h.refused)
		}
	}
}

// Who is forgotten and comes back has used as much of the day as before.
func TestUnits_SweepKeepsTheDay(t *testing.T) {
	c := DefaultConfig
	c.Filter.DailyLimit, c.Filter.DailyInterval = 3, 0
	us := newUnits(c)
	send := func(session string, seconds int) int {
		now := epoch.Add(time.Duration(seconds) * time.Second)
		u := us.take(session, driver.Profile{ID: "d1"})
		p := driver.Position{Point: geo.Point{Lat: 40, Lon: -74}, FixedAt: now}
		believed := u.hear(session, []driver.Position{p}, now, false).believed
		u.leave(session, now)
		us.sweep(now.Add(c.Linger + 1))
		return believed
	}
	for i, want := range []int{1, 1, 1, 0, 0} {
		if got := send("s"+string(rune('1'+i)), 100*i); got != want || us.len() != 0 {
			t.Errorf("position %d: %d believed, want %d; %d drivers known", i+1, got, want, us.len())
		}
	}
	us.sweep(epoch.Add(24 * time.Hour))
	if len(us.quotas) != 0 {
		t.Errorf("%d days of yesterday are remembered", len(us.quotas))
	}
	if got := send("s9", 86_400); got != 1 {
		t.Error("the next day begins with nothing left")
	}
}

// Two sessions of a driver may enter in another order than they were made in.
func TestRoster_EnterLate(t *testing.T) {
	tracker := New(DefaultConfig, Deps{Now: time.Now})
	older, newer := newSession(tracker, nil, "d1"), newSession(tracker, nil, "d1")
	r := newRoster()
	if !r.enter(newer) || !r.enter(older) {
		t.Fatal("not let in")
	}
	if newer.over() || !older.over() || older.why.Code != CloseReplaced {
		t.Errorf("newer over: %v, older over: %v", newer.over(), older.over())
	}
	r.leave(older)
	if r.newest["d1"] != newer {
		t.Error("the older one took the newer one along")
	}
	us := newUnits(DefaultConfig)
	p := driver.Profile{ID: "d1", Seats: 4}
	u := us.take(newer.id, p)
	if us.take(older.id, p) != u || u.session != newer.id {
		t.Error("the older one took the unit")
	}
	if h := u.hear(older.id, []driver.Position{{Point: geo.Point{Lat: 1, Lon: 1}, FixedAt: epoch}}, epoch, false); h.believed != 0 {
		t.Error("the older one was heard")
	}
}
