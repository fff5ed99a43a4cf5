package main

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const longest = time.Minute // what takes longer is counted as this

// newHistogram keeps times of a microsecond to a minute, to one in a thousand.
func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, longest.Microseconds(), 3)
}

// record keeps a time; what is before its time counts as none.
func record(h *hdrhistogram.Histogram, took time.Duration) {
	if err := h.RecordValue(max(0, min(took, longest)).Microseconds()); err != nil {
		panic(err) // it is within the bounds
	}
}
