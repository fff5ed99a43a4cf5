package dispatch

import (
	"context"
	"time"
)

// match finds drivers for the open requests, and better ones for those that have
// one, as far as the policy of the tick goes.
func (d *Dispatcher) match(ctx context.Context, now time.Time, report *Tick) error {
	r := d.begin(now)
	defer r.end()
	report.Open = r.open
	if len(r.rows) == 0 {
		return nil
	}
	d.muster(ctx, r)
	report.Free = r.free()
	report.Ages = d.agesOf(r)
	d.assign(ctx, r)
	report.Priced, report.Rungs = r.priced(), r.rungs()
	d.explain(r)
	err := d.carryOut(ctx, r, report)
	d.note(r)
	return err
}

// free is how many vehicles hold no trip that they would have to give up.
func (r *round) free() (n int) {
	for i := range r.vehicles {
		if r.vehicles[i].holder == nil {
			n++
		}
	}
	return n
}

// priced is how many pairs were priced.
func (r *round) priced() (n int) {
	for _, w := range r.rows {
		n += len(w.priced) + len(w.beyond)
	}
	return n
}
