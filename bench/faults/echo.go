package main

import (
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/faults"
	"github.com/nats-io/nats.go"
)

// again marks what we published: it is not published a third time, and the judge
// leaves it out.
const again = "Cabstand-Fault"

// echo publishes everything that goes over the bus a second time: up to two
// seconds later, so that the copies come in another order than the messages did.
// A copy of a request asks for no answer, and one of an event has no Nats-Msg-Id.
type echo struct {
	conn *nats.Conn

	mu     sync.Mutex
	rng    *rand.Rand
	closed bool
	copies sync.WaitGroup
}

const latest = 2 * time.Second

func listen(url string, f faults.Fault) (*echo, error) {
	conn, err := nats.Connect(url, nats.MaxReconnects(-1))
	if err != nil {
		return nil, err
	}
	e := &echo{conn: conn, rng: rand.New(rand.NewPCG(uint64(f.At), 1))}
	for _, subject := range []string{"trips.>", "positions.>", "drivers.>", "dispatch.command", "dispatch.nudge", "trackers.beat"} {
		if _, err := conn.Subscribe(subject, e.take); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return e, conn.Flush()
}

func (e *echo) take(m *nats.Msg) {
	if m.Header.Get(again) != "" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	c := nats.NewMsg(m.Subject)
	c.Data = m.Data
	c.Header.Set(again, "again")
	e.copies.Add(1)
	time.AfterFunc(time.Duration(e.rng.Int64N(int64(latest))), func() {
		defer e.copies.Done()
		_ = e.conn.PublishMsg(c) // a copy that is lost is no fault
	})
}

// close waits for the last copies.
func (e *echo) close() error {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.copies.Wait()
	err := e.conn.FlushTimeout(10 * time.Second)
	e.conn.Close()
	return errors.Join(err)
}
