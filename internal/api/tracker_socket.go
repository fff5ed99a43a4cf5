package api

import (
	"bufio"
	"context"
	"errors"
	"io"
	"sync"

	"github.com/coder/websocket"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/poller"
	"github.com/cabstand/cabstand/internal/wire"
)

// trackerSocket is a WebSocket as the tracker uses it. Binary messages are for
// phones that asked for them.
type trackerSocket struct {
	conn     *websocket.Conn
	quick    *poller.Conn  // under conn; nil where conn does all of the reading
	buffered *bufio.Reader // between the two
	memory   *sync.Pool    // of *[]byte, shared by all sockets
	held     *[]byte       // has the message that was read last

	mu      sync.Mutex
	closing bool // the library reads by itself: buffered is its own
}

// Receive reads messages until fn has enough or the socket ends. Closing the
// socket is what ends a read, so that none needs a context that could.
func (s *trackerSocket) Receive(fn func(data []byte, binary bool, err error) (more bool)) {
	for s.watch(fn) {
		data, binary, err := s.read()
		more := err == nil || isFault(err)
		more = more && fn(data, binary, err)
		s.release() // one that waits for its next message, as nearly all do, holds no memory
		if !more {
			return
		}
	}
}

// watch takes the messages that are plain, and reports whether there is something
// else for the library. Nothing of it is in the library's hands meanwhile.
func (s *trackerSocket) watch(fn func(data []byte, binary bool, err error) (more bool)) bool {
	if s.quick == nil {
		return true
	}
	if left, closing := s.left(); closing || left > 0 {
		return !closing
	}
	more := true
	err := s.quick.Watch(func(data []byte) (eaten int, _ bool) {
		for f, ok := plainFrame(data); ok && more; f, ok = plainFrame(data[eaten:]) {
			f.unmask()
			eaten += f.size
			more = fn(f.payload, f.binary, s.acceptable(f.binary))
		}
		return eaten, more
	})
	return err == nil && more
}

// left is how many bytes the library has read ahead; nobody can tell while it
// closes.
func (s *trackerSocket) left() (n int, closing bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return 0, true
	}
	return s.buffered.Buffered(), false
}

// acceptable is the fault of a binary message that was not asked for.
func (s *trackerSocket) acceptable(binary bool) error {
	if binary && s.conn.Subprotocol() != wire.SubprotocolBinary {
		return fault.New(fault.Malformed, "binary frames are not accepted without the subprotocol %q: send JSON as text", wire.SubprotocolBinary)
	}
	return nil
}

// isFault is apart because what errors.As fills in is allocated.
func isFault(err error) bool {
	var f *fault.Error
	return errors.As(err, &f)
}

// read has the library read the next message, and deal with whatever comes before
// it. Its bytes are good until release.
func (s *trackerSocket) read() (data []byte, binary bool, err error) {
	kind, r, err := s.conn.Reader(context.Background())
	if err != nil {
		return nil, false, err
	}
	s.held = s.memory.Get().(*[]byte)
	if *s.held, err = readMessage(r, (*s.held)[:0]); err != nil {
		return nil, false, err
	}
	binary = kind == websocket.MessageBinary
	return *s.held, binary, s.acceptable(binary)
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
	if s.quick != nil { // the library waits for the phone's farewell
		s.mu.Lock()
		s.closing = true
		s.mu.Unlock()
		s.quick.Unwatch()
	}
	return s.conn.Close(websocket.StatusCode(code), reason)
}
