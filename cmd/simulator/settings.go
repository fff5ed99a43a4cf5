package main

import (
	"fmt"
	"strings"

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
	parts := []string{c.Policy, "window " + c.Window.String(), "cap " + c.PickupCap.String()}
	if c.Swap {
		parts = append(parts, fmt.Sprintf("%d swaps", c.MaxSwaps))
		if c.MaxSwaps < 0 {
			parts[len(parts)-1] = "swaps"
		}
	}
	if c.SwapIdle {
		parts = append(parts, "to idle drivers too")
	}
	if c.Forward > 0 {
		parts = append(parts, "forward "+c.Forward.String())
	}
	if c.Fairness > 0 {
		parts = append(parts, fmt.Sprintf("fairness %g", c.Fairness))
	}
	if c.Aging != dispatch.DefaultPolicy.Aging {
		parts = append(parts, fmt.Sprintf("aging %g", c.Aging))
	}
	if c.Unserved > 0 {
		parts = append(parts, "unserved "+c.Unserved.String())
	}
	return strings.Join(parts, ", ")
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
