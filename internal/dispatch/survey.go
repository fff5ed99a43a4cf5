package dispatch

import (
	"context"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/match"
)

// Surveyor is an Estimator that sees all vehicles of a round at once: roads in
// this process, where a search from a pickup comes by everybody, and telling how
// long each takes costs next to nothing.
type Surveyor interface {
	// Survey takes in where the vehicles are. What it returns appends the driving
	// times, in milliseconds, from each of them to one place, negative for no way;
	// ok is false where it does not know the place. It may be called from several
	// goroutines until the next Survey. Survey returns nil where it does not know
	// them all: then Times is asked about some after others.
	Survey(from []geo.Point) (times func(to geo.Point, dst []int32) (times []int32, rung match.Rung, ok bool))
}

// survey lets an estimator that can look at all vehicles of the round at once.
func (d *Dispatcher) survey(r *round) {
	r.from, r.survey = r.from[:0], nil
	s, ok := d.deps.Estimator.(Surveyor)
	if !ok || len(r.rows) == 0 {
		return
	}
	for i := range r.vehicles {
		r.from = append(r.from, r.vehicles[i].from)
	}
	r.survey = s.Survey(r.from)
}

// surveyed prices every vehicle for the trip, and keeps those within the cap for
// when they are asked for.
func (d *Dispatcher) surveyed(ctx context.Context, r *round, w *row) {
	times, rung, ok := r.survey(w.trip.Pickup, w.times[:0])
	if !ok {
		times, rung = d.askedAll(ctx, r, w)
	}
	w.times, w.rung = times, rung
	most, more := costOf(w.cap()), match.Cost(0)
	if w.own != none {
		more = costOf(w.rule.SwapThreshold)
	}
	for i, millis := range times {
		v := &r.vehicles[i]
		c := costOf(v.lead) + match.Cost(millis)
		if millis < 0 || c > most {
			w.beyond = append(w.beyond, i)
			continue
		}
		w.queue = append(w.queue, offerAt(c+w.rule.unfair(v.idle)+more, i))
	}
	w.queue.order()
}

// askedAll is the times from all vehicles to a place off the map of the survey.
func (d *Dispatcher) askedAll(ctx context.Context, r *round, w *row) ([]int32, match.Rung) {
	told, rung := d.deps.Estimator.Times(ctx, r.from, w.trip.Pickup)
	times := w.times[:0]
	for _, t := range told {
		millis := min(t.Milliseconds(), 1<<30)
		if t < 0 {
			millis = -1
		}
		times = append(times, int32(millis))
	}
	return times, rung
}

// takeNext puts the next vehicles of the queue, the cheapest first, among the
// priced.
func (d *Dispatcher) takeNext(r *round, w *row) {
	for taken := 0; taken < w.chunk && len(w.queue) > 0; {
		c, number := w.queue.pop()
		v := &r.vehicles[number]
		if !r.allows(w, v) || d.reasonAgainst(r, w.trip, &v.Location) != "" {
			continue
		}
		w.put(pair{number, v.lead + durationOf(match.Cost(w.times[number])), c})
		taken++
	}
	w.chunk = min(2*w.chunk, lastChunk)
	w.bound = match.Infinite
	if len(w.queue) > 0 {
		w.bound, _ = w.queue[0].parts()
	}
}

// queue is a heap of vehicles by what they cost, ties by number.
type queue []queued

// queued is a cost and, in the low bits, a vehicle's number: it orders as both do.
type queued int64

const numberBits = 24 // vehicles of a round

func offerAt(c match.Cost, number int) queued { return queued(c)<<numberBits | queued(number) }

func (q queued) parts() (match.Cost, int) {
	return match.Cost(q >> numberBits), int(q & (1<<numberBits - 1))
}

// order makes a heap of the queue.
func (q queue) order() {
	for i := len(q)/2 - 1; i >= 0; i-- {
		q.sink(i)
	}
}

func (q *queue) pop() (match.Cost, int) {
	h := *q
	top, last := h[0], len(h)-1
	h[0] = h[last]
	*q = h[:last]
	q.sink(0)
	return top.parts()
}

func (q queue) sink(i int) {
	for child := 2*i + 1; child < len(q); child = 2*i + 1 {
		if child+1 < len(q) && q[child+1] < q[child] {
			child++
		}
		if q[i] <= q[child] {
			return
		}
		q[i], q[child] = q[child], q[i]
		i = child
	}
}
