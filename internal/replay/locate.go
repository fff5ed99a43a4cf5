package replay

import "time"

// locate tells the positions of moving cars at the ticks that may read them:
// those on the way to a pickup when exchanges are looked for, those with a rider
// when the next trip can be given before the ride ends. Others would change
// nothing but the time that a run takes.
func (w *world) locate() {
	p := &w.Dispatch.Policy
	pickups := p.Swap && w.now-w.swapTick >= p.SwapEvery
	if pickups {
		w.swapTick = w.now
	}
	if !pickups && p.Forward == 0 {
		return
	}
	for i, c := range w.cars {
		if c.phase == toPickup && pickups || c.phase == riding && p.Forward > 0 && w.worthTelling(i, c) {
			w.feed.touch(c)
		}
	}
}

// A phone tells its position every few seconds. With a rider on board it does
// so in here at every tick shortly before the end, and less often before.
const (
	shortly = time.Minute // before the end could be near
	seldom  = 8           // ticks between two positions before that
)

// worthTelling reports whether the position of the n-th car, which has a rider,
// is told at this tick.
func (w *world) worthTelling(n int, c *car) bool {
	left := c.since + c.drive.Takes() - w.now
	return left <= w.Dispatch.Policy.Forward+shortly || (w.tally.ticks+n)%seldom == 0
}
