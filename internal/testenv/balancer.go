package testenv

import (
	"io"
	"net"
	"strings"
	"sync"
)

// Balancer hands each new connection to the next of its backends, or to the one
// after that while it takes none. It stands for the load balancer that the
// services size has before its dispatchers and trackers.
type Balancer struct {
	URL      string
	backends []string
	listener net.Listener
	running  sync.WaitGroup

	mu    sync.Mutex
	open  map[net.Conn]struct{}
	ended bool
}

// Balance puts a balancer on a free port before the programs at the given
// addresses, such as http://127.0.0.1:8080.
func Balance(urls ...string) (*Balancer, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &Balancer{URL: "http://" + l.Addr().String(), listener: l, open: map[net.Conn]struct{}{}}
	for _, u := range urls {
		b.backends = append(b.backends, strings.TrimPrefix(u, "http://"))
	}
	b.running.Go(b.accept)
	return b, nil
}

func (b *Balancer) accept() {
	for next := 0; ; next++ {
		client, err := b.listener.Accept()
		if err != nil {
			return
		}
		b.running.Go(func() { b.serve(client, next) })
	}
}

func (b *Balancer) serve(client net.Conn, next int) {
	defer client.Close()
	for i := range b.backends {
		backend, err := net.Dial("tcp", b.backends[(next+i)%len(b.backends)])
		if err == nil {
			defer backend.Close()
			b.join(client, backend)
			return
		}
	}
}

// join copies both ways until either side ends.
func (b *Balancer) join(client, backend net.Conn) {
	if !b.admit(client, backend) {
		return
	}
	defer b.dismiss(client, backend)
	var copying sync.WaitGroup
	pipe := func(to, from net.Conn) {
		_, _ = io.Copy(to, from) // how a connection ends is its two ends' business
		to.Close()
		from.Close()
	}
	copying.Go(func() { pipe(backend, client) })
	pipe(client, backend)
	copying.Wait()
}

func (b *Balancer) admit(conns ...net.Conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range conns {
		b.open[c] = struct{}{}
	}
	return !b.ended
}

func (b *Balancer) dismiss(conns ...net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range conns {
		delete(b.open, c)
	}
}

// Close cuts every connection and waits until all are gone.
func (b *Balancer) Close() {
	b.listener.Close()
	b.mu.Lock()
	b.ended = true
	for c := range b.open {
		c.Close()
	}
	b.mu.Unlock()
	b.running.Wait()
}
