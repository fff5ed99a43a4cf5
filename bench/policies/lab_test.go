package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/orders"
	"github.com/cabstand/cabstand/internal/replay"
)

var morning = time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)

// village is a few riders along a street, one a minute.
func village() *city {
	network := replay.Crow{Straight: eta.DefaultStraight}
	c := &city{name: "village", network: network}
	middle := geo.Point{Lat: 40.75, Lon: -73.98}
	for i := range 30 {
		o := orders.Order{At: morning.Add(time.Duration(i) * time.Minute), Pickup: geo.Destination(middle, 0, float64(i*397%3000)),
			Dropoff: geo.Destination(middle, 0, float64(i*811%3000))}
		takes, _ := network.Takes(o.Pickup, o.Dropoff)
		c.orders = append(c.orders, replay.Order{Order: o, Takes: takes})
	}
	return c
}

func newLab(folder string, log *bytes.Buffer) *lab {
	clock := func() time.Duration { return 0 }
	return &lab{city: village(), folder: folder, jobs: 2, meter: newMeter(log, clock)}
}

func mustMeasure(tb testing.TB, l *lab, trials ...trial) []outcome {
	tb.Helper()
	all, err := l.measure(tb.Context(), "a test", trials)
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

func TestLab_Measure(t *testing.T) {
	half := span{morning, morning.Add(15 * time.Minute)}
	few := trial{fleet: 2, set: plain(dispatch.Greedy), span: half, seeds: []uint64{1, 2}}
	many := trial{fleet: 5, set: plain(dispatch.Optimal), span: half, seeds: []uint64{1, 2}}
	folder, log := t.TempDir(), &bytes.Buffer{}
	first := mustMeasure(t, newLab(folder, log), few, many)

	t.Run("InOrder", func(t *testing.T) {
		for i, want := range []trial{few, many} {
			got := first[i]
			if !reflect.DeepEqual(got.trial, want) || got.sum.Seeds != 2 {
				t.Errorf("trial %d is %+v", i, got.trial)
			}
			for k, r := range got.runs {
				if r.Fleet != want.fleet || r.Seed != want.seeds[k] || r.Policy != want.set.policy.Name || r.Requests != 15 {
					t.Errorf("trial %d, run %d is of %d vehicles, seed %d, %s, %d requests", i, k, r.Fleet, r.Seed, r.Policy, r.Requests)
				}
			}
		}
	})
	t.Run("GoesOn", func(t *testing.T) {
		forge(t, folder, few, func(r *replay.Report) { r.Runs[0].Served = 4711 })
		l := newLab(folder, log)
		l.meter.ahead(30)
		again := mustMeasure(t, l, few)
		if again[0].runs[0].Served != 4711 || again[0].runs[1].DecisionHash != first[0].runs[1].DecisionHash {
			t.Errorf("it was measured again: %+v", again[0].runs[0])
		}
		if l.meter.left != 0 || l.meter.did != 0 {
			t.Errorf("%d requests are left, %d done", l.meter.left, l.meter.did)
		}
	})
	t.Run("OfOtherOptions", func(t *testing.T) {
		forge(t, folder, few, func(r *replay.Report) { r.Runs[0].Served, r.Options.Fleet = 4711, 3 })
		if again := mustMeasure(t, newLab(folder, log), few); again[0].runs[0].Served != first[0].runs[0].Served {
			t.Errorf("it takes another run for its own: %+v", again[0].runs[0])
		}
	})
	t.Run("ErrGarbled", func(t *testing.T) {
		l := newLab(folder, log)
		file := mustFile(t, l, few)
		if err := os.WriteFile(file, []byte(`{"format":`), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := l.measure(t.Context(), "a test", []trial{few}); err == nil || !strings.Contains(err.Error(), filepath.Base(file)) {
			t.Errorf("a garbled file: %v", err)
		}
	})
}

// Whatever decides what comes of a run has to tell its file from others.
func TestLab_File(t *testing.T) {
	l := newLab(t.TempDir(), &bytes.Buffer{})
	base := trial{fleet: 2, set: swapping(plain(dispatch.Optimal)), span: span{morning, morning.Add(time.Hour)}, seeds: []uint64{1}}
	known := map[string]string{mustFile(t, l, base): "the base"}
	for name, change := range map[string]func(*trial){
		"Fleet":     func(t *trial) { t.fleet++ },
		"Seed":      func(t *trial) { t.seeds = []uint64{2} },
		"From":      func(t *trial) { t.span.from = t.span.from.Add(time.Second) },
		"To":        func(t *trial) { t.span.to = t.span.to.Add(time.Second) },
		"Policy":    func(t *trial) { t.set.policy.Name = dispatch.Greedy },
		"Window":    func(t *trial) { setWindow(&t.set, time.Second) },
		"Cap":       func(t *trial) { setCap(&t.set, time.Second) },
		"Unserved":  func(t *trial) { setUnserved(&t.set, time.Second) },
		"Aging":     func(t *trial) { setAging(&t.set, 7) },
		"Fairness":  func(t *trial) { t.set.policy.Fairness = 7 },
		"Idle":      func(t *trial) { setIdle(&t.set, false) },
		"Threshold": func(t *trial) { setThreshold(&t.set, time.Second) },
		"Every":     func(t *trial) { setEvery(&t.set, time.Second) },
		"Loss":      func(t *trial) { setLoss(&t.set, time.Second) },
		"MaxSwaps":  func(t *trial) { setMost(&t.set, 7) },
		"Forward":   func(t *trial) { setForward(&t.set, time.Second) },
	} {
		changed := base
		change(&changed)
		file := mustFile(t, l, changed)
		if other, ok := known[file]; ok {
			t.Errorf("%s has the file of %s", name, other)
		}
		known[file] = name
	}
}

func mustFile(tb testing.TB, l *lab, t trial) string {
	tb.Helper()
	file, err := l.file(l.options(t, t.seeds[0]))
	if err != nil {
		tb.Fatal(err)
	}
	return file
}

// forge changes what was kept of the trial's first seed.
func forge(tb testing.TB, folder string, t trial, change func(*replay.Report)) {
	tb.Helper()
	l := newLab(folder, &bytes.Buffer{})
	file := mustFile(tb, l, t)
	report, err := read(file, l.options(t, t.seeds[0]))
	if err != nil || len(report.Runs) != 1 {
		tb.Fatalf("%s: %d runs, %v", file, len(report.Runs), err)
	}
	change(&report)
	if err := write(file, report); err != nil {
		tb.Fatal(err)
	}
}
