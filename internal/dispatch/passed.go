package dispatch

import (
	"cmp"
	"slices"
	"time"

	"github.com/cabstand/cabstand/internal/wire"
)

// Bounds of what is remembered of who was passed over: about 45 MB at most.
const (
	passesKept = 20_000    // decisions at most, and
	passesFor  = time.Hour // none older
	// passesOfOne is how many are told of one driver.
	passesOfOne = 200
)

// Why a driver who could have served the trip was passed over; the others are a
// [Reason].
const (
	notCheapest  = "not_cheapest"
	tooDear      = "too_dear"
	givenAnother = "given_another_trip"
)

// pass is a decision with those whom it passed over.
type pass struct {
	at           time.Time
	ticks        int
	tripID       string
	policy, rung string
	chosen       string
	chosenCost   float32 // seconds
	over         []passedOver
}

// passedOver is one of them.
type passedOver struct {
	driverID string
	reason   string
	cost     float32 // seconds; below 0 for one who was not priced
	metres   float32
}

// passes remembers the latest decisions, and finds them by driver. It is guarded
// by the journal's lock.
type passes struct {
	all   []*pass // the oldest first
	first int     // the number of the oldest
	of    map[string][]int
	lost  time.Time // when the newest of those that had to make room was made
	most  int       // decisions; passesKept if 0
}

// add remembers a decision. given is who was given a trip at the same tick.
func (ps *passes) add(d *Decision, given map[string]bool) *pass {
	p := newPass(d, given)
	if ps.of == nil {
		ps.of = map[string][]int{}
	}
	ps.forget(d.At)
	number := ps.first + len(ps.all)
	ps.all = append(ps.all, p)
	for i := range p.over {
		id := p.over[i].driverID
		ps.of[id] = append(ps.of[id], number)
	}
	return p
}

func newPass(d *Decision, given map[string]bool) *pass {
	p := &pass{
		at: d.At, ticks: d.Ticks, tripID: d.TripID, policy: d.Policy, rung: string(d.Rung), chosen: d.Chosen,
		over: make([]passedOver, 0, len(d.Candidates)+len(d.Excluded)),
	}
	for i := range d.Candidates {
		c := &d.Candidates[i]
		if c.DriverID == d.Chosen {
			p.chosenCost = float32(c.Cost.Seconds())
			continue
		}
		p.over = append(p.over, passedOver{c.DriverID, d.whyNot(c.DriverID, given), float32(c.Cost.Seconds()), float32(c.Metres)})
	}
	for i := range d.Excluded {
		if e := &d.Excluded[i]; e.DriverID != d.Chosen {
			p.over = append(p.over, passedOver{e.DriverID, string(e.Reason), -1, float32(e.Metres)})
		}
	}
	return p
}

// whyNot is why a driver who could have served the trip does not.
func (d *Decision) whyNot(driverID string, given map[string]bool) string {
	switch {
	case given[driverID]:
		return givenAnother
	case d.Chosen == "" && d.Refused == "":
		return tooDear
	}
	return notCheapest
}

// forget lets go of what is too old, and of the oldest where there is no room.
func (ps *passes) forget(now time.Time) {
	n := 0
	for n < len(ps.all) && now.Sub(ps.all[n].at) > passesFor {
		n++
	}
	if full := len(ps.all) + 1 - cmp.Or(ps.most, passesKept); full > n {
		n = full
		ps.lost = ps.all[n-1].at
	}
	for _, p := range ps.all[:n] {
		for i := range p.over {
			ps.drop(p.over[i].driverID)
		}
	}
	clear(ps.all[:n])
	ps.all, ps.first = ps.all[n:], ps.first+n
}

// drop forgets the oldest number of a driver.
func (ps *passes) drop(driverID string) {
	numbers := ps.of[driverID]
	if len(numbers) <= 1 {
		delete(ps.of, driverID)
		return
	}
	ps.of[driverID] = numbers[1:]
}

// since is the decisions that passed the driver over since then, the newest
// first; whole is false where some were forgotten, or are too many to be told.
func (ps *passes) since(driverID string, since time.Time) (told []wire.PassedOver, whole bool) {
	numbers := ps.of[driverID]
	for _, number := range slices.Backward(numbers) {
		p := ps.all[number-ps.first]
		if p.at.Before(since) {
			break
		}
		if len(told) == passesOfOne {
			return told, false
		}
		i := slices.IndexFunc(p.over, func(o passedOver) bool { return o.driverID == driverID })
		told = append(told, p.public(&p.over[i]))
	}
	return told, ps.lost.Before(since)
}

// public is the decision as it is told to somebody who asks about one driver.
func (p *pass) public(o *passedOver) wire.PassedOver {
	told := wire.PassedOver{
		At: p.at.UTC(), Ticks: p.ticks, TripID: p.tripID, Reason: o.reason, Chosen: p.chosen,
		Metres: float64(o.metres), Rung: p.rung, Policy: p.policy,
	}
	if o.cost >= 0 {
		cost := float64(o.cost)
		told.CostS = &cost
	}
	if p.chosen != "" {
		cost := float64(p.chosenCost)
		told.ChosenCostS = &cost
	}
	return told
}

// PassedOver is the decisions of the last hour, made here, that looked at the
// driver and chose another or nobody: since the given time, the newest first.
func (d *Dispatcher) PassedOver(q wire.PassedOverQuery) wire.PassedOverReply {
	d.journal.mu.Lock()
	defer d.journal.mu.Unlock()
	told, whole := d.journal.passes.since(q.DriverID, q.Since)
	return wire.PassedOverReply{Decisions: told, Partial: !whole}
}
