package figures_test

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/internal/figures"
)

// durations are of all sizes, the small ones as often as the large ones.
var durations = rapid.Custom(func(t *rapid.T) time.Duration {
	most := int64(1) << rapid.IntRange(0, 49).Draw(t, "bits")
	return time.Duration(rapid.Int64Range(0, most).Draw(t, "ns"))
})

func histogramOf(all ...time.Duration) (h figures.Histogram) {
	for _, d := range all {
		h.Add(d)
	}
	return h
}

// Quantiles are those of the durations themselves, to a 32nd and a microsecond,
// whatever the share and however they were added up.
func TestHistogram_Quantile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(durations, 1, 200).Draw(t, "durations")
		cut := rapid.IntRange(0, len(all)).Draw(t, "cut")
		h := histogramOf(all[:cut]...)
		h.Merge(histogramOf(all[cut:]...))
		if h.Count() != uint64(len(all)) {
			t.Fatalf("%d were counted, of %d", h.Count(), len(all))
		}
		sorted := slices.Sorted(slices.Values(all))
		for _, q := range []float64{0, 0.5, 0.95, 0.99, 1, rapid.Float64Range(0, 1).Draw(t, "q")} {
			rank := max(int(math.Ceil(q*float64(len(all)))), 1)
			want := sorted[rank-1]
			got, ok := h.Quantile(q)
			if off := (got - want).Abs(); !ok || off > want/32+time.Microsecond {
				t.Fatalf("the quantile %g of %v is %v, told as %v", q, sorted, want, got)
			}
		}
	})
}

func TestHistogram_Empty(t *testing.T) {
	if d, ok := (figures.Histogram{}).Quantile(0.5); ok || d != 0 {
		t.Errorf("a quantile of nothing is %v, %v", d, ok)
	}
}

func TestHistogram_Extremes(t *testing.T) {
	h := histogramOf(-time.Hour, math.MaxInt64)
	least, _ := h.Quantile(0)
	most, _ := h.Quantile(1)
	if least != 0 || most < 11*24*time.Hour || most > 14*24*time.Hour {
		t.Errorf("from %v to %v", least, most)
	}
	mustRoundTrip(t, h)
}

func mustRoundTrip(t interface {
	Helper()
	Fatalf(string, ...any)
}, h figures.Histogram) {
	t.Helper()
	data, err := json.Marshal(h)
	var read figures.Histogram
	if err == nil {
		err = json.Unmarshal(data, &read)
	}
	if err != nil || !reflect.DeepEqual(h, read) {
		t.Fatalf("%s became %+v, %v, was %+v", data, read, err, h)
	}
}

func TestHistogram_JSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mustRoundTrip(t, histogramOf(rapid.SliceOf(durations).Draw(t, "durations")...))
	})
	for _, bad := range []string{`[1]`, `[1,0]`, `[5,1,5,1]`, `[5,1,4,1]`, `[1000000,1]`, `[-1,1]`, `[1,1.5]`, `{}`, `[1,18446744073709551615]`} {
		var h figures.Histogram
		if err := json.Unmarshal([]byte(bad), &h); err == nil {
			t.Errorf("%s was taken for %+v", bad, h)
		}
	}
}

var drawMinute = rapid.Custom(func(t *rapid.T) figures.Minute {
	n := func(name string) uint64 { return uint64(rapid.IntRange(0, 100).Draw(t, name)) }
	m := figures.Minute{
		Requests: n("requests"), Served: n("served"), Expired: n("expired"), Cancelled: n("cancelled"),
		OffersAccepted: n("accepted"), OffersDeclined: n("declined"), OffersExpired: n("run out"),
		Wait: histogramOf(rapid.SliceOfN(durations, 0, 5).Draw(t, "waits")...),
		Age:  histogramOf(rapid.SliceOfN(durations, 0, 5).Draw(t, "ages")...),
		Tick: histogramOf(rapid.SliceOfN(durations, 0, 5).Draw(t, "ticks")...),
	}
	for range rapid.IntRange(0, 3).Draw(t, "rungs") {
		m.Stood(rapid.SampledFrom([]string{"graph", "line"}).Draw(t, "rung"), 1)
	}
	for range rapid.IntRange(0, 3).Draw(t, "looks") {
		m.Online.See(rapid.IntRange(0, 1000).Draw(t, "online"))
	}
	return m
})

// It does not matter in which order minutes are added, nor which are first added
// to which.
func TestMinute_MergeInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(drawMinute, 1, 6).Draw(t, "minutes")
		var one, other figures.Minute
		for i := range all {
			one.Merge(&all[i])
		}
		shuffled := rapid.Permutation(all).Draw(t, "order")
		cut := rapid.IntRange(0, len(all)).Draw(t, "cut")
		var part figures.Minute
		for i := range shuffled[:cut] {
			part.Merge(&shuffled[i])
		}
		for i := range shuffled[cut:] {
			other.Merge(&shuffled[cut+i])
		}
		other.Merge(&part)
		a, _ := json.Marshal(one)
		b, _ := json.Marshal(other)
		if string(a) != string(b) {
			t.Fatalf("%s\n%s", a, b)
		}
	})
}

func TestMinute_Clone(t *testing.T) {
	m := figures.Minute{Rung: map[string]uint64{"line": 1}, Wait: histogramOf(time.Second)}
	c := m.Clone()
	m.Stood("line", 1)
	m.Wait.Add(time.Second)
	if c.Rung["line"] != 1 || c.Wait.Count() != 1 {
		t.Errorf("the clone changed with its origin: %+v", c)
	}
}

func TestNewChart(t *testing.T) {
	from := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	row := func(minute int, dispatcher, run string, requests uint64, online ...int) figures.Row {
		m := figures.Minute{Requests: requests}
		for _, n := range online {
			m.Online.See(n)
		}
		return figures.Row{At: from.Add(time.Duration(minute) * time.Minute), Dispatcher: dispatcher, Run: run, Minute: m}
	}
	c := figures.NewChart(from, 2*time.Minute, 3, []figures.Row{
		row(-1, "a", "1", 100, 100), row(6, "a", "1", 100, 100), // before and after
		row(0, "a", "1", 1, 10, 20), row(0, "b", "1", 2, 5), // 15 + 5
		row(1, "a", "1", 3, 10), row(1, "a", "2", 4, 20, 30), // 20, whatever the run
		row(5, "a", "2", 5), // nobody looked
	})
	var requests []uint64
	var counted []bool
	for _, s := range c.Steps {
		requests, counted = append(requests, s.Requests), append(counted, s.Counted)
	}
	if !slices.Equal(requests, []uint64{10, 0, 5}) || !slices.Equal(counted, []bool{true, false, true}) || c.Total.Requests != 15 {
		t.Errorf("requests %v, counted %v, in all %d", requests, counted, c.Total.Requests)
	}
	if mean, ok := c.Steps[0].Online.Mean(); !ok || mean != 20 {
		t.Errorf("online: %g, %v, want the mean of two minutes of 20", mean, ok)
	}
	if mean, ok := c.Steps[2].Online.Mean(); ok {
		t.Errorf("online where nobody looked: %g", mean)
	}
}
