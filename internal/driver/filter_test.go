package driver_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

var (
	start  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	centre = geo.Point{Lat: 40.73, Lon: -73.98}
)

// fix is a position seconds after start, metres east of the centre.
func fix(seq uint64, seconds, metres float64) driver.Position {
	return driver.Position{
		Point: geo.Destination(centre, 90, metres), Seq: seq, FixedAt: after(seconds),
		Speed: driver.Unknown, Heading: driver.Unknown, Accuracy: 5,
	}
}

func after(seconds float64) time.Time {
	return start.Add(time.Duration(seconds * float64(time.Second)))
}

// judge gives f the positions, each received when it was fixed.
func judge(f *driver.Filter, positions ...driver.Position) []driver.Refusal {
	var verdicts []driver.Refusal
	for _, p := range positions {
		verdicts = append(verdicts, f.Judge(p, p.FixedAt))
	}
	return verdicts
}

func last(verdicts []driver.Refusal) driver.Refusal { return verdicts[len(verdicts)-1] }

func TestFilter_JudgeAlone(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*driver.Position)
		want   driver.Refusal
	}{
		"OK":              {func(*driver.Position) {}, driver.Believed},
		"NaN":             {func(p *driver.Position) { p.Lat = math.NaN() }, driver.RefusedInvalid},
		"Infinite":        {func(p *driver.Position) { p.Lon = math.Inf(1) }, driver.RefusedInvalid},
		"OffTheEarth":     {func(p *driver.Position) { p.Lat = 90.0001 }, driver.RefusedInvalid},
		"Zero":            {func(p *driver.Position) { p.Point = geo.Point{} }, driver.RefusedZero},
		"EquatorIsNoZero": {func(p *driver.Position) { p.Lat = 0 }, driver.Believed},
		"ClockAhead":      {func(p *driver.Position) { p.FixedAt = after(30) }, driver.Believed},
		"Future":          {func(p *driver.Position) { p.FixedAt = after(30.001) }, driver.RefusedFuture},
		"Old":             {func(p *driver.Position) { p.FixedAt = after(-300) }, driver.Believed},
		"Past":            {func(p *driver.Position) { p.FixedAt = after(-300.001) }, driver.RefusedPast},
		"Rough":           {func(p *driver.Position) { p.Accuracy = 100.1 }, driver.RefusedAccuracy},
		"UnknownAccuracy": {func(p *driver.Position) { p.Accuracy = driver.Unknown }, driver.Believed},
	} {
		t.Run(name, func(t *testing.T) {
			p := fix(1, 0, 0)
			test.change(&p)
			if got := driver.NewFilter(driver.DefaultFilterConfig).Judge(p, start); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if got := driver.NewFilter(driver.FilterConfig{}).Judge(p, start); got != driver.Believed && got != driver.RefusedInvalid {
				t.Errorf("switched off, yet refused as %q", got)
			}
		})
	}
}

