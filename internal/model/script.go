package model

import "github.com/cabstand/cabstand/internal/trip"

// scene is what decides which commands may come for a trip.
type scene struct {
	trip    ref
	had     uint16 // who had it in each epoch
	watched bool   // some dispatcher has it in its book
}

// script is the commands that may come in a scene. Those that the trip refuses
// or recognises, as it should, are only counted: they change nothing, whatever
// else is the case.
type script struct {
	acts []act
	idle int
}

type act struct {
	c    command
	care care
}

// script is the script of the scene, written once.
func (m *machine) script(at scene) script {
	written, known := m.scripts[at]
	if !known {
		m.enumerate(at, func(c command, by care) {
			if m.idles(at.trip, c) {
				written.idle++
			} else {
				written.acts = append(written.acts, act{c, by})
			}
		})
		m.scripts[at] = written
	}
	return written
}

// idles reports whether the command changes nothing on disk and in what is
// remembered, and is answered as it should be.
func (m *machine) idles(at ref, c command) bool {
	e := m.register.effect(at, c)
	if e.after != at || e.code == "" && saysNo(c.kind) {
		return false
	}
	s := state{}
	s.trips[c.trip-1] = at
	return m.judgeStep(&s, step{c: c, code: e.code}, &s) == nil
}

func (m *machine) enumerate(at scene, add func(command, care)) {
	t, s := m.register.trips[at.trip], state{}
	n := lastDigit(t.ID)
	s.trips[n-1], s.had[n-1] = at.trip, at.had
	m.answers(&s, n, add)
	m.messages(&s, n, t, add)
	add(command{kind: riderCancels, trip: n}, chance)
	add(command{kind: operatorCancels, trip: n}, chance)
	if at.watched {
		m.timers(&s, n, t, add)
	}
}

// answers is what phones say to offers, to the newest and to those before.
func (m *machine) answers(s *state, n int8, add func(command, care)) {
	for offer := int8(1); offer < m.nextOffer(s, n); offer++ {
		for d := int8(1); d <= m.drivers(); d++ {
			if m.size.Received {
				add(command{kind: received, trip: n, driver: d, offer: offer}, diligence)
			}
			add(command{kind: accept, trip: n, driver: d, offer: offer}, diligence)
			add(command{kind: decline, trip: n, driver: d, offer: offer}, chance)
		}
	}
	if newest := m.nextOffer(s, n) - 1; m.size.Received && newest > 0 {
		add(command{kind: withdraw, trip: n, offer: newest}, chance)
	}
}

// messages is what drivers say who have the trip, or had it.
func (m *machine) messages(s *state, n int8, t *trip.Trip, add func(command, care)) {
	for epoch := int64(1); epoch <= t.Epoch; epoch++ {
		d := s.driverIn(n, epoch)
		if d == 0 {
			continue
		}
		for _, k := range []kind{arrive, start, complete} {
			add(command{kind: k, trip: n, driver: d, epoch: int8(epoch)}, diligence)
		}
		add(command{kind: driverCancels, trip: n, driver: d, epoch: int8(epoch)}, chance)
	}
}

// timers is what time asks for.
func (m *machine) timers(s *state, n int8, t *trip.Trip, add func(command, care)) {
	if t.Offer.Pending() {
		add(command{kind: expireOffer, trip: n, offer: lastDigit(t.Offer.ID)}, engine)
	}
	if t.State == trip.Searching {
		add(command{kind: expire, trip: n}, engine)
	}
	for epoch := int64(1); epoch <= t.Epoch; epoch++ {
		if d := s.driverIn(n, epoch); d != 0 {
			add(command{kind: replace, trip: n, driver: d, epoch: int8(epoch)}, engine)
		}
	}
	add(command{kind: promote, trip: n}, engine)
}
