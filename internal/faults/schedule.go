package faults

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"
)

// Kind is what is done.
type Kind string

// What can be done to a part of the city.
const (
	Kill      Kind = "kill"      // kill -9, started again at the end of the fault
	Pause     Kind = "pause"     // SIGSTOP, SIGCONT at the end
	Cut       Kind = "cut"       // connections are closed, and new ones refused
	Stall     Kind = "stall"     // connections stay, nothing comes through either way
	Slow      Kind = "slow"      // half a second more in either direction, and few bytes a second
	Duplicate Kind = "duplicate" // messages of the bus come again, and in the wrong order
	Clock     Kind = "clock"     // kill -9, started again on a machine whose clock is wrong; it jumps back at the end
)

// Parts names what there is to do it to.
type Parts map[Kind][]string

// Fault is one thing that is done to one part.
type Fault struct {
	At     time.Duration // since the start of the run
	For    time.Duration
	Kind   Kind
	Target string
	By     time.Duration // of a Clock: how far ahead it is, below 0 for behind
}

func (f Fault) String() string {
	text := fmt.Sprintf("%6.1fs for %4.1fs  %-9s %s", f.At.Seconds(), f.For.Seconds(), f.Kind, f.Target)
	if f.By != 0 {
		text += fmt.Sprintf(" by %v", f.By)
	}
	return text
}

// Schedule is the faults of a run, by their time.
type Schedule []Fault

// Print writes one fault a line.
func (s Schedule) Print(w io.Writer) {
	for _, f := range s {
		fmt.Fprintln(w, f)
	}
}

// Pace is how dense faults are. Each lasts Shortest to Longest; quiet times of
// Calm to twice that lie between them, so that the way back can be measured.
type Pace struct{ Shortest, Longest, Calm time.Duration }

// kinds in the order in which a seed shuffles them.
var kinds = []Kind{Kill, Pause, Cut, Stall, Slow, Duplicate, Clock}

// Kinds is all of them.
func Kinds() []Kind { return slices.Clone(kinds) }

// A clock is wrong by leastWrong to mostWrong, either way.
const (
	leastWrong = 10 * time.Second
	mostWrong  = 10 * time.Minute
)

// Plan draws the faults of a run of the given length, whose last fault is over
// at its end. Every kind comes before any comes twice, and so do the targets of a
// kind: which are drawn first is up to the seed.
func Plan(seed uint64, parts Parts, length time.Duration, pace Pace) Schedule {
	rng := rand.New(rand.NewPCG(seed, 0xfa17))
	d := deck{rng: rng, parts: parts, left: map[Kind][]string{}}
	var s Schedule
	for at := pace.Calm; ; {
		f := Fault{At: at, For: between(pace.Shortest, pace.Longest, rng)}
		if f.At+f.For > length || !d.draw(&f) {
			return s
		}
		s = append(s, f)
		at += f.For + between(pace.Calm, 2*pace.Calm, rng)
	}
}

// deck deals kinds and targets.
type deck struct {
	rng   *rand.Rand
	parts Parts
	next  []Kind
	left  map[Kind][]string
}

// draw gives the fault its kind and target; false if there is nothing to break.
func (d *deck) draw(f *Fault) bool {
	if len(d.next) == 0 {
		for _, k := range kinds {
			if len(d.parts[k]) > 0 {
				d.next = append(d.next, k)
			}
		}
		if len(d.next) == 0 {
			return false
		}
		shuffle(d.rng, d.next)
	}
	f.Kind, d.next = d.next[0], d.next[1:]
	if len(d.left[f.Kind]) == 0 {
		d.left[f.Kind] = append([]string(nil), d.parts[f.Kind]...)
		shuffle(d.rng, d.left[f.Kind])
	}
	f.Target, d.left[f.Kind] = d.left[f.Kind][0], d.left[f.Kind][1:]
	if f.Kind == Clock {
		f.By = between(leastWrong, mostWrong, d.rng)
		if d.rng.IntN(2) == 0 {
			f.By = -f.By
		}
	}
	return true
}

func shuffle[T any](rng *rand.Rand, s []T) {
	rng.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
}

func between(least, most time.Duration, rng *rand.Rand) time.Duration {
	if most <= least {
		return least
	}
	return (least + time.Duration(rng.Int64N(int64(most-least)))).Round(100 * time.Millisecond)
}
