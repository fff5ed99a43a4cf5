package driver_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// changed is a fix with something else about it.
func changed(p driver.Position, change func(*driver.Position)) driver.Position {
	change(&p)
	return p
}

func standing(p *driver.Position)    { p.Speed = 0 }
func approximate(p *driver.Position) { p.Approximate = true }
func rough(p *driver.Position)       { p.Accuracy = 31 }
func nowhere(p *driver.Position)     { p.Point = geo.Point{Lat: 91} }
func zero(p *driver.Position)        { p.Point = geo.Point{} }

// early is received before it was fixed.
func early(seconds float64) func(*driver.Position) {
	return func(p *driver.Position) { p.FixedAt = p.FixedAt.Add(time.Duration(seconds * float64(time.Second))) }
}

// filterRows has one row for each filter that users of Traccar know, from what
// its documentation says: what it refuses, and the nearest thing that it does
// not. Nothing else is switched on. Each position is received at its time, or
// the time that at names.
var filterRows = []struct {
	refusal     driver.Refusal
	config      driver.FilterConfig
	before      []driver.Position
	refused, ok driver.Position
	at          time.Time
}{
	{refusal: driver.RefusedInvalid, refused: changed(fix(1, 0, 0), nowhere), ok: fix(1, 0, 0)},
	{refusal: driver.RefusedZero, config: driver.FilterConfig{Zero: true}, refused: changed(fix(1, 0, 0), zero), ok: fix(1, 0, 0)},
	{
		refusal: driver.RefusedFuture, config: driver.FilterConfig{Future: 10 * time.Second}, at: start,
		refused: changed(fix(1, 0, 0), early(11)), ok: changed(fix(1, 0, 0), early(10)),
	},
	{
		refusal: driver.RefusedPast, config: driver.FilterConfig{Past: 10 * time.Second}, at: start,
		refused: changed(fix(1, 0, 0), early(-11)), ok: changed(fix(1, 0, 0), early(-10)),
	},
	{refusal: driver.RefusedAccuracy, config: driver.FilterConfig{Accuracy: 30}, refused: changed(fix(1, 0, 0), rough), ok: fix(1, 0, 0)},
	{refusal: driver.RefusedApproximate, config: driver.FilterConfig{Approximate: true}, refused: changed(fix(1, 0, 0), approximate), ok: fix(1, 0, 0)},
	{
		refusal: driver.RefusedDuplicate, config: driver.FilterConfig{Duplicate: true},
		before: []driver.Position{fix(0, 0, 0)}, refused: fix(0, 0, 0), ok: fix(0, 1, 0),
	},
	{
		refusal: driver.RefusedStale, config: driver.FilterConfig{Order: true}, at: after(4),
		before: []driver.Position{fix(0, 4, 0)}, refused: fix(0, 3, 0), ok: fix(0, 5, 0),
	},
	{
		refusal: driver.RefusedStatic, config: driver.FilterConfig{Static: true},
		before: []driver.Position{fix(1, 0, 0)}, refused: changed(fix(2, 4, 90), standing), ok: fix(2, 4, 0),
	},
	{
		refusal: driver.RefusedDistance, config: driver.FilterConfig{Distance: 20},
		before: []driver.Position{fix(1, 0, 0)}, refused: fix(2, 4, 19.9), ok: fix(2, 4, 20.1),
	},
	{
		refusal: driver.RefusedPeriod, config: driver.FilterConfig{Period: 3 * time.Second},
		before: []driver.Position{fix(1, 0, 0)}, refused: fix(2, 2.9, 0), ok: fix(2, 3, 0),
	},
	{
		refusal: driver.RefusedSpeed, config: driver.FilterConfig{Speed: 50},
		before: []driver.Position{fix(1, 0, 0)}, refused: fix(2, 4, 201), ok: fix(2, 4, 199),
	},
	{
		refusal: driver.RefusedDailyLimit, config: driver.FilterConfig{DailyLimit: 2, DailyInterval: time.Minute},
		before: []driver.Position{fix(1, 0, 0), fix(2, 1, 0)}, refused: fix(3, 60.9, 0), ok: fix(3, 61, 0),
	},
}

