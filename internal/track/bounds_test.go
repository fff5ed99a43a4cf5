package track

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
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

func take(t *tray, limit int) []driver.Location {
	var b batch
	t.take(&b, limit)
	return b.locations
}

// Whatever is told up to ten seconds late, taken and put back in whatever order: the
// newest of each driver is what leaves last, and nothing is lost or left twice.
func TestTray(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		trays := []*tray{newTray(0, 1000), newTray(1, 1000)}
		drivers := [5]news{}
		newest := map[string]int{} // what was told
		delivered := [2]map[string]int{{}, {}}
		tell := func(d, seen int) {
			id := fmt.Sprintf("d%d", d)
			drivers[d].tell(location(id, seen, geo.Point{}), trays)
			newest[id] = max(newest[id], seen)
		}
		leave := func(n int, batch []driver.Location) {
			for _, l := range batch {
				seen := int(l.SeenAt.Sub(epoch) / time.Second)
				if was, ok := delivered[n][l.DriverID]; ok && seen < was {
					t.Fatalf("%s: %d left after %d", l.DriverID, seen, was)
				}
				delivered[n][l.DriverID] = seen
			}
		}
		for second := range rapid.IntRange(1, 60).Draw(t, "steps") {
			n := rapid.IntRange(0, 1).Draw(t, "tray")
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				tell(rapid.IntRange(0, 4).Draw(t, "driver"), rapid.IntRange(max(0, second-10), second).Draw(t, "seen"))
			case 1:
				leave(n, take(trays[n], rapid.IntRange(1, 6).Draw(t, "limit")))
			case 2: // a delivery fails while newer locations come in
				var b batch
				trays[n].take(&b, 3)
				for _, l := range b.locations {
					if rapid.Bool().Draw(t, "moved") {
						tell(int(l.DriverID[1]-'0'), second)
					}
				}
				trays[n].putBack(b.of, epoch)
			}
			if trays[n].len() > len(newest) {
				t.Fatalf("%d entries of %d drivers", trays[n].len(), len(newest))
			}
		}
		for n, tray := range trays {
			leave(n, take(tray, 1000))
			if !maps.Equal(delivered[n], newest) {
				t.Fatalf("%v left last, want %v", delivered[n], newest)
			}
		}
	})
}

func TestTray_PutBackDropsTheOld(t *testing.T) {
	tray := newTray(0, 10)
	old, young := &news{latest: location("old", 9, geo.Point{})}, &news{latest: location("young", 10, geo.Point{})}
	tray.putBack([]*news{old, young}, epoch.Add(10*time.Second))
	if got := take(tray, 10); len(got) != 1 || got[0].DriverID != "young" {
		t.Errorf("kept %+v", got)
	}
}

// Who waited longest leaves first, and a tray that is still full after that calls
// for the next flush.
func TestTray_InOrder(t *testing.T) {
	only := []*tray{newTray(0, 2)}
	tray := only[0]
	for i := range 5 {
		new(news).tell(location(fmt.Sprintf("d%d", i), i, geo.Point{}), only)
	}
	for _, want := range []struct {
		ids  string
		full bool
	}{{"d0 d1", true}, {"d2 d3", false}, {"d4", false}} {
		select {
		case <-tray.full:
		default:
			if want.full {
				t.Error("no call for a flush")
			}
		}
		var ids []string
		for _, l := range take(tray, 2) {
			ids = append(ids, l.DriverID)
		}
		if got := strings.Join(ids, " "); got != want.ids {
			t.Errorf("took %q, want %q", got, want.ids)
		}
	}
}

// A position costs no memory on its way into the trays, and next to none on the
// way out: ten thousand drivers must not keep the collector busy.
func TestTray_AllocatesNothing(t *testing.T) {
	trays := []*tray{newTray(0, 1000), newTray(1, 1000)}
	drivers := make([]news, 100)
	var b batch
	second := 0
	flush := func() {
		second++
		for i := range drivers {
			drivers[i].tell(location("d", second, geo.Point{}), trays)
		}
		for _, tray := range trays {
			tray.take(&b, 1000)
		}
	}
	if n := testing.AllocsPerRun(20, flush); n > 0 {
		t.Errorf("%v allocations for %d drivers", n, len(drivers))
	}
}

// someCells is a feed that fails for some cells and counts what the others hear.
type someCells struct {
	broken map[geo.Cell]error
	heard  map[geo.Cell]int
}

func (c someCells) Flush(context.Context) error { return nil }

func (c someCells) Publish(_ context.Context, cell geo.Cell, batch []driver.Location) error {
	if err := c.broken[cell]; err != nil {
		return err
	}
	c.heard[cell] += len(batch)
	return nil
}

