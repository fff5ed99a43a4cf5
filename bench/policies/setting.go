package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/replay"
)

// setting is a policy with all that can be set of it.
type setting struct {
	window time.Duration
	policy dispatch.Policy
}

// plain is the policy of that name without exchanges and without trips given
// ahead.
func plain(name string) setting {
	s := setting{dispatch.DefaultConfig.Window, dispatch.DefaultPolicy}
	s.policy.Name, s.policy.Swap, s.policy.Forward = name, false, 0
	return s
}

// values is every setting by the name of its flag.
func (s setting) values() []replay.Setting {
	p := s.policy
	var all []replay.Setting
	set := func(name string, value any) {
		all = append(all, replay.Setting{Name: name, Value: fmt.Sprint(value)})
	}
	set("policy", p.Name)
	set("window", short(s.window))
	set("cap", short(p.PickupCap))
	set("unserved", short(p.Unserved))
	set("aging", p.Aging)
	set("fairness", p.Fairness)
	set("forward", short(p.Forward))
	if p.Swap {
		set("swap", true)
		set("max-swaps", p.MaxSwaps)
		set("swap-idle", p.SwapIdle)
		set("swap-every", short(p.SwapEvery))
		set("swap-threshold", short(p.SwapThreshold))
		set("swap-loss", short(p.SwapLoss))
	}
	return all
}

// flags is what `simulator replay` is given to do the same, without what it does
// anyway.
func (s setting) flags() string {
	usual := map[string]string{"unserved": "0s", "aging": "1", "fairness": "0", "swap-idle": "false"}
	var flags []string
	for _, v := range s.values() {
		switch {
		case v.Value == usual[v.Name]:
		case v.Value == "true":
			flags = append(flags, "--"+v.Name)
		default:
			flags = append(flags, "--"+v.Name+"="+v.Value)
		}
	}
	return strings.Join(flags, " ")
}

// short writes the time without parts that are 0, as people do.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
