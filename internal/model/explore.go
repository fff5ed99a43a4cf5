package model

import (
	"fmt"
	"strings"
)

// Report is what an exploration found.
type Report struct {
	States      int
	Transitions int                  // steps that changed something
	Steps       int                  // all steps, those that changed nothing among them
	Depth       int                  // of the longest of all shortest ways to a state
	Trips       int                  // different trips that came up
	Broken      map[Guarantee]string // how, and the shortest way there
}

// Explore visits every state of the protocol at the size, with one enforcement
// off or none, and reports what does not hold. It ends early when a breach of
// wanted was found; "" for none.
func Explore(size Size, off Enforcement, wanted Guarantee) Report {
	x := &explorer{
		machine: newMachine(size, off), index: map[state]int32{}, wanted: wanted,
		report: Report{Broken: map[Guarantee]string{}},
	}
	x.visit(x.machine.first(), -1)
	for at := int32(0); int(at) < len(x.states) && !x.over(); at++ {
		x.expand(at)
	}
	if !x.over() {
		x.judgeEnds()
	}
	x.report.States, x.report.Trips = len(x.states), len(x.machine.register.trips)-1
	x.report.Steps += x.machine.idle
	return x.report
}

// explorer goes through the states, those near to the first one first.
type explorer struct {
	machine *machine
	wanted  Guarantee
	report  Report

	states []state
	index  map[state]int32
	from   []int32
	depth  []int32
	edges  []edge // those that somebody sees to
}

// edge leads from one state to another.
type edge struct {
	from, to int32
	care     care
}

func (x *explorer) over() bool { return x.wanted != "" && x.report.Broken[x.wanted] != "" }

// visit is the number of the state, which may be new.
func (x *explorer) visit(s state, from int32) int32 {
	at, known := x.index[s]
	if known {
		return at
	}
	at = int32(len(x.states))
	x.index[s] = at
	x.states, x.from, x.depth = append(x.states, s), append(x.from, from), append(x.depth, 0)
	if from >= 0 {
		x.depth[at] = x.depth[from] + 1
		x.report.Depth = max(x.report.Depth, int(x.depth[at]))
	}
	if b := x.machine.judge(&s); b != nil {
		x.note(b, at, nil)
	}
	return at
}

// expand takes every step that can follow the state.
func (x *explorer) expand(at int32) {
	s := x.states[at]
	x.machine.steps(s, func(did step, next state) {
		x.report.Steps++
		if b := x.machine.judgeStep(&s, did, &next); b != nil {
			x.note(b, at, &did)
		}
		if next = x.machine.same(next); next == s {
			return
		}
		x.report.Transitions++
		to := x.visit(next, at)
		if did.care != chance {
			x.edges = append(x.edges, edge{at, to, did.care})
		}
	})
}

// note keeps the first breach of each guarantee, which is one of the nearest.
func (x *explorer) note(b *broken, at int32, did *step) {
	if x.report.Broken[b.guarantee] == "" {
		x.report.Broken[b.guarantee] = b.how + x.trace(at, did)
	}
}

// trace tells the way to a state, and the step that was taken there.
func (x *explorer) trace(at int32, did *step) string {
	var way []int32
	for ; at >= 0; at = x.from[at] {
		way = append([]int32{at}, way...)
	}
	var b strings.Builder
	for i, at := range way[1:] {
		fmt.Fprintf(&b, "\n  %2d. %s%s", i+1, x.between(way[i], at), x.machine.describe(&x.states[at]))
	}
	if did != nil {
		fmt.Fprintf(&b, "\n  %2d. %s", len(way), did)
	}
	return b.String()
}

// between finds the step that leads from one state to the next.
func (x *explorer) between(from, to int32) (found string) {
	x.machine.steps(x.states[from], func(did step, next state) {
		if found == "" && x.machine.same(next) == x.states[to] {
			found = did.String()
		}
	})
	return found
}

func (d step) String() string {
	who := fmt.Sprint("dispatcher ", d.p)
	switch d.what {
	case comes:
		return driverID(d.c.driver) + " comes online"
	case hears:
		return fmt.Sprintf("%s hears of %s", who, tripID(d.c.trip))
	case sweeps:
		return who + " sweeps the store"
	case decides:
		return fmt.Sprintf("%s decides: %s", who, d.d)
	case commits:
		return fmt.Sprintf("%s commits: %s", who, d.d)
	case crashes:
		return who + " crashes"
	case sleeps:
		return fmt.Sprintf("%s finds nobody for %s", who, tripID(d.c.trip))
	case reads:
		return fmt.Sprintf("%s (read, not yet written)", d.c)
	case halfway:
		return fmt.Sprintf("%s, and a crash before the event", d.c)
	case tooEarly:
		return fmt.Sprintf("%s, answered, and a crash before the commit", d.c)
	}
	if d.code != "" {
		return fmt.Sprintf("%s: refused, %s", d.c, d.code)
	}
	return d.c.String()
}
