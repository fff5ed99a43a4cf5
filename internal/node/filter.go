package node

import (
	"fmt"
	"math"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
)

// Filters tunes what positions are believed.
type Filters struct {
	Zero          bool          `name:"filter-zero" default:"true" negatable:"" help:"Refuse the position (0, 0), which phones without a fix send."`
	Future        time.Duration `name:"filter-future" default:"30s" help:"Refuse fixes further ahead of the tracker's clock; 0: none."`
	Past          time.Duration `name:"filter-past" default:"5m" help:"Refuse older fixes; 0: none."`
	Accuracy      float64       `name:"filter-accuracy" default:"100" help:"Refuse fixes that the phone says are less accurate, metres; 0: none."`
	Approximate   bool          `name:"filter-approximate" help:"Refuse fixes that the phone says are by cell towers or wireless networks."`
	Duplicate     bool          `name:"filter-duplicate" default:"true" negatable:"" help:"Refuse what was sent before."`
	Stale         bool          `name:"filter-stale" default:"true" negatable:"" help:"Refuse fixes older than the last believed."`
	Static        bool          `name:"filter-static" help:"Refuse fixes at a speed of exactly 0."`
	Distance      float64       `name:"filter-distance" default:"0" help:"Refuse fixes closer than this to the last believed, metres; 0: none."`
	Period        time.Duration `name:"filter-period" default:"0s" help:"Refuse what was fixed sooner than this after the last believed; 0: nothing."`
	Speed         float64       `name:"filter-speed" default:"60" help:"Refuse what a car reaches only faster than this, m/s; 0: nothing."`
	DailyLimit    int           `name:"filter-daily-limit" default:"0" help:"Positions of a driver in a day (UTC) after which only one in --filter-daily-interval is believed; 0: no limit."`
	DailyInterval time.Duration `name:"filter-daily-interval" default:"10s" help:"How often a position is believed beyond --filter-daily-limit; 0: never."`
	Alive         time.Duration `name:"filter-alive" default:"5s" help:"So long after the last believed position a fix is a sign of life, whatever --filter-static and --filter-distance say."`
	Silence       time.Duration `name:"filter-silence" default:"60s" help:"After a longer silence the next fix is believed wherever it is; up to five times as long for phones that send rarely. 0: never."`
	Witnesses     int           `name:"filter-witnesses" default:"3" help:"So many fixes in a row that agree with each other are believed against the one before; 0: never."`
}

// Filter is the configuration of a driver's filter.
func (f Filters) Filter() driver.FilterConfig {
	return driver.FilterConfig{
		Zero: f.Zero, Duplicate: f.Duplicate, Order: f.Stale, Future: f.Future, Past: f.Past,
		Accuracy: f.Accuracy, Approximate: f.Approximate, Static: f.Static, Distance: f.Distance, Period: f.Period, Speed: f.Speed,
		DailyLimit: f.DailyLimit, DailyInterval: f.DailyInterval,
		Alive: f.Alive, Silence: f.Silence, Witnesses: f.Witnesses,
	}
}

// longestFilter bounds every time of a filter: fixes a day old place nobody.
const longestFilter = 24 * time.Hour

// Validate checks the settings.
func (f Filters) Validate() error {
	for _, s := range []struct {
		name  string
		value time.Duration
		most  time.Duration
	}{
		{"filter-future", f.Future, longestFilter}, {"filter-past", f.Past, longestFilter}, {"filter-period", f.Period, time.Minute},
		{"filter-daily-interval", f.DailyInterval, longestFilter}, {"filter-silence", f.Silence, longestFilter},
	} {
		if s.value < 0 || s.value > s.most {
			return &ConfigError{s.name, s.value.String(), fmt.Sprintf("a duration from 0 to %v", s.most)}
		}
	}
	if f.Alive <= 0 || f.Alive > time.Minute {
		return &ConfigError{"filter-alive", f.Alive.String(), "a duration above 0, at most 1m0s"}
	}
	return f.validateNumbers()
}

func (f Filters) validateNumbers() error {
	for _, s := range []struct {
		name  string
		value float64
		unit  string
	}{
		{"filter-accuracy", f.Accuracy, "metres"}, {"filter-distance", f.Distance, "metres"}, {"filter-speed", f.Speed, "m/s"},
	} {
		if !(s.value >= 0) || math.IsInf(s.value, 1) {
			return &ConfigError{s.name, fmt.Sprint(s.value), "a number of " + s.unit + ", 0 or more"}
		}
	}
	if err := atLeast("filter-daily-limit", f.DailyLimit, 0); err != nil {
		return err
	}
	return atLeast("filter-witnesses", f.Witnesses, 0)
}

// parkedWithin refuses settings under which a parked driver would fall silent:
// a fix may be refused just before it counts as a sign of life, and the next one
// comes as much later.
func (f Filters) parkedWithin(fresh time.Duration) error {
	switch accepted := fmt.Sprintf("at most half of --fresh (%v), or parked drivers fall silent", fresh); {
	case (f.Static || f.Distance > 0) && 2*f.Alive > fresh:
		return &ConfigError{"filter-alive", f.Alive.String(), accepted}
	case 2*f.Period > fresh:
		return &ConfigError{"filter-period", f.Period.String(), accepted}
	}
	return nil
}
