package poller

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Conn is an adopted connection. Watch and Read are for one goroutine at a time,
// and so is Write; everything else may be called by any, at any time.
type Conn struct {
	net.Conn // the adopted one, which is closed: for its addresses
	loop     *loop
	fd       int
	gone     chan struct{} // closed by Close
	once     sync.Once

	readable chan struct{} // wakes Read; capacity one
	writable chan struct{} // wakes Write; capacity one
	full     atomic.Bool   // Write waits, or is about to

	// Of reading. The descriptor is open while closed is false.
	mu     sync.Mutex
	closed bool
	left   []byte                   // read, and not eaten
	ends   bool                     // an event told of an end
	ended  error                    // after what is left there is no more
	barred bool                     // Unwatch was called
	eat    func([]byte) (int, bool) // nil while nobody watches
	done   chan struct{}            // closed when eat is nil again

	writing sync.Mutex // of a system call; after mu
	shut    bool       // as closed
}

// ErrUnwatched is why a Watch ended.
var ErrUnwatched = errors.New("poller: Unwatch was called")

// Watch has eat called with the bytes that come, until it leaves some of them or
// returns false. eat tells how many it has eaten; it may change them, must not
// keep them, and must not block: others wait for it. What it left is the first
// that Read returns. Watch returns nil then, ErrUnwatched after Unwatch, or why
// the socket ended: io.EOF, net.ErrClosed, or an error of the system.
func (c *Conn) Watch(eat func(data []byte) (eaten int, more bool)) error {
	c.mu.Lock()
	if err := c.watchable(); err != nil {
		c.mu.Unlock()
		return err
	}
	done := make(chan struct{})
	c.eat, c.done = eat, done
	c.begin()
	c.mu.Unlock()
	<-done
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.left) > 0 {
		return nil
	}
	return c.watchable()
}

// watchable is why there is nothing to be watched.
func (c *Conn) watchable() error {
	switch {
	case c.closed:
		return net.ErrClosed
	case c.barred:
		return ErrUnwatched
	case len(c.left) > 0:
		return nil
	}
	return c.ended
}

// begin has eaten what came while nobody watched.
func (c *Conn) begin() {
	if left := c.left; len(left) > 0 {
		c.left = nil
		c.feed(left)
	}
	if c.eat != nil && c.ended != nil {
		c.stop()
	}
	if c.eat != nil {
		memory := memories.Get().(*[]byte)
		c.drain(*memory)
		memories.Put(memory)
	}
}

// memories are for what comes when a watch begins: not much.
var memories = sync.Pool{New: func() any { b := make([]byte, 2048); return &b }}

// Unwatch ends a watch, and lets none begin any more. When it returns eat is not
// called again.
func (c *Conn) Unwatch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.barred = true
	c.stop()
}

func (c *Conn) stop() {
	if c.eat != nil {
		c.eat = nil
		close(c.done)
	}
}

// feed gives eat the data, and keeps what it leaves.
func (c *Conn) feed(data []byte) {
	n, more := c.eat(data)
	if n < len(data) {
		c.left = append(c.left, data[n:]...)
	}
	if n < len(data) || !more {
		c.stop()
	}
}

// drain feeds what has come. A read that brings less than the buffer holds has
// emptied the socket, unless it ends: of an end that came with the last bytes
// there is no further event.
func (c *Conn) drain(buf []byte) {
	for c.eat != nil {
		n, err := read(c.fd, buf)
		if errors.Is(err, syscall.EAGAIN) {
			return
		}
		if n > 0 {
			c.feed(buf[:n])
		} else {
			c.end(err)
		}
		if n < len(buf) && !c.ends {
			return
		}
	}
}

// end notes that no more will come.
func (c *Conn) end(err error) {
	if c.ended = os.NewSyscallError("read", err); err == nil {
		c.ended = io.EOF
	}
	c.stop()
}

// happened is called by the loop.
func (c *Conn) happened(events uint32, buf []byte) {
	if events&(syscall.EPOLLOUT|ending) != 0 && c.full.Load() {
		signal(c.writable)
	}
	if events&(syscall.EPOLLIN|ending) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ends = c.ends || events&ending != 0
	switch {
	case c.closed:
	case c.eat != nil:
		c.drain(buf)
	default:
		signal(c.readable)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Read implements net.Conn, while nobody watches.
func (c *Conn) Read(p []byte) (int, error) {
	for {
		n, err := c.take(p)
		if !errors.Is(err, syscall.EAGAIN) {
			return n, err
		}
		select {
		case <-c.readable:
		case <-c.gone:
		}
	}
}

var errWatched = errors.New("poller: the socket is watched: it cannot be read")

func (c *Conn) take(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case len(p) == 0:
		return 0, nil
	case len(c.left) > 0:
		n := copy(p, c.left)
		if c.left = c.left[n:]; len(c.left) == 0 {
			c.left = nil
		}
		return n, nil
	case c.closed:
		return 0, net.ErrClosed
	case c.eat != nil:
		return 0, errWatched
	case c.ended != nil:
		return 0, c.ended
	}
	n, err := read(c.fd, p)
	if errors.Is(err, syscall.EAGAIN) {
		return 0, err
	}
	if n > 0 {
		return n, nil
	}
	c.end(err)
	return 0, c.ended
}

// Write implements net.Conn.
func (c *Conn) Write(p []byte) (written int, err error) {
	for written < len(p) {
		n, err := c.put(p[written:])
		written += n
		switch {
		case errors.Is(err, syscall.EAGAIN):
			c.await()
		case err != nil:
			return written, err
		}
	}
	return written, nil
}

// await waits until there may be room.
func (c *Conn) await() {
	if !c.full.Swap(true) { // there may have been room since: nobody said so
		return
	}
	select {
	case <-c.writable:
	case <-c.gone:
	}
	c.full.Store(false)
}

func (c *Conn) put(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.shut {
		return 0, net.ErrClosed
	}
	for {
		n, err := syscall.Write(c.fd, p)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			return 0, err
		case err != nil:
			return 0, os.NewSyscallError("write", err)
		default:
			return n, nil
		}
	}
}

// Close implements net.Conn. What was under way fails with net.ErrClosed.
func (c *Conn) Close() (err error) {
	err = net.ErrClosed
	c.once.Do(func() {
		c.loop.forget(c)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.writing.Lock()
		defer c.writing.Unlock()
		c.closed, c.shut = true, true
		c.stop()
		close(c.gone)
		err = os.NewSyscallError("close", syscall.Close(c.fd))
		_ = c.Conn.Close() // it is closed, and says so; who counts it hears of it
	})
	return err
}

// SetDeadline is not there: who waits too long closes.
func (c *Conn) SetDeadline(time.Time) error { return errors.ErrUnsupported }

// SetReadDeadline is not there.
func (c *Conn) SetReadDeadline(time.Time) error { return errors.ErrUnsupported }

// SetWriteDeadline is not there.
func (c *Conn) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }

func read(fd int, p []byte) (int, error) {
	for {
		n, err := syscall.Read(fd, p)
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}
