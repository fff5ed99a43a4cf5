package track

import (
	"context"
	"errors"
	"fmt"
)

// Conn is one socket of a phone. Receive is called once, everything else by any
// goroutine. When a context ends, or Close returns, whatever was under way fails.
type Conn interface {
	// Receive calls fn with each message, one after the other, until fn returns
	// false or the socket ends, and returns then. A message is JSON, or a binary
	// frame where the phone asked for that; the bytes are fn's until it returns.
	// err is the fault of a message that cannot be accepted (a binary one that was
	// not asked for). fn must not block: other sockets may wait for it.
	Receive(fn func(data []byte, binary bool, err error) (more bool))
	Write(ctx context.Context, frame []byte) error
	// Ping waits for the pong, which takes a Receive under way.
	Ping(ctx context.Context) error
	// Close tells the phone the code and reason. Closing twice does nothing.
	Close(code int, reason string) error
}

// Close codes of the driver's socket, beside 1000 and 1009 (a frame over the
// limit).
const (
	CloseGoingAway = 1001 // the phone did not answer pings
	ClosePolicy    = 1008 // too many bad frames, or pings, or the driver's token expired
	CloseRestart   = 1012 // the tracker shuts down: reconnect at once
	CloseTryLater  = 1013 // no dispatcher answers, or the phone reads too slowly: reconnect after a pause
	CloseReplaced  = 4001 // a newer session of the driver is open: do not reconnect
	CloseEnded     = 4003 // an operator ended the session: reconnect when the driver wants to
	CloseUnknown   = 4004 // the driver is not registered, or not active any more
)

const (
	closeNormal = 1000
	closeLeft   = 0 // stands for a phone that went by itself
)

// ErrPings is the cause of a context whose socket brought too many pings.
var ErrPings = errors.New("track: too many pings")

// Ended tells why a session was closed from this side.
type Ended struct {
	Code   int // a close code
	Reason string
}

func (e *Ended) Error() string { return fmt.Sprintf("closed with %d: %s", e.Code, e.Reason) }
