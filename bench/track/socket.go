package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"syscall"
)

// socket is one phone's WebSocket, on a plain file descriptor: ten thousand of
// them cost no goroutine and no wake-up for what the server says.
type socket struct {
	fd int

	mu   sync.Mutex // of writing: positions and pongs come from two goroutines
	rest []byte     // of the last write, what the kernel did not take

	unread []byte // the begin of a frame whose end has not come
	heard  heard
	gone   bool
}

// heard is what servers said on sockets.
type heard struct {
	Hellos, Acks, Rejected, Errors, Closed int
	Sample                                 string // one of the rejected or the errors
}

func (h *heard) add(o heard) {
	h.Hellos, h.Acks, h.Rejected = h.Hellos+o.Hellos, h.Acks+o.Acks, h.Rejected+o.Rejected
	h.Errors, h.Closed = h.Errors+o.Errors, h.Closed+o.Closed
	if h.Sample == "" {
		h.Sample = o.Sample
	}
}

// dial opens a socket: a WebSocket handshake at the address and path.
func dial(address netip.AddrPort, path, token string) (*socket, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	s := &socket{fd: fd}
	if err := s.shake(address, path, token); err != nil {
		return nil, errors.Join(err, syscall.Close(fd))
	}
	return s, nil
}

func (s *socket) shake(address netip.AddrPort, path, token string) error {
	limit := syscall.Timeval{Sec: 30}
	err := errors.Join(
		syscall.SetsockoptInt(s.fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1),
		syscall.SetsockoptTimeval(s.fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit),
		// An abrupt end leaves no port in TIME_WAIT.
		syscall.SetsockoptLinger(s.fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1}),
		syscall.Connect(s.fd, &syscall.SockaddrInet4{Port: int(address.Port()), Addr: address.Addr().As4()}),
	)
	if err != nil {
		return fmt.Errorf("connect to %v: %w", address, err)
	}
	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %v\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer %s\r\n\r\n", path, address, token)
	if _, err := syscall.Write(s.fd, []byte(request)); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	if s.unread, err = s.answer(); err != nil {
		return err
	}
	return syscall.SetNonblock(s.fd, true)
}

// answer reads the answer to the handshake, and returns what came behind it.
func (s *socket) answer() ([]byte, error) {
	var got []byte
	for buf := make([]byte, 1024); ; {
		n, err := syscall.Read(s.fd, buf)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || n == 0 {
			return nil, fmt.Errorf("handshake: no answer after %q: %w", got, errors.Join(err, errEnded))
		}
		got = append(got, buf[:n]...)
		head, rest, whole := bytes.Cut(got, []byte("\r\n\r\n"))
		switch {
		case !whole:
		case !strings.HasPrefix(string(head), "HTTP/1.1 101 "):
			return nil, fmt.Errorf("handshake: answered %q", got)
		default:
			return rest, nil
		}
	}
}

var errEnded = errors.New("the socket ended")

// send writes a frame without waiting. A frame that the kernel has no room for is
// not sent: sent is false then. Of one that it took a part of, the rest goes
// before the next.
func (s *socket) send(frame []byte) (sent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.rest) > 0 {
		n := s.write(s.rest)
		if s.rest = s.rest[n:]; len(s.rest) > 0 {
			return false
		}
	}
	n := s.write(frame)
	if n > 0 && n < len(frame) {
		s.rest = bytes.Clone(frame[n:])
	}
	return n > 0
}

// write is how much the kernel took. A broken socket takes nothing; listen
// notices.
func (s *socket) write(data []byte) int {
	for {
		n, err := syscall.Write(s.fd, data)
		if !errors.Is(err, syscall.EINTR) {
			return max(n, 0)
		}
	}
}

// listen takes what has come, without waiting, and answers pings.
func (s *socket) listen(buf []byte) {
	for !s.gone {
		n, err := syscall.Read(s.fd, buf)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EAGAIN):
			return
		case err != nil || n == 0:
			s.gone = true
			s.heard.Closed++
			return
		}
		s.unread = append(s.unread, buf[:n]...)
		s.digest()
		if n < len(buf) {
			return
		}
	}
}

// digest counts the frames that are whole.
func (s *socket) digest() {
	for {
		opcode, payload, rest, ok := nextFrame(s.unread)
		if !ok {
			break
		}
		switch {
		case opcode == opPing:
			s.send(appendFrame(nil, opPong, payload))
		case opcode == opText:
			s.heard.note(payload)
		case opcode == opClose:
			s.heard.Sample = fmt.Sprintf("closed: %q", payload)
		}
		s.unread = rest
	}
	if len(s.unread) == 0 {
		s.unread = nil
	}
}

func (h *heard) note(payload []byte) {
	switch {
	case bytes.HasPrefix(payload, []byte(`{"type":"hello"`)):
		h.Hellos++
	case bytes.HasPrefix(payload, []byte(`{"type":"ack"`)):
		h.Acks++
	case bytes.HasPrefix(payload, []byte(`{"type":"rejected"`)):
		h.Rejected++
		h.Sample = string(payload)
	default:
		h.Errors++
		h.Sample = string(payload)
	}
}

func (s *socket) close() { _ = syscall.Close(s.fd) } // nothing is to be saved
