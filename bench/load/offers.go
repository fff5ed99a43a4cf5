package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// offers joins requests with the offers that they led to. Either may be heard of
// first.
type offers struct {
	mu        sync.Mutex
	requested map[string]time.Time // by trip: when it was to be sent
	heard     map[string]time.Time // offers whose request is not answered yet
	latency   *hdrhistogram.Histogram
	completed atomic.Int64
}

func newOffers() *offers {
	return &offers{requested: map[string]time.Time{}, heard: map[string]time.Time{}, latency: newHistogram()}
}

// shown notes the first offer of a trip.
func (o *offers) shown(tripID string, at time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if due, known := o.requested[tripID]; known {
		record(o.latency, at.Sub(due))
		delete(o.requested, tripID)
	} else if _, again := o.heard[tripID]; !again {
		o.heard[tripID] = at
	}
}

func (o *offers) asked(tripID string, due time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if at, known := o.heard[tripID]; known {
		record(o.latency, at.Sub(due))
		delete(o.heard, tripID)
		return
	}
	o.requested[tripID] = due
}

// reset begins a measurement. Offers of before count no more.
func (o *offers) reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requested, o.heard, o.latency = map[string]time.Time{}, map[string]time.Time{}, newHistogram()
	o.completed.Store(0)
}

// waiting is how many wait for an offer.
func (o *offers) waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.requested)
}

// attempt is what came of a rate.
type attempt struct {
	rate                            float64
	sent, taken, shed, rude, failed int // rude: refused without Retry-After
	waiting                         int
	completed                       float64 // a second
	p50, p90, p99, most             time.Duration
	began                           time.Time
	answered                        time.Duration // p99 of the answer of those that were taken
}

func (a attempt) String() string {
	return fmt.Sprintf("%.0f/s: %d sent, %d taken, %d shed, %d failed, %.0f completed/s, %d wait; offer p50 %v p99 %v max %v",
		a.rate, a.sent, a.taken, a.shed, a.failed, a.completed, a.waiting, a.p50.Round(time.Millisecond/10), a.p99.Round(time.Millisecond/10), a.most.Round(time.Millisecond))
}

// sustained reports whether the city keeps up with the rate.
func (a attempt) sustained() bool {
	return a.shed+a.failed == 0 && a.completed > 0.9*a.rate && a.p99 < time.Second
}

// ask sends requests at a rate, each at its time whatever became of those before.
func (r *rig) ask(ctx context.Context, o *offers, rate float64, lasts time.Duration) attempt {
	o.reset()
	a := attempt{rate: rate, sent: int(rate * lasts.Seconds()), began: time.Now()}
	answers := newHistogram()
	var mu sync.Mutex
	var group sync.WaitGroup
	for i := range a.sent {
		due := a.began.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		time.Sleep(time.Until(due))
		group.Go(func() {
			s, err := r.post(ctx)
			if err == nil && s.status == http.StatusCreated {
				o.asked(s.tripID, due)
			}
			mu.Lock()
			defer mu.Unlock()
			a.note(s, err)
			record(answers, time.Since(due))
		})
	}
	group.Wait()
	a.completed = float64(o.completed.Load()) / time.Since(a.began).Seconds()
	for deadline := time.Now().Add(3 * time.Second); o.waiting() > 0 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	a.waiting = o.waiting()
	o.mu.Lock()
	defer o.mu.Unlock()
	at := func(h *hdrhistogram.Histogram, q float64) time.Duration {
		return time.Duration(h.ValueAtPercentile(q)) * time.Microsecond
	}
	a.p50, a.p90, a.p99, a.most = at(o.latency, 50), at(o.latency, 90), at(o.latency, 99), at(o.latency, 100)
	a.answered = at(answers, 99)
	return a
}

func (a *attempt) note(s said, err error) {
	switch {
	case err != nil:
		a.failed++
	case s.status == http.StatusCreated:
		a.taken++
	case s.status == http.StatusServiceUnavailable || s.status == http.StatusTooManyRequests:
		a.shed++
		if !s.retry {
			a.rude++
		}
	default:
		a.failed++
	}
}
