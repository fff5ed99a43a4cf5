package faults_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/faults"
)

var parts = faults.Parts{
	faults.Kill:  {"dispatcher-1", "dispatcher-2", "redis", "postgres"},
	faults.Pause: {"dispatcher-1", "dispatcher-2"},
	faults.Cut:   {"tracker-1 to nats"},
	faults.Clock: {"dispatcher-1", "tracker-1"},
}

var pace = faults.Pace{Shortest: 6 * time.Second, Longest: 8 * time.Second, Calm: 4 * time.Second}

func TestPlan_IsReplayable(t *testing.T) {
	s := faults.Plan(7, parts, 10*time.Minute, pace)
	if again := faults.Plan(7, parts, 10*time.Minute, pace); !slices.Equal(s, again) {
		t.Errorf("the same seed drew\n%v\nand\n%v", s, again)
	}
	if other := faults.Plan(8, parts, 10*time.Minute, pace); slices.Equal(s, other) {
		t.Errorf("two seeds drew the same:\n%v", s)
	}
	var printed strings.Builder
	s.Print(&printed)
	if got := strings.Count(printed.String(), "\n"); got != len(s) || got < 20 {
		t.Errorf("%d lines tell of %d faults:\n%s", got, len(s), &printed)
	}
}

func TestPlan_OneAtATimeAndAllOfThem(t *testing.T) {
	ahead := map[bool]bool{}
	for seed := range uint64(50) {
		s := faults.Plan(seed, parts, 5*time.Minute, pace)
		end, kinds, killed := time.Duration(0), map[faults.Kind]int{}, map[string]int{}
		for _, f := range s {
			if f.At-end < pace.Calm || f.For < pace.Shortest || f.For > pace.Longest {
				t.Fatalf("seed %d: %v begins %v after the one before", seed, f, f.At-end)
			}
			end = f.At + f.For
			kinds[f.Kind]++
			if f.Kind == faults.Kill {
				killed[f.Target]++
			}
			if wrong := f.By.Abs(); f.Kind != faults.Clock && wrong != 0 || f.Kind == faults.Clock && (wrong < 10*time.Second || wrong > 10*time.Minute) {
				t.Fatalf("seed %d: %v", seed, f)
			}
			if f.Kind == faults.Clock {
				ahead[f.By > 0] = true
			}
		}
		if end > 5*time.Minute || kinds[faults.Kill]-kinds[faults.Cut] > 1 || len(kinds) != 4 {
			t.Errorf("seed %d ends at %v and has %v", seed, end, kinds)
		}
		if len(killed) != len(parts[faults.Kill]) {
			t.Errorf("seed %d kills %v only", seed, killed)
		}
	}
	if len(ahead) != 2 {
		t.Errorf("clocks are ahead: %v", ahead)
	}
}

func TestPlan_NothingToBreak(t *testing.T) {
	if s := faults.Plan(1, nil, time.Hour, pace); len(s) != 0 {
		t.Errorf("drew %v", s)
	}
}