func TestFilter_JudgeRows(t *testing.T) {
	seen := map[driver.Refusal]bool{}
	for _, row := range filterRows {
		seen[row.refusal] = true
		t.Run(string(row.refusal), func(t *testing.T) {
			verdict := func(c driver.FilterConfig, p driver.Position) driver.Refusal {
				f := driver.NewFilter(c)
				if got := judge(f, row.before...); len(got) > 0 && last(got) != driver.Believed {
					t.Fatalf("what came before was refused: %q", got)
				}
				if row.at.IsZero() {
					return f.Judge(p, p.FixedAt)
				}
				return f.Judge(p, row.at)
			}
			if got := verdict(row.config, row.refused); got != row.refusal {
				t.Errorf("got %q", got)
			}
			if got := verdict(row.config, row.ok); got != driver.Believed {
				t.Errorf("the nearest thing to it is refused: %q", got)
			}
			if got := verdict(driver.FilterConfig{}, row.refused); got != driver.Believed && row.refusal != driver.RefusedInvalid {
				t.Errorf("switched off, yet refused: %q", got)
			}
		})
	}
	for _, r := range driver.Refusals {
		if !seen[r] {
			t.Errorf("%q has no row", r)
		}
	}
}

// saving is the defaults with all that spares storage.
func saving() driver.FilterConfig {
	c := driver.DefaultFilterConfig
	c.Static, c.Distance = true, 20
	return c
}

// A car that stands, at whatever beat its phone sends, is heard of in time to
// stay in supply: refused as static or not, with a count or without.
func TestFilter_AParkedDriverStaysFresh(t *testing.T) {
	const fresh = 15 * time.Second
	rapid.Check(t, func(t *rapid.T) {
		beat := time.Duration(rapid.IntRange(200, 14_900).Draw(t, "beat ms")) * time.Millisecond
		counted := rapid.Bool().Draw(t, "counted")
		newFix := rapid.Bool().Draw(t, "new fix")
		f, now, heard := driver.NewFilter(saving()), start, start
		refused := 0
		for i := range 100 {
			p := changed(fix(0, 0, 0), standing)
			if counted {
				p.Seq = uint64(i) + 1
			}
			if newFix {
				p.FixedAt = now
			}
			switch r := f.Judge(p, now); {
			case r == driver.Believed:
				heard = now
			case r == driver.RefusedPast && !newFix: // the one fix that it has is too old by now
				return
			default:
				refused++
			}
			if now = now.Add(beat); now.Sub(heard) > fresh {
				t.Fatalf("not heard of for %v", now.Sub(heard))
			}
		}
		if beat < 2*time.Second && refused == 0 {
			t.Fatal("a repetition every other second was never refused")
		}
	})
}

// TestFilter_OneBadPositionThrowsNobodyOut: it costs itself alone, wherever it
// comes in a drive, and whatever is wrong with it.
func TestFilter_OneBadPositionThrowsNobodyOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := driver.NewFilter(driver.DefaultFilterConfig)
		bad := rapid.IntRange(1, 30).Draw(t, "bad")
		for i := range 40 {
			p := fix(uint64(i)+1, float64(4*i), float64(50*i))
			now := p.FixedAt
			want := driver.Believed
			if i == bad {
				want = spoil(t, &p)
			}
			if got := f.Judge(p, now); got != want {
				t.Fatalf("fix %d of which %d is bad: got %q, want %q", i, bad, got, want)
			}
		}
	})
}

// spoil makes a fix wrong, and says how it is to be refused.
func spoil(t *rapid.T, p *driver.Position) driver.Refusal {
	kinds := []driver.Refusal{
		driver.RefusedInvalid, driver.RefusedZero, driver.RefusedFuture, driver.RefusedPast, driver.RefusedAccuracy,
		driver.RefusedDuplicate, driver.RefusedStale, driver.RefusedSpeed,
	}
	kind := rapid.SampledFrom(kinds).Draw(t, "kind")
	switch kind {
	case driver.RefusedInvalid:
		p.Lat = 900
	case driver.RefusedZero:
		p.Point = geo.Point{}
	case driver.RefusedFuture:
		p.FixedAt = p.FixedAt.Add(time.Hour)
	case driver.RefusedPast:
		p.FixedAt = p.FixedAt.Add(-time.Hour)
	case driver.RefusedAccuracy:
		p.Accuracy = 3000
	case driver.RefusedDuplicate:
		p.Seq--
	case driver.RefusedStale:
		p.FixedAt = p.FixedAt.Add(-5 * time.Second)
	case driver.RefusedSpeed:
		p.Point = geo.Destination(p.Point, rapid.Float64Range(0, 360).Draw(t, "bearing"), rapid.Float64Range(1000, 5e6).Draw(t, "metres"))
	}
	return kind
}

