package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// Metrics of a Go program.
const (
	heapMetric    = "go_memstats_heap_alloc_bytes"
	stackMetric   = "go_memstats_stack_inuse_bytes"
	routineMetric = "go_goroutines"
)

// idle is what one socket takes that says nothing, in bytes of the server
// process.
type idle struct {
	name     string
	resident float64 // as the system counts
	heap     float64 // after a collection
	stack    float64
	routines float64 // goroutines
}

// target is a server of sockets.
type target struct {
	name    string
	pid     int
	url     string
	path    string
	hellos  bool
	collect func() error // garbage
}

// idles measures the tracker and the library alone.
func (r *rig) idles(ctx context.Context) (all []idle, err error) {
	for _, measure := range []func(context.Context) (idle, error){r.idleTracker, r.idleBare} {
		i, err := measure(ctx)
		if err != nil {
			return nil, err
		}
		say("idle, %s: %.1f KiB", i.name, i.resident/1024)
		all = append(all, i)
	}
	return all, nil
}

func (r *rig) idleTracker(ctx context.Context) (i idle, err error) {
	profiles, err := freeAddress()
	if err != nil {
		return idle{}, err
	}
	p, err := r.startTracker(ctx, "--pprof", profiles)
	if err != nil {
		return idle{}, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	return r.idle(target{"tracker", p.pid(), p.url, "/v1/driver/stream", true, func() error {
		answer, err := http.Get("http://" + profiles + "/debug/pprof/heap?gc=1")
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, answer.Body)
		return errors.Join(err, answer.Body.Close())
	}})
}

func (r *rig) idleBare(context.Context) (i idle, err error) {
	c, err := startChild("bare")
	if err != nil {
		return idle{}, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	var url string
	if err := c.hear(&url); err != nil {
		return idle{}, err
	}
	return r.idle(target{"coder/websocket alone", c.pid(), url, "/", false, func() error { return nil }})
}

// idle opens all sockets and compares before and after.
func (r *rig) idle(t target) (i idle, err error) {
	load, err := startGenerator()
	if err != nil {
		return idle{}, err
	}
	defer func() { err = errors.Join(err, load.close()) }()
	before, err := t.memory()
	if err != nil {
		return idle{}, err
	}
	address, err := netip.ParseAddrPort(strings.TrimPrefix(t.url, "http://"))
	if err != nil {
		return idle{}, err
	}
	if _, err := load.order(order{Open: &opening{Address: address, Path: t.path, Key: r.key, Sockets: r.config.Sockets, Quiet: true}}); err != nil {
		return idle{}, err
	}
	if t.hellos {
		if err := greeted(load, r.config.Sockets); err != nil {
			return idle{}, err
		}
	}
	after, err := t.memory()
	each := func(name string) float64 { return (after[name] - before[name]) / float64(r.config.Sockets) }
	return idle{t.name, each(residentMetric), each(heapMetric), each(stackMetric), each(routineMetric)}, err
}

const residentMetric = "resident"

// memory is what the server has in use, without garbage.
func (t target) memory() (samples, error) {
	if err := t.collect(); err != nil {
		return nil, err
	}
	s, err := scrape(t.url)
	if err != nil {
		return nil, err
	}
	bytes, err := resident(t.pid)
	s[residentMetric] = float64(bytes)
	return s, err
}

// greeted waits until every socket has heard the server's hello, and a while
// for what else a session begins with.
func greeted(load generator, sockets int) error {
	for limit := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		r, err := load.order(order{})
		switch {
		case err != nil:
			return err
		case r.Heard.Hellos >= sockets:
			time.Sleep(time.Second)
			return nil
		case time.Now().After(limit):
			return fmt.Errorf("%d of %d sockets were greeted", r.Heard.Hellos, sockets)
		}
	}
}
