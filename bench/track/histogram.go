package main

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const longest = time.Minute // what takes longer is counted as this

// newHistogram keeps times of a microsecond to a minute, to one in a hundred.
func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, longest.Microseconds(), 3)
}

// record keeps a time; what is before its time counts as none.
func record(h *hdrhistogram.Histogram, took time.Duration) {
	if err := h.RecordValue(max(0, min(took, longest)).Microseconds()); err != nil {
		panic(err) // it is within the bounds
	}
}

// quantiles is the usual ones, in milliseconds, by name.
func quantiles(h *hdrhistogram.Histogram) map[string]float64 {
	ms := func(percent float64) float64 { return float64(h.ValueAtPercentile(percent)) / 1000 }
	return map[string]float64{"p50": ms(50), "p90": ms(90), "p99": ms(99), "max": ms(100)}
}
