package poller

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Poller has a few loops that share the sockets.
type Poller struct {
	loops []*loop
	next  atomic.Uint64
	work  sync.WaitGroup
}

// New starts as many goroutines as there are processors for Go. pause is how
// long a message may wait for others to come. The error is that of the system,
// or errors.ErrUnsupported.
func New(pause time.Duration) (*Poller, error) {
	p := &Poller{}
	for range runtime.GOMAXPROCS(0) {
		l, err := newLoop()
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		p.loops = append(p.loops, l)
		p.work.Go(func() { l.run(pause) })
	}
	return p, nil
}

// Close closes all sockets and waits for the loops to end.
func (p *Poller) Close() error {
	var errs []error
	for _, l := range p.loops {
		errs = append(errs, l.close())
	}
	p.work.Wait()
	return errors.Join(errs...)
}

// Adopt takes the connection over, which must not be used any more. read is what
// was read from it already. Closing the new connection calls conn.Close, so that
// who counts connections goes on counting. After an error conn is as it was, or
// closed.
func (p *Poller) Adopt(conn net.Conn, read []byte) (*Conn, error) {
	tcp, ok := plain(conn)
	if !ok {
		return nil, fmt.Errorf("poller: %T: %w", conn, errors.ErrUnsupported)
	}
	fd, err := duplicate(tcp)
	if err != nil {
		return nil, fmt.Errorf("poller: %w", err)
	}
	// Go's own poller would go on waking for it.
	if err := tcp.Close(); err != nil {
		return nil, errors.Join(err, syscall.Close(fd))
	}
	c := &Conn{
		Conn: conn, fd: fd, left: read, readable: make(chan struct{}, 1), writable: make(chan struct{}, 1), gone: make(chan struct{}),
		loop: p.loops[p.next.Add(1)%uint64(len(p.loops))],
	}
	if err := c.loop.add(c); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// plain is the TCP connection that conn is, or adds nothing to but Close.
func plain(conn net.Conn) (*net.TCPConn, bool) {
	if w, ok := conn.(interface{ Plain() net.Conn }); ok {
		conn = w.Plain()
	}
	tcp, ok := conn.(*net.TCPConn)
	return tcp, ok
}

// duplicate is another descriptor of the same open socket.
func duplicate(tcp *net.TCPConn) (fd int, err error) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0, err
	}
	ctl := raw.Control(func(old uintptr) {
		n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, old, syscall.F_DUPFD_CLOEXEC, 0)
		if fd = int(n); errno != 0 {
			err = os.NewSyscallError("fcntl", errno)
		}
	})
	return fd, errors.Join(ctl, err)
}

// loop is one epoll and who waits for it.
type loop struct {
	file *os.File
	raw  syscall.RawConn
	fd   int

	mu     sync.RWMutex
	closed bool
	conns  map[int32]*Conn // by descriptor

	events []syscall.EpollEvent
	ready  []*Conn // whom the events are of; nil for one who closed meanwhile
	buf    []byte
}

const (
	eventsAtOnce = 512
	bytesAtOnce  = 64 << 10

	edgeTriggered = 1 << 31 // syscall.EPOLLET, as the number that it is
	interests     = syscall.EPOLLIN | syscall.EPOLLOUT | syscall.EPOLLRDHUP | edgeTriggered
	ending        = syscall.EPOLLRDHUP | syscall.EPOLLHUP | syscall.EPOLLERR
)

func newLoop() (*loop, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	// Non-blocking, so that Go waits for it as it waits for sockets.
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, errors.Join(os.NewSyscallError("fcntl", err), syscall.Close(fd))
	}
	l := &loop{
		file: os.NewFile(uintptr(fd), "epoll"), fd: fd, conns: map[int32]*Conn{},
		events: make([]syscall.EpollEvent, eventsAtOnce), buf: make([]byte, bytesAtOnce),
	}
	if l.raw, err = l.file.SyscallConn(); err != nil {
		return nil, errors.Join(err, l.file.Close())
	}
	return l, nil
}

// run handles events until the loop is closed.
func (l *loop) run(pause time.Duration) {
	n := 0
	poll := func(fd uintptr) bool {
		n = wait(int(fd), l.events)
		return n > 0
	}
	for l.raw.Read(poll) == nil {
		l.handle(l.events[:n])
		if n < len(l.events) {
			time.Sleep(pause)
		}
	}
}

// wait is how many events there are now.
func wait(fd int, events []syscall.EpollEvent) int {
	for {
		n, err := syscall.EpollWait(fd, events, 0)
		if !errors.Is(err, syscall.EINTR) {
			return max(n, 0)
		}
	}
}

func (l *loop) handle(events []syscall.EpollEvent) {
	l.ready = l.ready[:0]
	l.mu.RLock()
	for i := range events {
		l.ready = append(l.ready, l.conns[events[i].Fd])
	}
	l.mu.RUnlock()
	for i, c := range l.ready {
		if c != nil {
			c.happened(events[i].Events, l.buf)
		}
	}
	clear(l.ready)
}

func (l *loop) add(c *Conn) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return net.ErrClosed
	}
	event := syscall.EpollEvent{Events: interests, Fd: int32(c.fd)}
	if err := syscall.EpollCtl(l.fd, syscall.EPOLL_CTL_ADD, c.fd, &event); err != nil {
		return os.NewSyscallError("epoll_ctl", err)
	}
	l.conns[int32(c.fd)] = c
	return nil
}

// forget is called before the descriptor is closed, and may be used anew.
func (l *loop) forget(c *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns[int32(c.fd)] == c {
		delete(l.conns, int32(c.fd))
	}
}

func (l *loop) close() error {
	l.mu.Lock()
	l.closed = true
	conns := make([]*Conn, 0, len(l.conns))
	for _, c := range l.conns {
		conns = append(conns, c)
	}
	l.mu.Unlock()
	var errs []error
	for _, c := range conns {
		errs = append(errs, c.Close())
	}
	return errors.Join(append(errs, l.file.Close())...)
}
