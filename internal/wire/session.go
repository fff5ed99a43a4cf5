package wire

import "time"

// OpenSession is what is open for a driver at a tracker: a socket of the driver's
// phone, or an app that reports by a device's token.
type OpenSession struct {
	Tracker string    `json:"tracker"`
	Session string    `json:"session,omitempty" doc:"left out for an app"`
	Kind    string    `json:"kind" enum:"socket,app"`
	Since   time.Time `json:"since"`
	// Refused counts, since then, the positions that were not believed.
	Refused map[string]int `json:"refused,omitempty"`
	Last    *RefusedLast   `json:"last_refusal,omitempty"`
}

// Kinds of open sessions.
const (
	SessionSocket = "socket"
	SessionApp    = "app"
)

// RefusedLast is the newest position that was not believed.
type RefusedLast struct {
	Code string    `json:"code" doc:"which filter refused it"`
	At   time.Time `json:"at"`
}
