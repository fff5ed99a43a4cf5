package road

import (
	"sort"
	"time"

	"github.com/cabstand/cabstand/geo"
)

// Way is a drive: the points that it passes and the time, from its start, at
// which it passes each. Points and At are equally long; At begins at 0 and never
// falls.
type Way struct {
	Points []geo.Point
	At     []time.Duration
}

// Fix is where a vehicle is on its way.
type Fix struct {
	geo.Point
	Heading float64 // degrees clockwise from north; 0 on a way of one point
	Speed   float64 // m/s; 0 at the end of the way
}

// Takes is the time from the way's start to its end.
func (w Way) Takes() time.Duration {
	if len(w.At) == 0 {
		return 0
	}
	return w.At[len(w.At)-1]
}

// Metres is the length of the way.
func (w Way) Metres() float64 {
	metres := 0.0
	for i := 1; i < len(w.Points); i++ {
		metres += geo.Distance(w.Points[i-1], w.Points[i])
	}
	return metres
}

// Where is the vehicle's place at the given time after its start: at the start
// before it, at the end after it. The way has at least one point.
func (w Way) Where(elapsed time.Duration) Fix {
	last := len(w.Points) - 1
	if last == 0 {
		return Fix{Point: w.Points[0]}
	}
	if elapsed >= w.At[last] {
		return Fix{Point: w.Points[last], Heading: geo.Bearing(w.Points[last-1], w.Points[last])}
	}
	next := max(1, w.next(elapsed))
	a, b := w.Points[next-1], w.Points[next]
	leg := w.At[next] - w.At[next-1]
	f := float64(max(0, elapsed-w.At[next-1])) / float64(max(1, leg))
	return Fix{Point: geo.Interpolate(a, b, f), Heading: geo.Bearing(a, b), Speed: geo.Distance(a, b) / max(leg.Seconds(), 0.001)}
}

// next is the number of the first point that is passed after elapsed.
func (w Way) next(elapsed time.Duration) int {
	return sort.Search(len(w.At), func(i int) bool { return w.At[i] > elapsed })
}

// Ahead is the first point that is passed after elapsed, and when: where a
// driver on the way can turn off. At the end it is the end.
func (w Way) Ahead(elapsed time.Duration) (geo.Point, time.Duration) {
	i := min(w.next(elapsed), len(w.Points)-1)
	return w.Points[i], w.At[i]
}

// Then is w followed by other, which starts where w ends.
func (w Way) Then(other Way) Way {
	joined := Way{
		Points: append(append(make([]geo.Point, 0, len(w.Points)+len(other.Points)), w.Points...), other.Points...),
		At:     append(make([]time.Duration, 0, len(w.At)+len(other.At)), w.At...),
	}
	for _, at := range other.At {
		joined.At = append(joined.At, w.Takes()+at)
	}
	return joined
}

// add appends a point that is reached so much after the last one.
func (w *Way) add(p geo.Point, takes time.Duration) {
	w.Points = append(w.Points, p)
	w.At = append(w.At, w.Takes()+takes)
}

// pass adds a point, unless the way is already there.
func (w *Way) pass(p geo.Point, millis int32) {
	if millis > 0 || p != w.Points[len(w.Points)-1] {
		w.add(p, milliseconds(millis))
	}
}

// stand stays where the way ends.
func (w *Way) stand(millis int32) {
	if millis > 0 {
		w.add(w.Points[len(w.Points)-1], milliseconds(millis))
	}
}

// Straight is the way from a to b along the straight line at the given speed in
// m/s.
func Straight(a, b geo.Point, speed float64) Way {
	takes := time.Duration(geo.Distance(a, b) / speed * float64(time.Second))
	return Way{Points: []geo.Point{a, b}, At: []time.Duration{0, takes}}
}

// Between is the fastest drive from a to b: straight to the nearest street, along
// the roads, and straight from the last street; false if there is no way. The
// straight parts are driven at 4 m/s, also where the times between places take
// them for the noise of GPS: a vehicle does not jump.
func (g *Graph) Between(a, b geo.Point) (Way, bool) {
	from, ok := g.Snap(a)
	to, _ := g.Snap(b)
	if !ok {
		return Way{}, false
	}
	from.Off, to.Off = 0, 0
	w, ok := g.Drive(from, to)
	if !ok {
		return Way{}, false
	}
	if a != from.Point {
		w = Straight(a, from.Point, accessSpeed).Then(w)
	}
	if b != to.Point {
		w.add(b, Straight(to.Point, b, accessSpeed).Takes())
	}
	return w, true
}
