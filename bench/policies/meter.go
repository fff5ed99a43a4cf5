package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// meter tells how far it is, and how long it will go on. What it counts is
// requests, since a replay takes the longer the more there are.
type meter struct {
	log   io.Writer
	clock func() time.Duration // real time, from whenever

	mu    sync.Mutex
	what  string
	left  int // requests
	did   int // requests, in replays of this run
	began time.Duration
	told  time.Duration
}

func newMeter(log io.Writer, clock func() time.Duration) *meter {
	return &meter{log: log, clock: clock}
}

const tellEvery = 30 * time.Second

// ahead tells how much there is to do at most.
func (m *meter) ahead(requests int) { m.left, m.began = requests, m.clock() }

// begin names what is being done.
func (m *meter) begin(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.what = what
	m.tell()
}

// known is told of a run that need not be repeated.
func (m *meter) known(requests int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left -= requests
}

// done is told of a run.
func (m *meter) done(requests int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left -= requests
	m.did += requests
	if m.clock()-m.told >= tellEvery {
		m.tell()
	}
}

func (m *meter) tell() {
	m.told = m.clock()
	fmt.Fprintf(m.log, "%s: %s%s\n", m.told.Round(time.Second), m.what, m.remaining())
}

func (m *meter) remaining() string {
	if m.did == 0 {
		return ""
	}
	rate := float64(m.told-m.began) / float64(m.did)
	return fmt.Sprintf(", at most %s left", time.Duration(rate*float64(max(0, m.left))).Round(time.Second))
}
