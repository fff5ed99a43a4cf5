package dispatch

import (
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
)

// Area is a part of the map whose requests are matched by a policy of their own:
// those that are picked up there.
type Area struct {
	ID     string
	Shape  *geo.Region
	Regime Regime
}

// areas is the areas of a moment, by id. It is replaced and never changed, so
// that an entry can remember in which one of them its pickup lies.
type areas []Area

// at is the number of the first area that has the place, -1 for none.
func (a areas) at(p geo.Point) int {
	return slices.IndexFunc(a, func(one Area) bool { return one.Shape.Contains(p) })
}

// SetAreas has the requests of each area be matched by its regime from the next
// tick on, and all others by the dispatcher's. Where areas overlap the first
// counts. A regime that is not accepted changes nothing; the error,
// fault.Invalid, names the field. It may be called at any time by anybody.
func (d *Dispatcher) SetAreas(all []Area) error {
	for _, a := range all {
		if err := a.Regime.Validate(); err != nil {
			return err
		}
	}
	set := areas(slices.Clone(all))
	d.areas.Store(&set)
	return nil
}

// rule is a regime at work in a round: the dispatcher's, or that of an area.
type rule struct {
	area string // "" for the dispatcher's
	Regime
	due   bool // its window is over: its requests are matched in this round
	swaps bool // exchanges are looked for
}

// pace is when a rule was at work last.
type pace struct{ matchedAt, swappedAt time.Time }

// beat is the time between two ticks: the shortest window of all.
func (d *Dispatcher) beat() time.Duration {
	shortest := time.Duration(d.window.Load())
	for _, a := range *d.areas.Load() {
		shortest = min(shortest, a.Regime.Window)
	}
	return shortest
}

// rules is the rules of this tick, that of the dispatcher first, then those of
// the areas in their order. Without areas every tick is due, whenever it comes.
func (d *Dispatcher) rules(now time.Time, set areas, dst []rule) []rule {
	dst = append(dst[:0], rule{Regime: d.Regime()})
	for _, a := range set {
		dst = append(dst, rule{area: a.ID, Regime: a.Regime})
	}
	slack := d.beat() / 2 // ticks do not come to the microsecond
	for i := range dst {
		ru := &dst[i]
		p := d.paces[ru.area]
		since := now.Sub(p.matchedAt)
		if ru.due = len(set) == 0 || since < 0 || since >= ru.Window-slack; !ru.due {
			continue
		}
		p.matchedAt = now
		if since := now.Sub(p.swappedAt); ru.Swap && (since < 0 || since >= ru.SwapEvery) {
			ru.swaps, p.swappedAt = true, now
		}
		d.paces[ru.area] = p
	}
	return dst
}

// regimeOf is what the trip is matched by: that of the area of its pickup, or the
// dispatcher's.
func (d *Dispatcher) regimeOf(e *entry, set *areas) (number int) {
	if len(*set) == 0 {
		return -1
	}
	if e.areas != set {
		e.areas, e.area = set, set.at(e.trip.Pickup)
	}
	return e.area
}

// ruleOf is the rule of the round that the trip is matched by.
func (d *Dispatcher) ruleOf(r *round, e *entry) *rule { return &r.rules[1+d.regimeOf(e, r.areas)] }

// forwardOf is how long before the end of a ride the trip may be offered.
func (d *Dispatcher) forwardOf(e *entry) time.Duration {
	set := d.areas.Load()
	if number := d.regimeOf(e, set); number >= 0 {
		return (*set)[number].Regime.Forward
	}
	return d.policy.Load().Forward
}

// farthest is the most of what the rules say of next trips: how long before the
// end of a ride a driver may be offered one, by any of them.
func farthest(rules []rule) (forward time.Duration) {
	for i := range rules {
		forward = max(forward, rules[i].Forward)
	}
	return forward
}

// fair reports whether any of the rules weighs how long drivers were idle.
func fair(rules []rule) bool {
	return slices.ContainsFunc(rules, func(ru rule) bool { return ru.Fairness > 0 })
}
