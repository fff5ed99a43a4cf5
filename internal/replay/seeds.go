package replay

import (
	"context"
	"math"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Interval is a mean over seeds with its 95 % interval: the true mean is taken to
// lie within Mean ± Half (Student's t). Half is 0 for one seed, which tells
// nothing of the others.
type Interval struct {
	Mean float64 `json:"mean"`
	Half float64 `json:"half"`
}

// Summary is what came of all seeds together.
type Summary struct {
	Seeds        int      `json:"seeds"`
	ServedShare  Interval `json:"served_share"`
	WaitMean     Interval `json:"wait_mean_s"`
	WaitP50      Interval `json:"wait_p50_s"`
	WaitP95      Interval `json:"wait_p95_s"`
	PickupMean   Interval `json:"pickup_mean_s"`
	SwapsPerTrip Interval `json:"swaps_per_trip"`
	IdleShare    Interval `json:"idle_share"`
	DeadheadKm   Interval `json:"deadhead_km_per_trip"`
	TickP99      Interval `json:"tick_p99_ms"`
}

// RunAll replays the scenario with each seed, as many at a time as there are
// processors. progress, which may be nil, is told how much of all is done.
func (s *Scenario) RunAll(ctx context.Context, seeds []uint64, progress func(share float64)) ([]Run, error) {
	runs, done := make([]Run, len(seeds)), newShares(len(seeds), progress)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, seed := range seeds {
		group.Go(func() (err error) {
			mine := *s
			mine.Progress = func(share float64) { done.set(i, share) }
			runs[i], err = mine.Run(ctx, seed)
			done.set(i, 1)
			return err
		})
	}
	return runs, group.Wait()
}

// shares is how much of each run is done.
type shares struct {
	mu     sync.Mutex
	of     []float64
	report func(float64)
}

func newShares(n int, report func(float64)) *shares {
	return &shares{of: make([]float64, n), report: report}
}

func (s *shares) set(i int, share float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of[i] = share
	if s.report == nil {
		return
	}
	sum := 0.0
	for _, x := range s.of {
		sum += x
	}
	s.report(sum / float64(len(s.of)))
}

// Summarize is the means over the runs.
func Summarize(runs []Run) Summary {
	over := func(value func(Run) float64) Interval {
		values := make([]float64, len(runs))
		for i, r := range runs {
			values[i] = value(r)
		}
		return IntervalOf(values)
	}
	return Summary{
		Seeds:        len(runs),
		ServedShare:  over(func(r Run) float64 { return r.ServedShare }),
		WaitMean:     over(func(r Run) float64 { return r.Wait.Mean }),
		WaitP50:      over(func(r Run) float64 { return r.Wait.P50 }),
		WaitP95:      over(func(r Run) float64 { return r.Wait.P95 }),
		PickupMean:   over(func(r Run) float64 { return r.Pickup.Mean }),
		SwapsPerTrip: over(func(r Run) float64 { return r.SwapsPerTrip }),
		IdleShare:    over(func(r Run) float64 { return r.IdleShare }),
		DeadheadKm:   over(func(r Run) float64 { return r.DeadheadKm }),
		TickP99:      over(func(r Run) float64 { return r.Tick.P99 }),
	}
}

// IntervalOf is the mean of the values with its interval.
func IntervalOf(values []float64) Interval {
	n := float64(len(values))
	if n == 0 {
		return Interval{}
	}
	mean, squares := 0.0, 0.0
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	i := Interval{Mean: round(mean, 6)}
	if n > 1 {
		i.Half = round(student(len(values)-1)*math.Sqrt(squares/(n-1)/n), 6)
	}
	return i
}

// students are the 0.975 quantiles of Student's t by degrees of freedom, from 1.
var students = []float64{
	12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
	2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
	2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
}

// student is the 0.975 quantile: beyond the table by the normal distribution
// with the first two corrections, which is right to three digits there.
func student(freedom int) float64 {
	if freedom <= len(students) {
		return students[freedom-1]
	}
	const z = 1.959964
	f := float64(freedom)
	return z + (z*z*z+z)/(4*f) + (5*z*z*z*z*z+16*z*z*z+3*z)/(96*f*f)
}