func TestCellFeed_DeliverInPart(t *testing.T) {
	home, away := geo.Point{Lat: 40.73, Lon: -73.98}, geo.Point{Lat: 37.77, Lon: -122.42}
	broken, heard := map[geo.Cell]error{}, map[geo.Cell]int{}
	now := epoch
	feed := newCellFeed(someCells{broken, heard}, time.Minute, func() time.Time { return now })
	deliver := func(batch ...driver.Location) (undelivered []string) {
		failed, _ := feed.deliver(t.Context(), batch)
		for _, i := range failed {
			undelivered = append(undelivered, batch[i].DriverID)
		}
		return undelivered
	}
	if left := deliver(location("a", 0, home), location("b", 0, home)); left != nil {
		t.Fatalf("left %v", left)
	}
	here, there := geo.CellOf(home, geo.OwnerLength), geo.CellOf(away, geo.OwnerLength)
	broken[here] = errors.New("no")
	// Only the old cell of a fails: a is to be published in both again.
	left := deliver(location("a", 1, away), location("c", 1, away))
	if len(left) != 1 || left[0] != "a" {
		t.Fatalf("left %v", left)
	}
	clear(broken)
	clear(heard)
	deliver(location("a", 2, away))
	if heard[here] != 1 || heard[there] != 1 {
		t.Errorf("the next try goes to %v", heard)
	}
	clear(heard)
	if deliver(location("a", 3, away)); heard[here] != 0 || heard[there] != 1 {
		t.Errorf("once both cells know, it goes to %v", heard)
	}
	gone := location("a", 4, away)
	gone.Gone = true
	if left := deliver(gone); left != nil {
		t.Fatalf("left %v", left)
	}
	now = now.Add(time.Minute)
	deliver()
	if len(feed.last) != 0 || len(feed.cells) != 0 {
		t.Errorf("%d drivers and %d cells are remembered for ever", len(feed.last), len(feed.cells))
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
		u := us.take("s1", driver.Profile{ID: "d1"}, nil)
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
	u := newUnits(DefaultConfig).take("s1", driver.Profile{ID: "d1"}, nil)
	for i, now := range []time.Time{epoch, epoch.Add(time.Hour), epoch.Add(time.Second), epoch.Add(5 * time.Second)} {
		p := driver.Position{Point: geo.Point{Lat: 40, Lon: -74}, Seq: uint64(i) + 1, FixedAt: now}
		h := u.hear("s1", []driver.Position{p}, now, false)
		if h.believed != 1 || !h.location.SeenAt.Equal(now) {
			t.Errorf("%v: believed %d, stamped %v, refused %v", now, h.believed, h.location.SeenAt, h.refused)
		}
	}
}

// What is stamped by a clock that was set back is told: nothing from before stands
// against it. What is a little late does not overtake.
func TestNews_FollowAClockThatIsSetBack(t *testing.T) {
	n, waits := &news{}, newTray(0, 10)
	taken := func() time.Time {
		b := &batch{}
		waits.take(b, 10)
		if len(b.locations) == 0 {
			return time.Time{}
		}
		return b.locations[0].SeenAt
	}
	for _, told := range []struct {
		at   time.Duration
		want bool
	}{{time.Hour, true}, {time.Hour - driver.ClocksApart, false}, {time.Minute, true}, {time.Minute - time.Second, false}, {2 * time.Minute, true}} {
		at := epoch.Add(told.at)
		n.tell(driver.Location{DriverID: "d1", SeenAt: at}, []*tray{waits})
		if got := taken(); got.Equal(at) != told.want {
			t.Errorf("stamped %v, what leaves is of %v", told.at, got)
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
		u := us.take(session, driver.Profile{ID: "d1"}, nil)
		p := driver.Position{Point: geo.Point{Lat: 40, Lon: -74}, FixedAt: now}
		believed := u.hear(session, []driver.Position{p}, now, false).believed
		u.leave(session, now)
		us.sweep(now.Add(c.Linger + 1))
		return believed
	}
	report := func(seconds int) int {
		now := epoch.Add(time.Duration(seconds) * time.Second)
		d := device{profile: driver.Profile{ID: "d1"}}
		p := driver.Position{Point: geo.Point{Lat: 40, Lon: -74}, FixedAt: now}
		believed := us.of(d.profile).overhear(d, []driver.Position{p}, now).believed
		us.sweep(now.Add(c.Linger + 1))
		return believed
	}
	for i, want := range []int{1, 1, 1, 0, 0} {
		if i == 3 {
			if got := report(100*i - 50); got != 0 {
				t.Error("an app begins the day anew")
			}
		}
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
	if newer.over() || !older.over() || older.why.Load().Code != CloseReplaced {
		t.Errorf("newer over: %v, older over: %v", newer.over(), older.over())
	}
	r.leave(older)
	if r.newest["d1"] != newer {
		t.Error("the older one took the newer one along")
	}
	us := newUnits(DefaultConfig)
	p := driver.Profile{ID: "d1", Seats: 4}
	u := us.take(newer.id, p, nil)
	if us.take(older.id, p, nil) != u || u.session != newer.id {
		t.Error("the older one took the unit")
	}
	if h := u.hear(older.id, []driver.Position{{Point: geo.Point{Lat: 1, Lon: 1}, FixedAt: epoch}}, epoch, false); h.believed != 0 {
		t.Error("the older one was heard")
	}
}
