package trip_test

import (
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// model is the protocol told a second time, by lists of what may happen, with
// no regard to how trip does it.
type model struct {
	state  trip.State
	epoch  int64
	driver string // who took the trip, also once it is over
	slot   int    // of the driver's claim
	next   bool   // the driver was given it in slot 1
	former string // whom a move took it from last
	swaps  int
	gone   map[string]bool // who declined it or was taken off it
	steps  map[string]bool // what the driver of this epoch did: arrive, start, complete

	offer string                     // the newest
	asked map[string]string          // offer to driver
	slots map[string]int             // offer to slot
	fate  map[string]trip.OfferState // offer to its state
	late  bool                       // the search is over
}

func newModel(state trip.State) *model {
	return &model{
		state: state, epoch: 1, gone: map[string]bool{}, steps: map[string]bool{},
		asked: map[string]string{}, slots: map[string]int{}, fate: map[string]trip.OfferState{},
	}
}

func (m *model) pending() bool { return m.fate[m.offer] == trip.OfferPending }

func (m *model) bound() bool {
	return m.state == trip.Assigned || m.state == trip.Arrived || m.state == trip.Riding
}

// claim is who is held by the trip, "" if nobody is, and in which slot.
func (m *model) claim() (driver string, slot int) {
	switch {
	case m.bound():
		return m.driver, m.slot
	case m.state == trip.Searching && m.pending():
		return m.asked[m.offer], m.slots[m.offer]
	}
	return "", 0
}

func (m *model) propose(offer, driver string, epoch int64, slot int) fault.Code {
	if m.state != trip.Searching || epoch != m.epoch || m.pending() || m.gone[driver] || m.late {
		return fault.WrongState
	}
	m.offer, m.asked[offer], m.slots[offer], m.fate[offer] = offer, driver, slot, trip.OfferPending
	return ""
}

// reassign is a move: from nobody to somebody, or from one driver to another.
func (m *model) reassign(v trip.Move) fault.Code {
	fromNobody := m.state == trip.Searching && !m.pending() && !m.late && v.From == ""
	fromDriver := m.state == trip.Assigned && v.From == m.driver && v.To != m.driver
	if v.Epoch != m.epoch || m.gone[v.To] || !fromNobody && !fromDriver {
		return fault.WrongState
	}
	if fromDriver {
		m.former = m.driver
		m.swaps++
		m.epoch++
	}
	m.state, m.driver, m.slot, m.next = trip.Assigned, v.To, v.Slot, v.Slot == 1
	m.offer, m.asked[v.OfferID], m.fate[v.OfferID] = v.OfferID, v.To, trip.OfferAccepted
	return ""
}

func (m *model) promote() fault.Code {
	if m.bound() {
		m.slot = 0
	} else if m.pending() {
		m.slots[m.offer] = 0
	}
	return ""
}

// mine says what a driver is told who speaks of an offer that is not the
// driver's, or not the newest.
func (m *model) mine(offer, driver string) fault.Code {
	switch {
	case offer != m.offer:
		return fault.OfferClosed
	case m.asked[offer] != driver:
		return fault.NotFound
	}
	return ""
}

func (m *model) received(offer, driver string) fault.Code {
	if code := m.mine(offer, driver); code != "" {
		return code
	}
	if !m.pending() {
		return fault.OfferClosed
	}
	return ""
}

func (m *model) accept(offer, driver string) fault.Code {
	if code := m.mine(offer, driver); code != "" {
		return code
	}
	switch {
	case m.fate[offer] == trip.OfferAccepted && m.driver == driver:
		return ""
	case !m.pending():
		return fault.OfferClosed
	}
	m.fate[offer], m.driver, m.slot, m.state = trip.OfferAccepted, driver, m.slots[offer], trip.Assigned
	m.next = m.slot == 1
	return ""
}

func (m *model) decline(offer, driver string) fault.Code {
	if code := m.mine(offer, driver); code != "" {
		return code
	}
	switch {
	case m.fate[offer] == trip.OfferAccepted:
		return fault.WrongState
	case m.pending():
		m.fate[offer], m.gone[driver] = trip.OfferDeclined, true
	case m.fate[offer] == trip.OfferExpired && !m.state.Final():
		m.gone[driver] = true
	}
	return ""
}

func (m *model) expireOffer(offer string) {
	if offer == m.offer && m.pending() {
		m.fate[offer] = trip.OfferExpired
	}
}

// step is arrive, start or complete: from one state to the next, once.
func (m *model) step(name, driver string, from, to trip.State) fault.Code {
	switch {
	case m.driver != driver && (m.gone[driver] || m.former == driver):
		return fault.WrongState
	case m.driver != driver:
		return fault.NotFound
	case m.steps[name]:
		return ""
	case m.state != from, m.slot != 0:
		return fault.WrongState
	}
	m.state, m.steps[name] = to, true
	return ""
}

func (m *model) redispatch(driver string) fault.Code {
	switch {
	case m.driver != driver && m.gone[driver]:
		return ""
	case m.driver != driver && m.former == driver:
		return fault.WrongState
	case m.driver != driver:
		return fault.NotFound
	case m.state == trip.Cancelled:
		return ""
	case m.state != trip.Assigned && m.state != trip.Arrived:
		return fault.WrongState
	}
	m.state, m.driver, m.slot, m.next, m.gone[driver] = trip.Searching, "", 0, false, true
	m.epoch++
	m.steps, m.late = map[string]bool{}, false
	return ""
}

func (m *model) cancel(by trip.Role) fault.Code {
	switch m.state {
	case trip.Cancelled:
		return ""
	case trip.Completed, trip.Expired:
		return fault.WrongState
	case trip.Riding:
		if by != trip.Operator {
			return fault.WrongState
		}
	}
	m.end(trip.Cancelled)
	return ""
}

func (m *model) expire() fault.Code {
	switch {
	case m.state == trip.Expired:
		return ""
	case m.state != trip.Searching || !m.late:
		return fault.WrongState
	}
	m.end(trip.Expired)
	return ""
}

func (m *model) end(state trip.State) {
	if m.pending() {
		m.fate[m.offer] = trip.OfferRevoked
	}
	m.state = state
}

func (m *model) release() fault.Code {
	if m.state != trip.Scheduled {
		return fault.WrongState
	}
	m.state, m.late = trip.Searching, false
	return ""
}
