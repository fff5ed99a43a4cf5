package track

import (
	"context"
	"fmt"
)

// Conn is one socket of a phone. Read is called by one goroutine, everything
// else by any. When a context ends, or Close returns, whatever was under way
// fails.
type Conn interface {
	// Read is the next message: JSON, or a binary frame where the phone asked for
	// that. The bytes are good until the next Read. A fault tells of a message
	// that cannot be accepted (a binary one that was not asked for), and the next
	// may be read; any other error is the end of the socket.
	Read(ctx context.Context) (data []byte, binary bool, err error)
	Write(ctx context.Context, frame []byte) error
	// Ping waits for the pong, which takes a Read under way.
	Ping(ctx context.Context) error
	// Close tells the phone the code and reason. Closing twice does nothing.
	Close(code int, reason string) error
}

// Close codes of the driver's socket, beside 1000 and 1009 (a frame over the
// limit).
const (
	CloseGoingAway = 1001 // the phone did not answer pings
	ClosePolicy    = 1008 // too many bad frames, or the driver's token expired
	CloseRestart   = 1012 // the tracker shuts down: reconnect at once
	CloseTryLater  = 1013 // no dispatcher answers, or the phone reads too slowly: reconnect after a pause
	CloseReplaced  = 4001 // a newer session of the driver is open: do not reconnect
	CloseUnknown   = 4004 // the driver is not registered
)

const (
	closeNormal = 1000
	closeLeft   = 0 // stands for a phone that went by itself
)

// Ended tells why a session was closed from this side.
type Ended struct {
	Code   int // a close code
	Reason string
}

func (e *Ended) Error() string { return fmt.Sprintf("closed with %d: %s", e.Code, e.Reason) }