// TestFilter_SpeedReanchorsAfterAGap: a car that was far away when it was heard
// of last is believed at once after a silence, and driven on from there; what a
// gap is goes by how often the phone sends.
func TestFilter_SpeedReanchorsAfterAGap(t *testing.T) {
	for name, test := range map[string]struct {
		beat, gap float64 // seconds
		want      driver.Refusal
	}{
		"EveryFewSeconds":      {4, 60, driver.Believed},
		"NotYetAGap":           {4, 59, driver.RefusedSpeed},
		"AMinuteIsItsUsual":    {60, 60, driver.RefusedSpeed},
		"EveryMinute":          {60, 240, driver.Believed},
		"HardlyEver":           {290, 300, driver.Believed},
		"HardlyEverButNotNow":  {290, 299, driver.RefusedSpeed},
		"TheFirstPauseOfAll":   {0, 60, driver.Believed},
		"AndBeforeThatIsOver":  {0, 59, driver.RefusedSpeed},
		"SilentForHalfTheDay":  {4, 40_000, driver.Believed},
		"SilentForFiveMinutes": {60, 300, driver.Believed},
	} {
		t.Run(name, func(t *testing.T) {
			f, at := driver.NewFilter(driver.DefaultFilterConfig), 0.0
			judge(f, fix(1, at, 0))
			for i := range 20 {
				if test.beat > 0 {
					at += test.beat
					judge(f, fix(uint64(i)+2, at, 0))
				}
			}
			at += test.gap
			if got := last(judge(f, fix(50, at, 900_000))); got != test.want {
				t.Fatalf("after the gap: got %q, want %q", got, test.want)
			}
			if got := last(judge(f, fix(51, at+4, 900_100))); test.want == driver.Believed && got != test.want {
				t.Fatalf("the next from there: %q", got)
			}
		})
	}
}

// A clock of the machine that is set back must not hold drivers up until it has
// caught up.
func TestFilter_ClockSetBack(t *testing.T) {
	f := driver.NewFilter(driver.DefaultFilterConfig)
	judge(f, fix(1, 7200, 0))
	if got := last(judge(f, fix(2, 0, 40))); got != driver.Believed {
		t.Errorf("two hours back: %q", got)
	}
}

// TestFilter_DailyLimit holds the limit against a plain count.
func TestFilter_DailyLimit(t *testing.T) {
	t.Run("AgainstACount", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			c := driver.FilterConfig{
				DailyLimit:    rapid.IntRange(1, 5).Draw(t, "limit"),
				DailyInterval: time.Duration(rapid.IntRange(0, 3).Draw(t, "interval")) * time.Hour,
			}
			f, at := driver.NewFilter(c), start
			days := map[string]int{}
			lastBelieved := time.Time{}
			for range rapid.IntRange(1, 60).Draw(t, "fixes") {
				at = at.Add(time.Duration(rapid.IntRange(1, 240).Draw(t, "minutes")) * time.Minute)
				p := fix(0, 0, 0)
				p.FixedAt = at
				day := at.Format(time.DateOnly)
				want := driver.RefusedDailyLimit
				if days[day] < c.DailyLimit || c.DailyInterval > 0 && at.Sub(lastBelieved) >= c.DailyInterval {
					want = driver.Believed
				}
				if got := f.Judge(p, at); got != want {
					t.Fatalf("%v, %d of %d before, the last at %v: got %q, want %q", at, days[day], c.DailyLimit, lastBelieved, got, want)
				}
				if want == driver.Believed {
					days[day]++
					lastBelieved = at
				}
			}
		})
	})
	t.Run("OutlivesTheFilter", func(t *testing.T) {
		c := driver.FilterConfig{DailyLimit: 2}
		f := driver.NewFilter(c)
		judge(f, fix(1, 0, 0), fix(2, 1, 0))
		later := driver.NewFilter(c)
		later.Resupply(f.Quota())
		if got := last(judge(later, fix(3, 2, 0))); got != driver.RefusedDailyLimit {
			t.Errorf("a new filter of the same day: %q", got)
		}
		if got := last(judge(later, fix(4, 86_400, 0))); got != driver.Believed {
			t.Errorf("the next day: %q", got)
		}
	})
	t.Run("RefusedCostNothing", func(t *testing.T) {
		f := driver.NewFilter(driver.FilterConfig{DailyLimit: 2, Zero: true})
		zeroFix := changed(fix(1, 0, 0), zero)
		judge(f, zeroFix, zeroFix, zeroFix, fix(2, 1, 0))
		if got := last(judge(f, fix(3, 2, 0))); got != driver.Believed {
			t.Errorf("the second that could be believed: %q", got)
		}
	})
}
