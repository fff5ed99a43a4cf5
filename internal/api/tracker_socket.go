package api

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/coder/websocket"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// trackerSocket is a WebSocket as the tracker uses it. Binary messages are for
// phones that asked for them.
type trackerSocket struct {
	conn   *websocket.Conn
	memory *sync.Pool // of *[]byte, shared by all sockets
	held   *[]byte    // has the message that was read last
}

// Receive reads messages until fn has enough or the socket ends. Closing the
// socket is what ends a read, so that none needs a context that could.
func (s *trackerSocket) Receive(fn func(data []byte, binary bool, err error) (more bool)) {
	defer s.release()
	for {
		data, binary, err := s.read()
		if err != nil && !isFault(err) || !fn(data, binary, err) {
			return
		}
	}
}

// isFault is apart because what errors.As fills in is allocated.
func isFault(err error) bool {
	var f *fault.Error
	return errors.As(err, &f)
}

// read is the next message; its bytes are good until the next read.
func (s *trackerSocket) read() (data []byte, binary bool, err error) {
	// A socket that waits for its next message, as nearly all do, holds no memory.
	s.release()
	kind, r, err := s.conn.Reader(context.Background())
	if err != nil {
		return nil, false, err
	}
	s.held = s.memory.Get().(*[]byte)
	*s.held, err = readMessage(r, (*s.held)[:0])
	if err != nil {
		s.release()
		return nil, false, err
	}
	binary = kind == websocket.MessageBinary
	if binary && s.conn.Subprotocol() != wire.SubprotocolBinary {
		return nil, false, fault.New(fault.Malformed, "binary frames are not accepted without the subprotocol %q: send JSON as text", wire.SubprotocolBinary)
	}
	return *s.held, binary, nil
}

func (s *trackerSocket) release() {
	if s.held != nil {
		s.memory.Put(s.held)
		s.held = nil
	}
}

// messageRoom is enough for a position or a few; a longer message makes the
// memory that it was read into grow.
const messageRoom = 512

func newMessageMemory() any {
	memory := make([]byte, 0, messageRoom)
	return &memory
}

// readMessage appends all of r, which has a limit of its own, and is to be read
// to its end whatever comes of the message.
func readMessage(r io.Reader, b []byte) ([]byte, error) {
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case errors.Is(err, io.EOF):
			return b, nil
		case err != nil:
			return b, err
		}
	}
}

func (s *trackerSocket) Write(ctx context.Context, frame []byte) error {
	return s.conn.Write(ctx, websocket.MessageText, frame)
}

func (s *trackerSocket) Ping(ctx context.Context) error { return s.conn.Ping(ctx) }

func (s *trackerSocket) Close(code int, reason string) error {
	return s.conn.Close(websocket.StatusCode(code), reason)
}
