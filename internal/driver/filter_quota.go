package driver

import "time"

// Quota is how many positions of a driver were believed in a day, which is one
// of UTC by the clock of the machine.
type Quota struct {
	day  int64
	used int
}

func dayOf(t time.Time) int64 { return t.Unix() / int64(24*time.Hour/time.Second) }

// Holds reports whether the quota is of the day of now, and anything of it used.
func (q Quota) Holds(now time.Time) bool { return q.used > 0 && q.day == dayOf(now) }

// Quota is what is used of the driver's day, for whoever forgets the filter
// before the day is over.
func (f *Filter) Quota() Quota { return f.today }

// Resupply gives a new filter of the driver what an earlier one had used.
func (f *Filter) Resupply(q Quota) { f.today = q }

// afford reports whether the day has room for p, and takes it.
func (f *Filter) afford(p Position, now time.Time) bool {
	limit, interval := f.config.DailyLimit, f.config.DailyInterval
	if limit <= 0 {
		return true
	}
	if !f.today.Holds(now) {
		f.today = Quota{day: dayOf(now)}
	}
	if f.today.used >= limit {
		first := f.heard.IsZero() // nothing is known of the driver: better this than nothing
		return interval > 0 && (first || p.FixedAt.Sub(f.anchor.FixedAt) >= interval)
	}
	f.today.used++
	return true
}
