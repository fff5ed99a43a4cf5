package dispatch

import (
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/match"
)

// countEvery is how often the drivers who are online are counted.
const countEvery = 10 * time.Second

// countOnline counts the drivers in the cells that this dispatcher owns, now and
// then. Where it works on no trip it follows nobody, and cannot know.
func (d *Dispatcher) countOnline(now time.Time, report *Tick) {
	if now.Sub(d.countedAt).Abs() < countEvery || len(d.supply.followed) == 0 {
		return
	}
	d.countedAt, report.Online = now, 0
	d.supply.fleet.Each(func(l *driver.Location) {
		if l.Fresh(now, d.config.Limits.Fresh) && d.domain.owns(geo.CellOf(l.Point, geo.OwnerLength)) {
			report.Online++
		}
	})
}

// agesOf is how old the positions of the round's vehicles are.
func (d *Dispatcher) agesOf(r *round) []time.Duration {
	d.ages = d.ages[:0]
	for i := range r.vehicles {
		d.ages = append(d.ages, r.vehicles[i].Age(r.now))
	}
	return d.ages
}

// rungs counts what the trips that are to have another driver stand on.
func (r *round) rungs() map[match.Rung]int {
	var rungs map[match.Rung]int
	for _, w := range r.rows {
		if w.changed() && w.rung != "" {
			if rungs == nil {
				rungs = map[match.Rung]int{}
			}
			rungs[w.rung]++
		}
	}
	return rungs
}