func TestFilter_JudgeOrder(t *testing.T) {
	for name, test := range map[string]struct {
		positions []driver.Position
		want      driver.Refusal
	}{
		"Next":               {[]driver.Position{fix(1, 0, 0), fix(2, 4, 40)}, driver.Believed},
		"SameCount":          {[]driver.Position{fix(1, 0, 0), fix(1, 4, 40)}, driver.RefusedDuplicate},
		"LowerCount":         {[]driver.Position{fix(9, 0, 0), fix(8, 4, 40)}, driver.RefusedStale},
		"EarlierFix":         {[]driver.Position{fix(1, 9, 0), fix(2, 8, 0)}, driver.RefusedStale},
		"EarlierUncounted":   {[]driver.Position{fix(0, 9, 0), fix(0, 8, 0)}, driver.RefusedStale},
		"SameTimeUncounted":  {[]driver.Position{fix(0, 9, 0), fix(0, 9, 0)}, driver.RefusedDuplicate},
		"SignOfLife":         {[]driver.Position{fix(1, 9, 0), fix(2, 9, 0)}, driver.Believed},
		"SameSecond":         {[]driver.Position{fix(1, 9, 0), fix(2, 9, 50)}, driver.Believed},
		"RefusedIsForgotten": {[]driver.Position{fix(1, 0, 0), fix(3, 4, 90_000), fix(2, 4, 40)}, driver.Believed},
	} {
		t.Run(name, func(t *testing.T) {
			f := driver.NewFilter(driver.DefaultFilterConfig)
			if got := last(judge(f, test.positions...)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestFilter_Resume(t *testing.T) {
	f := driver.NewFilter(driver.DefaultFilterConfig)
	judge(f, fix(500, 0, 0))
	f.Resume()
	if got := f.Judge(fix(1, 4, 40), after(4)); got != driver.Believed {
		t.Errorf("an app that counts from 1 again: %q", got)
	}
	f.Resume()
	if got := f.Judge(fix(1, 4, 40), after(5)); got != driver.Believed {
		t.Errorf("a phone that stands still after a reconnect: %q", got)
	}
	f.Resume()
	if got := f.Judge(fix(1, 3, 40), after(5)); got != driver.RefusedStale {
		t.Errorf("an older fix of the new session: got %q, want stale", got)
	}
}

func TestFilter_JudgeSpeed(t *testing.T) {
	t.Run("JumpIsCutAndTheNextIsGood", func(t *testing.T) {
		f := driver.NewFilter(driver.DefaultFilterConfig)
		got := judge(f, fix(1, 0, 0), fix(2, 4, 5000), fix(3, 8, 80))
		want := []driver.Refusal{driver.Believed, driver.RefusedSpeed, driver.Believed}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("fix %d: got %q, want %q", i+1, got[i], want[i])
			}
		}
	})
	t.Run("LimitIsExact", func(t *testing.T) {
		f := driver.NewFilter(driver.DefaultFilterConfig)
		if got := last(judge(f, fix(1, 0, 0), fix(2, 10, 599.9))); got != driver.Believed {
			t.Errorf("just under 60 m/s: %q", got)
		}
		if got := last(judge(f, fix(3, 20, 599.9+600.5))); got != driver.RefusedSpeed {
			t.Errorf("just over 60 m/s: %q", got)
		}
	})
	t.Run("SilenceExplainsAnyDistance", func(t *testing.T) {
		f := driver.NewFilter(driver.DefaultFilterConfig)
		if got := last(judge(f, fix(1, 0, 0), fix(2, 60, 400_000))); got != driver.Believed {
			t.Errorf("first fix after silence: %q", got)
		}
	})
	t.Run("WitnessesMoveTheAnchor", func(t *testing.T) {
		f := driver.NewFilter(driver.DefaultFilterConfig)
		got := judge(f, fix(1, 0, 90_000), fix(2, 4, 0), fix(3, 8, 40), fix(4, 12, 80), fix(5, 16, 120))
		want := []driver.Refusal{driver.Believed, driver.RefusedSpeed, driver.RefusedSpeed, driver.Believed, driver.Believed}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("fix %d: got %q, want %q", i+1, got[i], want[i])
			}
		}
	})
	t.Run("AGoodFixOutvotesTheWitnesses", func(t *testing.T) {
		f := driver.NewFilter(driver.DefaultFilterConfig)
		judge(f, fix(1, 0, 0), fix(2, 4, 90_000), fix(3, 8, 90_000))
		if got := last(judge(f, fix(4, 12, 0), fix(5, 16, 90_000))); got != driver.RefusedSpeed {
			t.Errorf("the third witness, but not in a row: %q", got)
		}
	})
	t.Run("AStuckFixIsNoWitnessOfItself", func(t *testing.T) {
		f := driver.NewFilter(driver.DefaultFilterConfig)
		judge(f, fix(1, 0, 0))
		for seq := range uint64(10) {
			if got := f.Judge(fix(seq+2, 4, 90_000), after(float64(seq)*4+4)); got != driver.RefusedSpeed {
				t.Fatalf("sent again for the %dth time: %q", seq, got)
			}
		}
		if got := f.Judge(fix(12, 44, 20), after(44)); got != driver.Believed {
			t.Errorf("the next good one: %q", got)
		}
	})
	t.Run("NoiseIsNoWitness", func(t *testing.T) {
		f := driver.NewFilter(driver.DefaultFilterConfig)
		judge(f, fix(1, 0, 0))
		for i := range 10 {
			p := fix(uint64(i)+2, float64(i)*4+4, float64(i%2)*200_000+50_000)
			if got := f.Judge(p, p.FixedAt); got != driver.RefusedSpeed {
				t.Fatalf("jump %d: %q", i, got)
			}
		}
	})
}

// A fix of the year 2099, believed because the check is off, must not lock the
// driver out for ever.
func TestFilter_JudgeRecoversFromAWildClock(t *testing.T) {
	config := driver.DefaultFilterConfig
	config.Future = 0
	f := driver.NewFilter(config)
	wild := fix(math.MaxUint64, 0, 0)
	wild.FixedAt = time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Judge(wild, start)
	if got := last(judge(f, fix(7, 59, 0))); got != driver.RefusedStale {
		t.Errorf("within the silence: %q", got)
	}
	if got := last(judge(f, fix(8, 60, 0))); got != driver.Believed {
		t.Errorf("after the silence: %q", got)
	}
}

// What a car can do is believed, every fix of it.
func TestFilter_BelievesAnyDrive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := driver.NewFilter(driver.DefaultFilterConfig)
		p, now := fix(1, 0, 0), start
		for range rapid.IntRange(1, 60).Draw(t, "fixes") {
			if got := f.Judge(p, now); got != driver.Believed {
				t.Fatalf("%v at %v refused: %q", p, p.FixedAt, got)
			}
			p, now = drive(t, p, now)
		}
	})
}

