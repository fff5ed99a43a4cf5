package wire

import "time"

// Policy is the public form of how requests and drivers are paired: everything
// that an operator may switch while trips are served.
type Policy struct {
	Policy         string  `json:"policy" enum:"fifo,greedy,optimal" doc:"fifo: the oldest request first; greedy: the closest pair first; optimal: the least total of all"`
	WindowS        float64 `json:"window_s" minimum:"0.01" maximum:"30" doc:"requests are gathered for that long and matched together"`
	PickupCapS     float64 `json:"pickup_cap_s" minimum:"1" maximum:"86400" doc:"a longer way to the pickup is not offered"`
	UnservedS      float64 `json:"unserved_s" minimum:"0" maximum:"86400" doc:"price of leaving a request unserved; 0: the pickup cap"`
	Aging          float64 `json:"aging" minimum:"0" maximum:"1000" doc:"seconds that this price grows with each second of waiting"`
	Fairness       float64 `json:"fairness" minimum:"0" maximum:"1000" doc:"seconds of pickup that a second of a driver's idling outweighs"`
	Swap           bool    `json:"swap" doc:"drivers of trips before pickup are exchanged where that saves time"`
	SwapThresholdS float64 `json:"swap_threshold_s" minimum:"0" maximum:"86400" doc:"an exchange saves more than this for each trip that it changes"`
	SwapEveryS     float64 `json:"swap_every_s" minimum:"0.1" maximum:"3600" doc:"between two looks for exchanges"`
	SwapLossS      float64 `json:"swap_loss_s" minimum:"0" maximum:"86400" doc:"no rider waits longer by more than this for the good of others; 0: no limit"`
	SwapIdle       bool    `json:"swap_idle" doc:"exchanges reach free drivers too, who are given the trip unasked"`
	MaxSwaps       int     `json:"max_swaps" minimum:"-1" maximum:"1000" doc:"of one trip; -1: no limit"`
	ForwardS       float64 `json:"forward_s" minimum:"0" maximum:"600" doc:"a driver is offered the next trip when the ride has no more than this to go; 0: never"`
}

// PolicySetting is a policy that somebody set, as it is kept.
type PolicySetting struct {
	Policy Policy    `json:"policy"`
	SetBy  string    `json:"set_by"`
	SetAt  time.Time `json:"set_at"`
}
