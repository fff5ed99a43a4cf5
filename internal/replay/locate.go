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
	for _, c := range w.cars {
		if c.phase == toPickup && pickups || c.phase == riding && p.Forward > 0 && w.worthTelling(c) {
			c.toldAt = w.now
			w.feed.touch(c)
		}
	}
}

// A phone tells its position every few seconds. With a rider on board it does so
// in here when the end of the ride may be near, and less often before.
const (
	often   = 4 * time.Second
	seldom  = 20 * time.Second
	shortly = 30 * time.Second // before the next trip may be given
)

// worthTelling reports whether the position of a car with a rider is told at
// this tick.
func (w *world) worthTelling(c *car) bool {
	left := c.since + c.drive.Takes() - w.now
	if left <= w.Dispatch.Policy.Forward+shortly {
		return w.now-c.toldAt >= often
	}
	return w.now-c.toldAt >= seldom
}
