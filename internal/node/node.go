// Package node puts the parts together into programs: configuration in, a
// running tracker, dispatcher or both out. Nothing is decided here but who
// talks to whom, what starts before what, and what ends first.
package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

// Node is a program that is ready to run.
type Node struct {
	log      *slog.Logger
	listener net.Listener
	server   *http.Server
	drain    time.Duration
	health   *health
	demo     bool

	// Listening is called once the node answers requests and every part that it
	// cannot do without has answered. It may be nil.
	Listening func()

	tasks   []task
	drains  []func(context.Context) // side by side, at shutdown, while tasks still run
	closers []func()                // in reverse order, after all tasks have ended
}

// announceWithin is how long a program that serves waits for the parts that it
// can do without, before it says so.
const announceWithin = 5 * time.Second

// task runs until its context ends; an error ends the node.
type task struct {
	name string
	run  func(context.Context) error
}

func (n *Node) task(name string, run func(context.Context) error) {
	n.tasks = append(n.tasks, task{name, run})
}

func (n *Node) onDrain(f func(context.Context)) { n.drains = append(n.drains, f) }

func (n *Node) onClose(f func()) { n.closers = append(n.closers, f) }

// listen binds the address, so that it is known before anything is served.
func (n *Node) listen(c Listen, r prometheus.Registerer) error {
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w", c.Listen, err)
	}
	room := roomFor(openFiles())
	if c.sockets() > room {
		n.log.Warn("more sockets are allowed than there is room for: raise the limit of open files (ulimit -n)", "max_sockets", c.sockets(), "room", room)
	}
	n.listener, n.drain = newGate(l, room, r, n.log), c.DrainTimeout
	n.onClose(func() { n.listener.Close() })
	return n.profile(c.Pprof)
}

// serve sets the handler. Clients who send or read slowly are cut off here,
// whoever they are; sockets, once they are open, and streams have their own
// limits.
func (n *Node) serve(handler http.Handler) {
	n.server = &http.Server{
		Handler: turnAway(handler), ConnContext: markOver, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 60 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug),
	}
}

// URL is where the node serves.
func (n *Node) URL() string { return "http://" + n.listener.Addr().String() }

// Run serves until ctx ends or a part fails, then drains: no new requests,
// sockets told to reconnect elsewhere, then the parts end.
func (n *Node) Run(ctx context.Context) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	group, running := errgroup.WithContext(running)
	for _, t := range n.tasks {
		group.Go(func() error {
			if err := t.run(running); err != nil && running.Err() == nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			return nil
		})
	}
	group.Go(func() error {
		if err := n.server.Serve(n.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("http: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		n.announce(running)
		return nil
	})
	group.Go(func() error {
		select {
		case <-ctx.Done():
		case <-running.Done():
		}
		n.shutdown(context.WithoutCancel(ctx))
		stop()
		return nil
	})
	return group.Wait()
}

// announce calls Listening once all is there, or, after a while, all that the
// program cannot do without.
func (n *Node) announce(ctx context.Context) {
	whole, told := time.Now().Add(announceWithin), false
	for !n.health.serving() || (len(n.health.gone()) > 0 && time.Now().Before(whole)) {
		if !wait(ctx, 10*time.Millisecond) {
			return
		}
		if !told && time.Now().After(whole) {
			told = true
			n.log.Warn("waiting for what the program cannot do without", "url", n.URL(), "gone", n.health.gone())
		}
	}
	if n.Listening != nil {
		n.Listening()
	}
}

// shutdown drains. Sockets first: the server does not wait for those. Load
// balancers see from the beginning that nobody new is wanted.
func (n *Node) shutdown(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, n.drain)
	defer cancel()
	n.log.Info("draining", "at_most", n.drain)
	n.health.leave()
	var draining sync.WaitGroup
	for _, drain := range n.drains {
		draining.Go(func() { drain(ctx) })
	}
	draining.Wait()
	if err := n.server.Shutdown(ctx); err != nil {
		n.log.Warn("requests were cut off at shutdown", "err", err)
		n.server.Close()
	}
}

// Close frees what Open took. It may be called twice, and before Run.
func (n *Node) Close() {
	for _, close := range slices.Backward(n.closers) {
		close()
	}
	n.closers = nil
}
