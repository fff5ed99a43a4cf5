package main

import (
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/node"
)

// TestSetting_Flags holds what the tables name against the simulator's own
// reading of it: whoever follows the table replays the same policy.
func TestSetting_Flags(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SampledFrom([]time.Duration{time.Second, 500 * time.Millisecond, 20 * time.Second, 3 * time.Minute, time.Hour, 90 * time.Second, time.Hour + time.Second})
		s := plain(rapid.SampledFrom(dispatch.Policies).Draw(t, "policy"))
		if rapid.Bool().Draw(t, "swap") {
			s = swapping(s)
			setIdle(&s, rapid.Bool().Draw(t, "idle"))
			setMost(&s, rapid.IntRange(-1, 3).Draw(t, "most"))
			setThreshold(&s, times.Draw(t, "threshold"))
			setEvery(&s, times.Draw(t, "every"))
			setLoss(&s, times.Draw(t, "loss"))
		}
		setWindow(&s, rapid.SampledFrom(seconds(0.5, 2, 20)).Draw(t, "window"))
		setCap(&s, times.Draw(t, "cap"))
		setUnserved(&s, rapid.SampledFrom(minutes(0, 10)).Draw(t, "unserved"))
		setAging(&s, rapid.SampledFrom([]float64{0, 0.5, 1, 2}).Draw(t, "aging"))
		setForward(&s, rapid.SampledFrom(seconds(0, 30, 120)).Draw(t, "forward"))
		var f node.PolicyFlags
		parser, err := kong.New(&f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(strings.Fields(s.flags())); err != nil {
			t.Fatalf("%s: %v", s.flags(), err)
		}
		got := setting{f.Window, f.Dispatch()}
		if !s.policy.Swap { // what is set of exchanges does not matter then
			got.policy = withoutSwaps(got.policy)
			s.policy = withoutSwaps(s.policy)
		}
		if got != s {
			t.Fatalf("%s is read as\n%+v, it is\n%+v", s.flags(), got, s)
		}
	})
}

func withoutSwaps(p dispatch.Policy) dispatch.Policy {
	p.SwapEvery, p.SwapIdle, p.SwapLoss, p.SwapThreshold, p.MaxSwaps = 0, false, 0, 0, 0
	return p
}

// Every setting that is tried has to be one that the dispatcher accepts.
func TestKnobs_Accepted(t *testing.T) {
	for name, k := range map[string]knobs{"All": allKnobs, "Few": fewKnobs} {
		t.Run(name, func(t *testing.T) {
			for _, from := range []setting{plain(dispatch.Greedy), swapping(plain(dispatch.Optimal))} {
				all := k.grid(from)
				for _, x := range append(k.common, k.swap...) {
					for _, set := range x.try {
						s := from
						set(&s)
						all = append(all, s)
					}
				}
				for _, s := range all {
					if err := s.policy.Validate(); err != nil {
						t.Errorf("%s: %v", s.flags(), err)
					}
				}
			}
		})
	}
}
