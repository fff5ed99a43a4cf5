package model

import (
	"github.com/cabstand/cabstand/internal/fault"
)

// machine is the protocol at a size, with one enforcement off or none.
type machine struct {
	size      Size
	off       Enforcement
	register  *register
	decisions []decision // by number
	numbers   map[decision]uint16
	scripts   map[scene]script
	idle      int // steps that were known to do nothing
}

func newMachine(size Size, off Enforcement) *machine {
	return &machine{size: size, off: off, register: newRegister(off), decisions: []decision{{}}, numbers: map[decision]uint16{{}: 0}, scripts: map[scene]script{}}
}

func (m *machine) trips() int8   { return int8(m.size.Trips) }
func (m *machine) drivers() int8 { return int8(m.size.Drivers) }

// first is the state before anything happened.
func (m *machine) first() state {
	all := bit(m.drivers()+1) - 1
	if m.size.Comes {
		all &^= bit(m.drivers())
	}
	return state{online: all}
}

// care is who sees to it that a step happens, if nothing else does.
type care uint8

const (
	chance    care = iota // nobody: it may happen or not
	diligence             // a driver who does the job
	engine                // the engine, as soon as faults have ended
)

// step is one thing that happens.
type step struct {
	what  what
	care  care
	p     int8 // dispatcher, from 1
	c     command
	d     decision
	code  fault.Code // the answer to a command
	acked int64      // the version that was acknowledged, where a crash follows
}

// what kind of thing happens.
type what uint8

const (
	commands what = iota // a command is carried out
	comes                // a driver comes online
	hears                // a dispatcher is told of a trip
	sweeps
	decides
	commits
	crashes
	sleeps   // of a mutant: a tick that finds nobody
	reads    // of a mutant: a command has read its trip and not written
	writes   // of a mutant: that command writes
	halfway  // of a mutant: a crash between a change and its event
	tooEarly // of a mutant: a crash between an answer and its commit
)

// steps calls emit with every step that can follow, and the state after it.
func (m *machine) steps(s state, emit func(step, state)) {
	for n := int8(1); n <= m.trips(); n++ {
		m.ride(s, n, emit)
	}
	if last := m.drivers(); s.online&bit(last) == 0 {
		next := s
		next.online |= bit(last)
		emit(step{what: comes, c: command{driver: last}}, next)
	}
	for p := range m.size.Dispatchers {
		m.work(s, p, emit)
	}
	if c := s.held.c; s.held.read != 0 {
		next, code := m.write(s, c, s.held.read)
		next.held = held{}
		emit(step{what: writes, c: c, code: code}, next)
	}
}

// ride is all that can come to the desk about a trip.
func (m *machine) ride(s state, n int8, emit func(step, state)) {
	emit(step{c: command{kind: request, trip: n}}, m.create(s, n))
	if s.trips[n-1] == 0 {
		return
	}
	script := m.script(scene{s.trips[n-1], s.had[n-1], m.watched(&s, n)})
	m.idle += script.idle
	for _, a := range script.acts {
		m.command(s, a.c, a.care, emit)
	}
}

// watched reports whether some dispatcher has the trip in its book.
func (m *machine) watched(s *state, n int8) bool {
	for _, d := range s.dispatchers {
		if d.known&bit(n) != 0 && (m.off != DeadlinesInTrips || d.aside&bit(n) != 0) {
			return true
		}
	}
	return false
}

// command carries out one command, in every way in which that can go.
func (m *machine) command(s state, c command, by care, emit func(step, state)) {
	next, code := m.update(s, c)
	m.noteNo(&s, &next, c, code)
	now := step{care: by, c: c, code: code}
	changed := next.trips[c.trip-1] != s.trips[c.trip-1]
	switch {
	case m.off == AnswerLast && changed:
		now.what, now.acked = tooEarly, m.trip(&next, c.trip).Version
		emit(now, s)
	case m.off == EventWithin && changed:
		half := next
		half.logged = s.logged
		emit(step{what: halfway, c: c}, half)
	case m.off == RowLock && s.held.read == 0 && changed:
		waiting := s
		waiting.held = held{s.trips[c.trip-1], c}
		emit(step{what: reads, c: c}, waiting)
	}
	now.what, now.acked = commands, 0
	emit(now, next)
}

// noteNo remembers who said no to a trip, and was told that it is understood.
func (m *machine) noteNo(s, next *state, c command, code fault.Code) {
	if code != "" || !saysNo(c.kind) {
		return
	}
	before, after := m.trip(s, c.trip), m.trip(next, c.trip)
	declined := c.kind == decline && !after.State.Final()
	takenOff := c.kind != decline && before.DriverID == driverID(c.driver) && after.DriverID == ""
	if declined || takenOff {
		next.refused[c.trip-1] |= bit(c.driver)
	}
}

// saysNo reports whether the command takes a driver off a trip for good.
func saysNo(k kind) bool { return k == decline || k == driverCancels || k == replace }

// work is all that a dispatcher may do.
func (m *machine) work(s state, p int, emit func(step, state)) {
	d, open := s.dispatchers[p], m.unfinished(&s)
	now := step{p: int8(p + 1)}
	for n := int8(1); n <= m.trips(); n++ {
		if open&^d.known&bit(n) != 0 {
			next := s
			next.dispatchers[p].known |= bit(n)
			emit(step{what: hears, p: now.p, c: command{trip: n}}, next)
		}
	}
	if m.off != Sweep && d.known&open != open {
		next := s
		next.dispatchers[p].known |= open
		now.what, now.care = sweeps, engine
		emit(now, next)
	}
	if d != (dispatcher{}) {
		next := s
		next.dispatchers[p] = dispatcher{}
		emit(step{what: crashes, p: now.p}, next)
	}
	if d.decision != 0 {
		m.commit(s, p, emit)
		return
	}
	m.sleep(s, p, emit)
	m.decide(&s, p, func(decided decision) {
		next := s
		next.dispatchers[p].decision = m.number(decided)
		emit(step{what: decides, care: engine, p: now.p, d: decided}, next)
	})
}

// commit carries out what was decided, as the store allows it now.
func (m *machine) commit(s state, p int, emit func(step, state)) {
	d := m.decisions[s.dispatchers[p].decision]
	next := s
	next.dispatchers[p].decision = 0
	switch {
	case !m.roomFor(&s, d):
	case d.exchange:
		next = m.exchange(next, d)
	default:
		next = m.offer(next, d)
	}
	if m.off == DeadlinesInTrips {
		for _, part := range d.all() {
			next.dispatchers[p].aside |= bit(part.trip)
		}
	}
	emit(step{what: commits, care: engine, p: int8(p + 1), d: d}, next)
}

// roomFor reports whether the size has room for what a decision would make:
// others may have used it up meanwhile.
func (m *machine) roomFor(s *state, d decision) bool {
	for _, p := range d.all() {
		if int(m.nextOffer(s, p.trip)) > m.size.Offers {
			return false
		}
	}
	return true
}

// sleep is the tick of a mutant that looks at what is new alone: a trip for which
// it finds nobody is not looked at again.
func (m *machine) sleep(s state, p int, emit func(step, state)) {
	if m.off != TickLooksAtAll {
		return
	}
	for n := int8(1); n <= m.trips(); n++ {
		if s.dispatchers[p].known&bit(n) != 0 && m.trip(&s, n).Open() && len(m.takers(&s, n)) == 0 {
			next := s
			next.dispatchers[p].aside |= bit(n)
			emit(step{what: sleeps, p: int8(p + 1), c: command{trip: n}}, next)
		}
	}
}
