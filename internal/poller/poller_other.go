//go:build !linux

package poller

import (
	"errors"
	"net"
	"time"
)

// Poller is for Linux.
type Poller struct{}

// New returns errors.ErrUnsupported.
func New(time.Duration) (*Poller, error) { return nil, errors.ErrUnsupported }

// Close does nothing.
func (*Poller) Close() error { return nil }

// Adopt returns errors.ErrUnsupported.
func (*Poller) Adopt(net.Conn, []byte) (*Conn, error) { return nil, errors.ErrUnsupported }

// Conn is for Linux.
type Conn struct{ net.Conn }

// ErrUnwatched is for Linux.
var ErrUnwatched = errors.New("poller: Unwatch was called")

// Watch returns errors.ErrUnsupported.
func (*Conn) Watch(func([]byte) (int, bool)) error { return errors.ErrUnsupported }

// Unwatch does nothing.
func (*Conn) Unwatch() {}
