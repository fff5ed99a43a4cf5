package model

import "github.com/cabstand/cabstand/internal/trip"

// judgeEnds is I6: wherever faults end, the engine alone brings every trip to its
// end, but for those who ride; and with drivers who do their job all end.
func (x *explorer) judgeEnds() {
	by := func(least care) func(edge) bool { return func(e edge) bool { return e.care >= least } }
	x.judgeReach(by(engine), func(t *trip.Trip) bool { return t.State.Final() || t.State == trip.Riding }, "the engine alone cannot go on with a trip")
	x.judgeReach(by(diligence), func(t *trip.Trip) bool { return t.State.Final() }, "a trip cannot end")
}

// judgeReach notes a state from which no way of the given edges leads to one
// where all trips are as they ought to be.
func (x *explorer) judgeReach(usable func(edge) bool, good func(*trip.Trip) bool, how string) {
	before := x.reversed(usable)
	reached := make([]bool, len(x.states))
	var queue []int32
	for at := range x.states {
		if x.machine.all(&x.states[at], good) {
			reached[at] = true
			queue = append(queue, int32(at))
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, from := range before.of(queue[0]) {
			if !reached[from] {
				reached[from] = true
				queue = append(queue, from)
			}
		}
	}
	for at := range reached {
		if !reached[at] {
			x.note(breach(I6, "%s", how), int32(at), nil)
			return
		}
	}
}

func (m *machine) all(s *state, good func(*trip.Trip) bool) bool {
	for n := int8(1); n <= m.trips(); n++ {
		if t := m.trip(s, n); t != nil && !good(t) {
			return false
		}
	}
	return true
}

// reverse is edges by where they lead.
type reverse struct {
	first []int32 // by state, where its edges begin; one more at the end
	from  []int32
}

func (r *reverse) of(to int32) []int32 { return r.from[r.first[to]:r.first[to+1]] }

func (x *explorer) reversed(usable func(edge) bool) *reverse {
	r := &reverse{first: make([]int32, len(x.states)+1)}
	for _, e := range x.edges {
		if usable(e) {
			r.first[e.to+1]++
		}
	}
	for i := range x.states {
		r.first[i+1] += r.first[i]
	}
	r.from = make([]int32, r.first[len(x.states)])
	place := append([]int32(nil), r.first...)
	for _, e := range x.edges {
		if usable(e) {
			r.from[place[e.to]] = e.from
			place[e.to]++
		}
	}
	return r
}
