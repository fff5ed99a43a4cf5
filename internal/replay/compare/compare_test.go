package compare

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/internal/replay"
)

// result is a report of two seeds, served and waits as given.
func result(label string, fleet int, served, wait [2]float64) replay.Report {
	r := replay.Report{
		Format: replay.Format, Options: replay.Options{Label: label, Fleet: fleet, Settings: []replay.Setting{{Name: "window", Value: "<2s>"}}},
		Input: replay.Input{Requests: 100, BadTrips: replay.BadRows{Rows: 2, First: []string{"trips line 7: bad"}}},
	}
	for i := range 2 {
		r.Runs = append(r.Runs, replay.Run{
			Seed: uint64(i + 1), ServedShare: served[i], Wait: replay.Spread{Mean: wait[i]},
			Hours:  []replay.Hour{{Hour: 8, Requests: 50, Served: 40, WaitMean: wait[i]}, {Hour: 9}},
			Places: []replay.Place{{Lat: 40.75, Lon: -73.98, Requests: 60, Lost: 10 * (i + 1)}, {Lat: 40.76, Lon: -73.98, Requests: 40}},
		})
	}
	r.Summary = replay.Summarize(r.Runs)
	return r
}

func mustSet(tb testing.TB, reports ...replay.Report) *Set {
	tb.Helper()
	s, err := New(reports)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestNew_ErrTwice(t *testing.T) {
	one := result("greedy", 100, [2]float64{0.9, 0.8}, [2]float64{100, 120})
	if _, err := New([]replay.Report{one, one}); err == nil || !strings.Contains(err.Error(), "--label") {
		t.Errorf("error %v", err)
	}
}

// TestSet_Against pairs runs by their seeds: both policies vary much from seed
// to seed, and differ by little that is certain.
func TestSet_Against(t *testing.T) {
	s := mustSet(t,
		result("greedy", 100, [2]float64{0.90, 0.80}, [2]float64{100, 200}),
		result("optimal", 100, [2]float64{0.91, 0.81}, [2]float64{90, 191}),
		result("optimal", 200, [2]float64{0.99, 0.99}, [2]float64{50, 50}))
	d, ok := s.against(s.find("optimal", 100), meanWait)
	if !ok || math.Abs(d.Mean+9.5) > 1e-9 || math.Abs(d.Half-12.706*0.5) > 0.001 {
		t.Errorf("the difference is %+v, %v", d, ok)
	}
	for _, none := range []*replay.Report{s.find("greedy", 100), s.find("optimal", 200)} {
		if _, ok := s.against(none, meanWait); ok {
			t.Errorf("%s with %d has something to be held against", none.Options.Label, none.Options.Fleet)
		}
	}
}

func TestSet_Print(t *testing.T) {
	var out strings.Builder
	other := result("other", 100, [2]float64{0.5, 0.5}, [2]float64{1, 2})
	other.Input.Requests = 99
	if err := mustSet(t, result("greedy", 100, [2]float64{0.9, 0.9}, [2]float64{100, 120}), other).Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"greedy", "90.00", "-40.00", "caution: other with 100 vehicles had other requests"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not print %q:\n%s", want, &out)
		}
	}
}

// TestSet_WritePage: the page loads nothing, has every chart and map, and takes
// texts for texts.
func TestSet_WritePage(t *testing.T) {
	var out strings.Builder
	s := mustSet(t,
		result("greedy", 100, [2]float64{0.9, 0.8}, [2]float64{100, 120}),
		result("<b>optimal", 100, [2]float64{0.9, 0.8}, [2]float64{100, 120}),
		result("greedy", 200, [2]float64{0.9, 0.8}, [2]float64{100, 120}))
	if err := s.WritePage(&out); err != nil {
		t.Fatal(err)
	}
	page := out.String()
	if found := regexp.MustCompile(`(?i)(src=|href=|url\(|@import|https?://)`).FindString(page); found != "" {
		t.Errorf("the page loads something: %s", found)
	}
	if charts, maps := strings.Count(page, "<svg viewBox"), strings.Count(page, `<svg class="map"`); charts != 4 || maps != 2 {
		t.Errorf("%d charts and %d maps", charts, maps)
	}
	if strings.Contains(page, "<b>optimal") || strings.Contains(page, "<2s>") || strings.Contains(page, "NaN") || strings.Contains(page, "Inf") {
		t.Errorf("a label is taken for markup, or a number is none: %s", regexp.MustCompile("<b>optimal|<2s>|.{60}(NaN|Inf)").FindString(page))
	}
	for _, want := range []string{"trips line 7: bad", "15 riders lost", "15 of 60 riders lost near 40.7500, -73.9800"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// TestAxis_Property: whatever the values, an axis holds them, in order, between
// its ends, with a readable number of ticks.
func TestAxis_Property(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		low, high := rapid.Float64Range(-1e6, 1e6).Draw(r, "low"), rapid.Float64Range(-1e6, 1e6).Draw(r, "high")
		a := newAxis(min(low, high), max(low, high), 60, 600, 7)
		x, y := a.at(min(low, high)), a.at(max(low, high))
		if x < 60-1e-6 || y > 600+1e-6 || x > y {
			r.Fatalf("%v to %v lie at %v and %v", low, high, x, y)
		}
		if n := len(a.ticks()); n < 2 || n > 16 {
			r.Fatalf("%d ticks from %v to %v by %v", n, a.low, a.high, a.step)
		}
		seen := map[string]bool{}
		for _, v := range a.ticks() {
			if seen[a.label(v)] {
				r.Fatalf("two ticks are called %s, by %v", a.label(v), a.step)
			}
			seen[a.label(v)] = true
		}
	})
}
