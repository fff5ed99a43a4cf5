package trip

import (
	"slices"

	"github.com/cabstand/cabstand/internal/fault"
)

// State is where a trip stands.
type State string

// The states.
const (
	Scheduled State = "scheduled" // booked for later
	Searching State = "searching" // looking for a driver; an offer may be pending
	Assigned  State = "assigned"  // a driver accepted and is on the way
	Arrived   State = "arrived"   // the driver waits at the pickup
	Riding    State = "riding"    // the rider is on board
	Completed State = "completed" // final
	Cancelled State = "cancelled" // final
	Expired   State = "expired"   // final: no driver was found in time
)

// States lists every state in the order of a trip's life.
var States = []State{Scheduled, Searching, Assigned, Arrived, Riding, Completed, Cancelled, Expired}

// ParseState checks that s names a state.
func ParseState(s string) (State, error) {
	if slices.Contains(States, State(s)) {
		return State(s), nil
	}
	return "", fault.Field("state", "%q is not a state: one of %v", s, States)
}

// Final reports whether nothing can change any more.
func (s State) Final() bool { return s == Completed || s == Cancelled || s == Expired }

// HasDriver reports whether a driver is bound to the trip by an accepted offer.
func (s State) HasDriver() bool { return s == Assigned || s == Arrived || s == Riding }

// command names what moves a trip from one state to another.
type command string

const (
	release    command = "release"    // the scheduled time is near
	accept     command = "accept"     // the driver takes the offer
	reassign   command = "reassign"   // a driver is given it without being asked
	arrive     command = "arrive"     // the driver is at the pickup
	start      command = "start"      // the rider is on board
	complete   command = "complete"   // the rider is at the drop-off
	redispatch command = "redispatch" // the driver is taken off, another is sought
	cancel     command = "cancel"
	expire     command = "expire" // the search took too long
)

// transitions is the one table of what may follow what. Whatever is not in it
// is refused with fault.WrongState.
var transitions = map[State]map[command]State{
	Scheduled: {release: Searching, cancel: Cancelled},
	Searching: {accept: Assigned, reassign: Assigned, cancel: Cancelled, expire: Expired},
	Assigned:  {arrive: Arrived, reassign: Assigned, redispatch: Searching, cancel: Cancelled},
	Arrived:   {start: Riding, redispatch: Searching, cancel: Cancelled},
	Riding:    {complete: Completed, cancel: Cancelled},
}

// inWords is what a command does to a trip, in words for people.
var inWords = map[command]string{
	release:    "be searched for",
	accept:     "be accepted",
	reassign:   "be given to another driver",
	arrive:     "be arrived at",
	start:      "be started",
	complete:   "be completed",
	redispatch: "be taken from its driver",
	cancel:     "be cancelled",
	expire:     "expire",
}

// next is the state that follows, or why there is none.
func (s State) next(c command) (State, error) {
	to, ok := transitions[s][c]
	if !ok {
		return "", fault.New(fault.WrongState, "a trip that is %s cannot %s", s, inWords[c])
	}
	return to, nil
}
