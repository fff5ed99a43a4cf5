package node

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/fault"
)

// PolicyFlags is how requests and drivers are paired: the same settings live and
// in a replay.
type PolicyFlags struct {
	Policy        string        `enum:"fifo,greedy,optimal" default:"optimal" help:"How requests and drivers are paired: fifo (oldest request first), greedy (closest pair first) or optimal (least total)."`
	Window        time.Duration `default:"500ms" help:"How long requests are gathered before they are matched together."`
	PickupCap     time.Duration `default:"20m" aliases:"cap" help:"A longer way to the pickup is not offered."`
	Unserved      time.Duration `default:"0s" help:"Price of leaving a request unserved, as time to a pickup; 0 is the pickup cap."`
	Aging         float64       `default:"1" help:"How many seconds that price grows with each second of waiting."`
	Fairness      float64       `default:"0" help:"How many seconds of pickup a second of a driver's idling outweighs, up to ten minutes of it."`
	Swap          bool          `help:"Exchange the drivers of trips before pickup where that saves time."`
	SwapThreshold time.Duration `default:"20s" help:"An exchange saves more than this for each trip that it changes."`
	SwapEvery     time.Duration `default:"10s" help:"Time between two looks for exchanges."`
	SwapLoss      time.Duration `default:"2m" help:"No rider waits longer by more than this for an exchange that is good for others; 0 is no limit."`
	SwapIdle      bool          `help:"Let exchanges reach free drivers too, who are given the trip unasked."`
	MaxSwaps      int           `default:"1" help:"Most exchanges of one trip; below 0 is no limit."`
	Forward       time.Duration `default:"60s" help:"A driver is offered the next trip when the ride has this much to go; 0 is never."`
}

// Validate names the first setting that is not accepted.
func (f *PolicyFlags) Validate() error {
	var refused *fault.Error
	if err := (dispatch.Regime{Policy: f.Dispatch(), Window: f.Window}).Validate(); errors.As(err, &refused) {
		_, accepted, _ := strings.Cut(refused.Detail, "is not accepted: ")
		return &ConfigError{strings.ReplaceAll(refused.Field, "_", "-"), f.value(refused.Field), accepted}
	}
	return nil
}

// value is the setting that the policy calls so.
func (f *PolicyFlags) value(field string) string {
	return fmt.Sprint(map[string]any{
		"policy": f.Policy, "window": f.Window, "pickup_cap": f.PickupCap, "unserved": f.Unserved, "aging": f.Aging, "fairness": f.Fairness,
		"swap_threshold": f.SwapThreshold, "swap_every": f.SwapEvery, "swap_loss": f.SwapLoss, "forward": f.Forward,
	}[field])
}

// Dispatch is the policy as the dispatcher takes it.
func (f *PolicyFlags) Dispatch() dispatch.Policy {
	return dispatch.Policy{
		Name: f.Policy, PickupCap: f.PickupCap, Unserved: f.Unserved, Aging: f.Aging, Fairness: f.Fairness,
		Swap: f.Swap, SwapThreshold: f.SwapThreshold, SwapEvery: f.SwapEvery, SwapLoss: f.SwapLoss, SwapIdle: f.SwapIdle,
		MaxSwaps: f.MaxSwaps, Forward: f.Forward,
	}
}
