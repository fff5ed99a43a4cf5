package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// offers finds the rate that the city keeps up with, measures at 80 % of it how
// soon an offer is shown, and floods the city.
func (r *rig) offers(ctx context.Context, out io.Writer) error {
	o, f, err := r.openCity(ctx)
	if err != nil {
		return err
	}
	saturated, err := r.saturation(ctx, o)
	if err != nil {
		return err
	}
	before := usageNow()
	a := r.ask(ctx, o, 0.8*saturated, r.config.Ages)
	say("80 %%: %v", a)
	r.writeOffers(out, saturated, a)
	usageNow().since(before).each(out, "a trip from its request to its end", float64(o.completed.Load()))
	if r.config.wants("flood") {
		if err := r.flood(ctx, out, o, saturated); err != nil {
			return err
		}
	}
	return f.err()
}

// openCity starts the programs and puts drivers on the streets.
func (r *rig) openCity(ctx context.Context) (*offers, *fleet, error) {
	if err := r.serve(ctx, "dispatcher", "tracker"); err != nil {
		return nil, nil, err
	}
	o := newOffers()
	f, err := r.openFleet(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	say("warm: %v", r.ask(ctx, o, r.config.Start, r.config.Lasts))
	return o, f, nil
}

// saturation is the highest rate that is sustained, by steps.
func (r *rig) saturation(ctx context.Context, o *offers) (sustained float64, err error) {
	if r.config.Rate > 0 {
		return r.config.Rate, nil
	}
	for rate := r.config.Start; ctx.Err() == nil; rate *= r.config.Step {
		a := r.ask(ctx, o, rate, r.config.Lasts)
		say("search: %v", a)
		if !a.sustained() {
			if a = r.ask(ctx, o, rate, r.config.Lasts); !a.sustained() { // the machine may have been busy
				break
			}
		}
		sustained = rate
	}
	if sustained == 0 {
		err = errors.New("no rate is sustained: the machine is too busy")
	}
	return sustained, errors.Join(err, ctx.Err())
}

func (r *rig) writeOffers(out io.Writer, saturated float64, a attempt) {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	w := r.config.Window
	fmt.Fprintf(out, "| saturation | at 80 %% of it | window | request to offer p50 / p90 / p99 / max, ms | minus the window p50 / p99, ms | trips completed a second |\n|---|---|---|---|---|---|\n")
	fmt.Fprintf(out, "| %.0f/s | %.0f/s | %v | %.1f / %.1f / %.1f / %.1f | %.1f / %.1f | %.1f |\n\n", saturated, a.rate, w,
		ms(a.p50), ms(a.p90), ms(a.p99), ms(a.most), ms(a.p50-w), ms(a.p99-w), a.completed)
	goal(out, "request-to-offer-p50-ms", ms(a.p50-w), "<=", 5)
	goal(out, "request-to-offer-p99-ms", ms(a.p99-w), "<=", 25)
}

// flood asks three times what the city can take, and then asks modestly until it
// is as before.
func (r *rig) flood(ctx context.Context, out io.Writer, o *offers, saturated float64) error {
	before, err := r.vitals()
	if err != nil {
		return err
	}
	watched, stop := context.WithCancel(ctx)
	peak := make(chan vitals, 1)
	go func() { peak <- r.highest(watched) }()
	a := r.ask(ctx, o, 3*saturated, r.config.Flood)
	ended := time.Now().Add(-3 * time.Second) // ask waits so long for late offers
	stop()
	most := <-peak
	say("flood: %v", a)
	normal := time.Duration(-1)
	for time.Since(ended) < 2*time.Minute && ctx.Err() == nil {
		began := time.Now()
		if b := r.ask(ctx, o, 0.3*saturated, 2*time.Second); b.sustained() {
			normal = max(0, began.Sub(ended))
			break
		}
	}
	after, err := r.vitals()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n| flood | sent | taken | refused | refused without Retry-After | failed | trips completed a second | answered p99 | normal after | memory before, most, after | goroutines before, most, after |\n|---|---|---|---|---|---|---|---|---|---|---|\n")
	fmt.Fprintf(out, "| %.0f/s for %v | %d | %d | %d | %d | %d | %.1f | %v | %v | %.0f, %.0f, %.0f MiB | %.0f, %.0f, %.0f |\n\n", a.rate, r.config.Flood, a.sent, a.taken, a.shed, a.rude, a.failed,
		a.completed, a.answered.Round(time.Millisecond), normal.Round(100*time.Millisecond), before.memory, most.memory, after.memory, before.goroutines, most.goroutines, after.goroutines)
	if normal < 0 {
		normal = 2 * time.Minute
	}
	goal(out, "normal-after-flood-s", normal.Seconds(), "<=", 10)
	goal(out, "flood-refused-without-retry-after", float64(a.rude+a.failed), "<=", 0)
	return nil
}
