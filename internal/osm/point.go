package osm

import "time"

// mark is what there is on a node for those who pass it; more than one bit may be
// set. Seen along the way's nodes, forward is the direction in which they follow
// each other.
type mark uint8

const (
	blocked mark = 1 << iota
	signalForward
	signalBackward
	stopForward
	stopBackward
)

// What passing costs, on average over red and green, and with the time to brake
// and to gain speed again.
const (
	atSignal = 6 * time.Second
	atStop   = 3 * time.Second
)

// Barriers that cars pass; any other blocks them, unless it says that cars may
// pass. So does a gate that says they may not.
var passable = map[string]bool{
	"no": true, "entrance": true, "gate": true, "swing_gate": true, "sliding_gate": true, "lift_gate": true,
	"toll_booth": true, "border_control": true, "cattle_grid": true, "rumble_strip": true, "kerb": true,
	"height_restrictor": true, "sally_port": true, "bump_gate": true, "checkpoint": true,
}

// marks reads what there is on a node.
func marks(t tags, bad func(key, value string)) mark {
	if len(t) == 0 {
		return 0
	}
	var m mark
	if isBlocked(t, bad) {
		m |= blocked
	}
	switch t.get("highway") {
	case "traffic_signals":
		m |= toward(t, signalForward, signalBackward)
	case "stop":
		m |= toward(t, stopForward, stopBackward)
	}
	return m
}

func isBlocked(t tags, bad func(key, value string)) bool {
	barrier := t.get("barrier")
	if barrier == "" {
		return false
	}
	switch carAccess(t, bad) {
	case open:
		return false
	case closed:
		return true
	}
	return !passable[barrier] && !(barrier == "bollard" && t.get("bollard") == "rising")
}

// toward is for whom a signal or a sign is.
func toward(t tags, forward, backward mark) mark {
	direction := t.get("traffic_signals:direction")
	if direction == "" {
		direction = t.get("direction")
	}
	switch direction {
	case "forward":
		return forward
	case "backward":
		return backward
	}
	return forward | backward
}

// delay is what somebody waits who comes to the node, forward or backward.
func (m mark) delay(forward bool) time.Duration {
	signal, stop := signalBackward, stopBackward
	if forward {
		signal, stop = signalForward, stopForward
	}
	switch {
	case m&signal != 0:
		return atSignal
	case m&stop != 0:
		return atStop
	}
	return 0
}
