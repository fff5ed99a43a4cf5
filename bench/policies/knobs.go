package main

import (
	"time"

	"github.com/cabstand/cabstand/internal/dispatch"
)

// knob is something that can be set, and how it is tried.
type knob struct {
	name string
	try  []func(*setting)
}

// trying is a knob with its values.
func trying[T any](name string, set func(*setting, T), values ...T) knob {
	k := knob{name: name}
	for _, v := range values {
		k.try = append(k.try, func(s *setting) { set(s, v) })
	}
	return k
}

// knobs is what is tuned. Greedy and optimal are tried with every window and
// every cap, and then go through common. The exchanges begin from the best
// optimal setting without them and go through swap; trips given ahead begin from
// the best setting that was found before, with each of forward.
type knobs struct {
	windows, caps []time.Duration
	common, swap  []knob
	forward       []time.Duration
}

// allKnobs are those of the figures that count.
var allKnobs = knobs{
	windows: seconds(0.5, 2, 5, 10, 20),
	caps:    minutes(3, 5, 8, 12, 20),
	common:  []knob{trying("unserved", setUnserved, minutes(10, 20, 40)...), trying("aging", setAging, 0, 0.5, 2, 4)},
	swap: []knob{
		trying("swap-idle", setIdle, true, false),
		trying("swap-threshold", setThreshold, seconds(2, 5, 10, 20, 40)...),
		trying("swap-every", setEvery, seconds(2, 5, 10, 20, 30)...),
		trying("swap-loss", setLoss, seconds(30, 60, 120, 300, 0)...),
		trying("cap", setCap, minutes(3, 5, 8, 12, 20)...),
		trying("window", setWindow, seconds(0.5, 2, 5, 10)...),
		trying("max-swaps", setMost, 1, 2, 3),
		trying("unserved", setUnserved, minutes(10, 20, 40)...),
		trying("aging", setAging, 0, 0.5, 2, 4),
		trying("swap-threshold again", setThreshold, seconds(2, 5, 10, 20, 40)...),
	},
	forward: seconds(30, 60, 120),
}

// fewKnobs are those of a rehearsal.
var fewKnobs = knobs{
	windows: seconds(0.5, 5),
	caps:    minutes(5, 20),
	common:  []knob{trying("aging", setAging, 2)},
	swap: []knob{
		trying("swap-idle", setIdle, true, false),
		trying("swap-threshold", setThreshold, seconds(5)...),
	},
	forward: seconds(60),
}

// size is how many settings are tried at most, for one fleet size.
func (k knobs) size() int {
	n := 2*len(k.windows)*len(k.caps) + 2*len(k.forward)
	for _, x := range k.common {
		n += 2 * len(x.try)
	}
	for _, x := range k.swap {
		n += len(x.try)
	}
	return n
}

// grid is every window with every cap.
func (k knobs) grid(from setting) (all []setting) {
	for _, window := range k.windows {
		for _, most := range k.caps {
			s := from
			setWindow(&s, window)
			setCap(&s, most)
			all = append(all, s)
		}
	}
	return all
}

func setWindow(s *setting, d time.Duration)    { s.window = d }
func setCap(s *setting, d time.Duration)       { s.policy.PickupCap = d }
func setUnserved(s *setting, d time.Duration)  { s.policy.Unserved = d }
func setAging(s *setting, w float64)           { s.policy.Aging = w }
func setIdle(s *setting, yes bool)             { s.policy.SwapIdle = yes }
func setThreshold(s *setting, d time.Duration) { s.policy.SwapThreshold = d }
func setEvery(s *setting, d time.Duration)     { s.policy.SwapEvery = d }
func setLoss(s *setting, d time.Duration)      { s.policy.SwapLoss = d }
func setMost(s *setting, n int)                { s.policy.MaxSwaps = n }
func setForward(s *setting, d time.Duration)   { s.policy.Forward = d }

// swapping is the setting with exchanges, as many as the goal allows.
func swapping(s setting) setting {
	usual := dispatch.DefaultPolicy
	p := &s.policy
	p.Swap, p.SwapIdle, p.MaxSwaps = true, true, mostSwaps
	p.SwapThreshold, p.SwapEvery, p.SwapLoss = usual.SwapThreshold, usual.SwapEvery, usual.SwapLoss
	return s
}

func seconds(all ...float64) (times []time.Duration) {
	for _, s := range all {
		times = append(times, time.Duration(s*float64(time.Second)))
	}
	return times
}

func minutes(all ...int) (times []time.Duration) {
	for _, m := range all {
		times = append(times, time.Duration(m)*time.Minute)
	}
	return times
}
