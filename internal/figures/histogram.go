// Package figures is what a dispatcher counts in a minute, in a form that can be
// added up: of many minutes, and of many dispatchers. Quantiles cannot be added,
// so durations are kept in histograms whose buckets are the same everywhere.
//
// The package is pure: no I/O, no clock, no log.
package figures

import (
	"encoding/json"
	"errors"
	"math"
	"math/bits"
	"time"
)

// Buckets are sixteen to a doubling, of whole microseconds: one by one up to 32
// µs, then ever wider. So the middle of a bucket is off by a 32nd at most.
const (
	parts      = 16
	partBits   = 4
	longest    = time.Duration(1<<40-1) * time.Microsecond // 12 days; what is longer counts as that
	bucketsMax = (40 - partBits + 1) * parts
)

// Histogram counts durations. Its zero value is empty, and ready.
type Histogram struct {
	counts []uint64 // by bucket
	n      uint64
}

// bucketOf is the bucket of a number of microseconds.
func bucketOf(micros uint64) int {
	if micros < parts {
		return int(micros)
	}
	exponent := bits.Len64(micros) - 1
	return (exponent-partBits+1)*parts + int(micros>>(exponent-partBits))%parts
}

// middle is the middle of a bucket, in microseconds.
func middle(bucket int) float64 {
	if bucket < parts {
		return float64(bucket)
	}
	width := uint64(1) << (bucket/parts - 1)
	least := uint64(parts+bucket%parts) * width
	return float64(least) + float64(width-1)/2
}

// Add counts a duration; a negative one counts as none at all.
func (h *Histogram) Add(d time.Duration) {
	h.count(bucketOf(uint64(min(max(d, 0), longest)/time.Microsecond)), 1)
}

func (h *Histogram) count(bucket int, n uint64) {
	if bucket >= len(h.counts) {
		h.counts = append(h.counts, make([]uint64, bucket+1-len(h.counts))...)
	}
	h.counts[bucket] += n
	h.n += n
}

// Merge adds what the other has counted.
func (h *Histogram) Merge(other Histogram) {
	for bucket, n := range other.counts {
		if n > 0 {
			h.count(bucket, n)
		}
	}
}

// Count is how many durations were counted.
func (h Histogram) Count() uint64 { return h.n }

// Quantile is the duration that a share q of all, 0 to 1, are no longer than, by
// nearest rank and to a 32nd; ok is false where nothing was counted.
func (h Histogram) Quantile(q float64) (d time.Duration, ok bool) {
	if h.n == 0 {
		return 0, false
	}
	rank := max(uint64(math.Ceil(q*float64(h.n))), 1)
	var seen uint64
	for bucket, n := range h.counts {
		if seen += n; seen >= rank {
			return time.Duration(middle(bucket) * float64(time.Microsecond)), true
		}
	}
	return time.Duration(middle(len(h.counts)-1) * float64(time.Microsecond)), true
}

// Clone shares nothing with h.
func (h Histogram) Clone() Histogram {
	return Histogram{append([]uint64(nil), h.counts...), h.n}
}

// MarshalJSON writes the buckets that have anything: number, count, number,
// count, …
func (h Histogram) MarshalJSON() ([]byte, error) {
	pairs := []uint64{}
	for bucket, n := range h.counts {
		if n > 0 {
			pairs = append(pairs, uint64(bucket), n)
		}
	}
	return json.Marshal(pairs)
}

var errHistogram = errors.New("figures: not a histogram: pairs of a bucket's number, ascending, and a count")

// UnmarshalJSON reads what MarshalJSON writes, and nothing else.
func (h *Histogram) UnmarshalJSON(data []byte) error {
	var pairs []uint64
	if err := json.Unmarshal(data, &pairs); err != nil {
		return err
	}
	read := Histogram{}
	for i := 0; i < len(pairs); i += 2 {
		if i+1 == len(pairs) || pairs[i] >= bucketsMax || int(pairs[i]) < len(read.counts) || pairs[i+1] == 0 || pairs[i+1] > math.MaxUint32 {
			return errHistogram
		}
		read.count(int(pairs[i]), pairs[i+1])
	}
	*h = read
	return nil
}
