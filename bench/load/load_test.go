package main

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestGoal(t *testing.T) {
	for _, c := range []struct {
		measured float64
		sign     string
		target   float64
		want     string
	}{
		{4.9, "<=", 5, "goal g measured 4.90 target <=5 met\n"},
		{5.1, "<=", 5, "goal g measured 5.10 target <=5 missed\n"},
		{0.61, ">=", 0.6, "goal g measured 0.61 target >=0.6 met\n"},
		{0.27, ">=", 0.6, "goal g measured 0.27 target >=0.6 missed\n"},
	} {
		var out strings.Builder
		if goal(&out, "g", c.measured, c.sign, c.target); out.String() != c.want {
			t.Errorf("got %q, want %q", &out, c.want)
		}
	}
}

// The time runs from when the request was to be sent to the first offer, whichever
// of the two is heard of first.
func TestOffers(t *testing.T) {
	due := time.Unix(1_700_000_000, 0)
	o := newOffers()
	o.asked("a", due)
	o.shown("a", due.Add(30*time.Millisecond))
	o.shown("b", due.Add(70*time.Millisecond))
	o.shown("b", due.Add(time.Second)) // the same again
	o.asked("b", due)
	o.asked("nobody", due)
	if n := o.latency.TotalCount(); n != 2 {
		t.Fatalf("%d offers are counted, want 2", n)
	}
	least, most := time.Duration(o.latency.Min())*time.Microsecond, time.Duration(o.latency.Max())*time.Microsecond
	if least.Round(time.Millisecond) != 30*time.Millisecond || most.Round(time.Millisecond) != 70*time.Millisecond {
		t.Errorf("%v and %v, want 30ms and 70ms", least, most)
	}
	if o.waiting() != 1 {
		t.Errorf("%d wait, want 1", o.waiting())
	}
	if o.reset(); o.waiting() != 0 || o.latency.TotalCount() != 0 {
		t.Error("a new measurement begins with the old one's figures")
	}
}

func TestAttempt_Note(t *testing.T) {
	var a attempt
	for _, s := range []said{
		{status: http.StatusCreated}, {status: http.StatusServiceUnavailable, retry: true},
		{status: http.StatusTooManyRequests}, {status: http.StatusInternalServerError},
	} {
		a.note(s, nil)
	}
	a.note(said{}, errors.New("cut"))
	if a.taken != 1 || a.shed != 2 || a.rude != 1 || a.failed != 2 {
		t.Errorf("got %+v", a)
	}
}

func TestParseVitals(t *testing.T) {
	v, err := parseVitals(strings.NewReader("# HELP x\ngo_goroutines 42\nprocess_resident_memory_bytes 1.048576e+08\n"))
	if err != nil || v.memory != 100 || v.goroutines != 42 {
		t.Errorf("got %+v, %v", v, err)
	}
	if _, err := parseVitals(strings.NewReader("go_goroutines 42\n")); err == nil {
		t.Error("missing memory is taken for none")
	}
}

func TestSlope(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{7}, 0}, {[]float64{1, 3, 5, 7}, 2}, {[]float64{4, 4, 4}, 0}, {[]float64{0, 2, 0, 2}, 0.4}} {
		if got := slope(c.values); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("slope of %v is %v, want %v", c.values, got, c.want)
		}
	}
}

// Names of programs may have spaces and brackets in them; what a process started
// counts with it, what others did does not.
func TestUsage(t *testing.T) {
	stat := func(id, parent int, name string, user, system int) proc {
		p, ok := parseStat(fmt.Sprintf("%d (%s) S %d 1 1 0 -1 4194304 100 0 0 0 %d %d 0 0 20 0 1 0 1", id, name, parent, user, system))
		if !ok {
			t.Fatal("not understood")
		}
		return p
	}
	all := map[int]proc{}
	for _, p := range []proc{stat(10, 1, "bench", 5, 6), stat(20, 10, "sh", 0, 0), stat(30, 20, "a (b) c", 7, 8), stat(40, 1, "other", 9, 9)} {
		all[p.id] = p
	}
	if p := all[30]; p.name != "a (b) c" || p.used != 150*time.Millisecond {
		t.Errorf("got %+v", p)
	}
	for id, want := range map[int]bool{10: true, 20: true, 30: true, 40: false} {
		if descends(all, all[id], 10) != want {
			t.Errorf("%d comes from 10: %v, want %v", id, !want, want)
		}
	}
	for _, line := range []string{"", "1 (x", "1 (x) S 2", "1 )x( S 1 1 1 0 -1 1 1 0 0 0 1 1"} {
		if _, ok := parseStat(line); ok {
			t.Errorf("%q is understood", line)
		}
	}
	var out strings.Builder
	(usage{"b": 3 * time.Millisecond, "a": 5 * time.Millisecond}).since(usage{"a": time.Millisecond}).each(&out, "an egg", 1000)
	if got, want := out.String(), "processor time of an egg: 7 µs, a 4, b 3\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