// Whatever came before, a phone that drives on plausibly is believed after as
// many fixes as there are witnesses, and from then on always.
func TestFilter_NeverLocksOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := driver.NewFilter(driver.DefaultFilterConfig)
		now := start
		for range rapid.IntRange(0, 20).Draw(t, "garbage") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20_000).Draw(t, "ms")) * time.Millisecond)
			f.Judge(garbage(t, now), now)
		}
		f.Resume()
		// The clock of the garbage may have been ahead by as much as is accepted.
		now = now.Add(driver.DefaultFilterConfig.Future)
		p := fix(1, 0, 0)
		p.FixedAt = now
		for i := range 12 {
			p, now = drive(t, p, now)
			if got := f.Judge(p, now); got != driver.Believed && i >= driver.DefaultFilterConfig.Witnesses {
				t.Fatalf("fix %d refused: %q", i+1, got)
			}
		}
	})
}

// Believed fixes are in the order of the phone's clock, and none is sent twice.
func TestFilter_KeepsOrder(t *testing.T) {
	config := driver.DefaultFilterConfig
	config.Silence = 0
	rapid.Check(t, func(t *rapid.T) {
		f := driver.NewFilter(config)
		var before driver.Position
		for i := range rapid.IntRange(2, 40).Draw(t, "fixes") {
			p := garbage(t, start)
			if f.Judge(p, start) != driver.Believed {
				continue
			}
			if i > 0 && p.FixedAt.Before(before.FixedAt) {
				t.Fatalf("%v believed after %v", p.FixedAt, before.FixedAt)
			}
			if before.Seq != 0 && p.Seq != 0 && p.Seq <= before.Seq {
				t.Fatalf("count %d believed after %d", p.Seq, before.Seq)
			}
			before = p
		}
	})
}

// drive is a fix that a car reaches within 1 to 20 s after p.
func drive(t *rapid.T, p driver.Position, now time.Time) (driver.Position, time.Time) {
	took := time.Duration(rapid.IntRange(1000, 20_000).Draw(t, "took")) * time.Millisecond
	metres := rapid.Float64Range(0, 59).Draw(t, "speed") * took.Seconds()
	p.Point = geo.Destination(p.Point, rapid.Float64Range(0, 360).Draw(t, "bearing"), metres)
	p.Seq, p.FixedAt = p.Seq+1, p.FixedAt.Add(took)
	return p, now.Add(took)
}

func garbage(t *rapid.T, now time.Time) driver.Position {
	return driver.Position{
		Point: geo.Point{
			Lat: rapid.Float64Range(-100, 100).Draw(t, "lat"),
			Lon: rapid.Float64Range(-200, 200).Draw(t, "lon"),
		},
		Seq:      uint64(rapid.IntRange(0, 10).Draw(t, "seq")),
		FixedAt:  now.Add(time.Duration(rapid.IntRange(-60_000, 60_000).Draw(t, "skew")) * time.Millisecond),
		Accuracy: rapid.Float64Range(-1, 100).Draw(t, "accuracy"),
	}
}
