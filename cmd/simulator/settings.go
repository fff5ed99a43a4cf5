package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/replay"
)

// options is what was asked for, for those who read the results.
func (c *replayCmd) options(s *replay.Scenario) replay.Options {
	o := replay.Options{Label: c.Label, Policy: c.Policy, Fleet: s.Fleet, Network: "roads", From: s.From, To: s.To, Settings: c.settings()}
	if c.Straight {
		o.Network = "straight lines"
	}
	if o.Label == "" {
		o.Label = c.name()
	}
	return o
}

// name tells the policy apart from others by what was set of it.
func (c *replayCmd) name() string {
	parts := []string{c.Policy, "window " + short(c.Window), "cap " + short(c.PickupCap)}
	add := func(when bool, format string, args ...any) {
		if when {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(c.Swap && c.MaxSwaps < 0, "any swaps")
	add(c.Swap && c.MaxSwaps == 1, "1 swap")
	add(c.Swap && c.MaxSwaps != 1 && c.MaxSwaps >= 0, "%d swaps", c.MaxSwaps)
	add(c.Swap && c.SwapIdle, "with idle drivers")
	add(c.Forward > 0, "forward %s", short(c.Forward))
	add(c.Fairness > 0, "fairness %g", c.Fairness)
	add(c.Aging != dispatch.DefaultPolicy.Aging, "aging %g", c.Aging)
	add(c.Unserved > 0, "unserved %s", short(c.Unserved))
	return strings.Join(parts, ", ")
}

// short writes 10m and not 10m0s.
func short(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = strings.TrimSuffix(text, zero[1:])
		}
	}
	return text
}

// settings is every setting that the results depend on.
func (c *replayCmd) settings() []replay.Setting {
	set := func(name string, value any) replay.Setting {
		return replay.Setting{Name: name, Value: fmt.Sprint(value)}
	}
	return []replay.Setting{
		set("trips", c.Trips), set("drivers", c.Drivers), set("nodes", c.Nodes), set("links", c.Links), set("links-column", c.LinksColumn),
		set("osm", c.OSM), set("road", c.Road),
		set("window", c.Window), set("pickup-cap", c.PickupCap), set("unserved", c.Unserved), set("aging", c.Aging), set("fairness", c.Fairness),
		set("swap", c.Swap), set("swap-threshold", c.SwapThreshold), set("swap-every", c.SwapEvery), set("swap-loss", c.SwapLoss),
		set("swap-idle", c.SwapIdle), set("max-swaps", c.MaxSwaps), set("forward", c.Forward), set("search-timeout", c.Search),
		set("patience", c.Patience), set("patience-shape", c.PatienceShape), set("balk", c.Balk), set("balk-spread", c.BalkSpread),
		set("accept", c.Accept), set("reaction", c.Reaction), set("boarding", c.Boarding), set("seed", c.Seed),
	}
}
