package testenv

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

// Server is a private server. It ends with this process at the latest. Its
// methods are not for concurrent use.
type Server struct {
	// URL is the server's address: for PostgreSQL of the database "postgres",
	// for Redis of the logical database 0. It stays the same over restarts.
	URL string

	dir     string
	start   func() (running, error)
	running running // nil while it is down
}

// kept holds on to the servers that run: a server that is collected as garbage
// lets go of its leash, and ends while its address is still in use.
var kept sync.Map

// running is a server that is up.
type running interface {
	stop() error
	kill() error
}

// startServer gives the server a folder and a free port. Between finding the
// port and using it somebody else may take it: hence the attempts.
func startServer(name string, prepare func(dir string, port int) (url string, start func() (running, error), err error)) (*Server, error) {
	dir, err := newFolder(name)
	if err != nil {
		return nil, err
	}
	for range 3 {
		var s *Server
		if s, err = attempt(dir, prepare); err == nil {
			return s, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), os.RemoveAll(dir))
}

func attempt(dir string, prepare func(string, int) (string, func() (running, error), error)) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	url, start, err := prepare(dir, port)
	if err != nil {
		return nil, err
	}
	s := &Server{URL: url, dir: dir, start: start}
	return s, s.Start()
}

// Start starts the server again, on the same data and address, and returns when
// it serves. A server that runs is left alone.
func (s *Server) Start() error {
	if s.running != nil {
		return nil
	}
	r, err := s.start()
	if err == nil {
		s.running = r
		kept.Store(s, true)
	}
	return err
}

// Stop shuts the server down in good order. Its data stays.
func (s *Server) Stop() error { return s.end(running.stop) }

// Kill ends the server as a crash would: PostgreSQL aborts and recovers at the
// next start, Redis is killed. NATS, which is in this process, shuts down.
func (s *Server) Kill() error { return s.end(running.kill) }

func (s *Server) end(how func(running) error) error {
	if s.running == nil {
		return nil
	}
	r := s.running
	s.running = nil
	kept.Delete(s)
	return how(r)
}

// Close ends the server and removes its data.
func (s *Server) Close() error { return errors.Join(s.Kill(), os.RemoveAll(s.dir)) }
