package main

import "time"

// senders share the sockets of the generator.
const senders = 2

// turns says when the sockets of one sender have their turns: evenly spaced, one
// socket after the other, over and over.
type turns struct {
	first, end time.Time
	every      float64 // nanoseconds from one frame to the next
	from, to   int     // the sockets
}

// turns shares the phase among the senders, whose frames alternate.
func (p phase) turns(sockets int) (all [senders]turns) {
	frames := p.Rate / float64(p.Batch)
	for i := range all {
		from, to := i*sockets/senders, (i+1)*sockets/senders
		all[i] = turns{
			first: p.Start.Add(time.Duration(float64(i) / senders / frames * 1e9)), end: p.Start.Add(p.For),
			every: float64(sockets) / float64(to-from) / frames * 1e9, from: from, to: to,
		}
	}
	return all
}

// due is when the frame is to be sent, in whole milliseconds, which is what a
// position can tell of its time.
func (t turns) due(n int) time.Time {
	return t.first.Add(time.Duration(float64(n) * t.every)).Truncate(time.Millisecond)
}

// next is the first frame that is due then or later, give or take a few.
func (t turns) next(after time.Time) int {
	return max(0, int(float64(after.Sub(t.first))/t.every)+1)
}

// car is whose turn it is.
func (t turns) car(n int) int { return t.from + n%(t.to-t.from) }

// period is the time from one frame of a socket to its next.
func (t turns) period() time.Duration { return time.Duration(t.every * float64(t.to-t.from)) }
