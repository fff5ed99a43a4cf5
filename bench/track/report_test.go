package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// result is one that misses what the name says.
func result(positions, reply int, tracker, redis, age time.Duration) results {
	t := trial{batch: 1, lasted: time.Second, within: positions, reached: 1, stored: 1, spent: spending{partTracker: tracker, partRedis: redis}, age: newHistogram(), inStore: newHistogram()}
	record(t.age, age)
	record(t.inStore, age+time.Millisecond)
	return results{
		flush: 50 * time.Millisecond,
		peer:  []turn{{n: 300_000, lasted: time.Second, spent: spending{partRedis: 600 * time.Millisecond}}},
		kinds: []kind{{batch: 1, rounds: []trial{t}, aged: t}},
		searches: []search{
			{drivers: 10_000, radius: 1000, turns: map[string][]answered{byDispatcher: {{n: reply, lasted: time.Second, spent: time.Second}}, byRedis: {{n: 4000, lasted: time.Second, spent: time.Second}}}},
			{drivers: 10_000, radius: 3000, turns: map[string][]answered{byDispatcher: {{n: 9000, lasted: time.Second, spent: time.Second}}, byRedis: {{n: 1000, lasted: time.Second, spent: time.Second}}}},
		},
	}
}

func TestResults_Goals(t *testing.T) {
	for name, c := range map[string]struct {
		r     results
		wants []string
	}{
		"Met": {result(100_000, 8000, 500*time.Millisecond, 300*time.Millisecond, 59*time.Millisecond), []string{
			"goal track_updates_over_geoadd measured 0.333 target >=0.33 met",
			"goal track_cost_over_geoadd measured 4.000 target <=4 met",
			"goal track_age_beyond_flush_ms measured 9.", "goal track_age_in_redis_beyond_flush_ms measured 10.0",
			"goal nearby_10k_over_geosearch measured 2.000 target >=2 met",
		}},
		"Missed": {result(90_000, 7000, 700*time.Millisecond, 300*time.Millisecond, 80*time.Millisecond), []string{
			"goal track_updates_over_geoadd measured 0.300 target >=0.33 missed",
			"goal track_cost_over_geoadd measured 5.556 target <=4 missed",
			"goal track_age_beyond_flush_ms measured 30.", "goal nearby_10k_over_geosearch measured 1.750 target >=2 missed",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			c.r.write(&out)
			for _, want := range c.wants {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in\n%s", want, &out)
				}
			}
			if strings.Contains(out.String(), "100k") {
				t.Error("a goal is told of what was not measured")
			}
		})
	}
}

// What Redis was spared makes it no cheaper.
func TestTrial_Each(t *testing.T) {
	half := trial{batch: 1, within: 1000, reached: 1, stored: 0.5, spent: spending{partTracker: time.Millisecond, partRedis: time.Millisecond}}
	if got := half.each(partTracker, partRedis); got != 3 {
		t.Errorf("got %v us, want 1 and 2", got)
	}
}

func TestTrial_Sustained(t *testing.T) {
	good := trial{reached: 0.99, stored: 0.99, age: newHistogram()}
	record(good.age, 60*time.Millisecond)
	lost, coalesced, late := good, good, good
	lost.reached, coalesced.stored, late.age = 0.97, 0.97, newHistogram()
	record(late.age, 300*time.Millisecond)
	for i, c := range []struct {
		trial trial
		want  bool
	}{{good, true}, {lost, false}, {coalesced, false}, {late, false}} {
		if got := c.trial.sustained(50 * time.Millisecond); got != c.want {
			t.Errorf("case %d: %v", i, got)
		}
	}
}
