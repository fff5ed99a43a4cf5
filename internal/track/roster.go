package track

import "sync"

// roster is the open sessions of this process. Of a driver's sessions the
// newest stays.
type roster struct {
	mu       sync.Mutex
	draining bool
	open     map[*session]struct{}
	newest   map[string]*session
	empty    chan struct{} // closed when draining and no session is left
}

func newRoster() *roster {
	return &roster{open: map[*session]struct{}{}, newest: map[string]*session{}, empty: make(chan struct{})}
}

// enter adds the session, and ends the older of two of a driver. It reports
// false when the tracker is shutting down.
func (r *roster) enter(s *session) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.draining {
		return false
	}
	r.open[s] = struct{}{}
	other, ok := r.newest[s.driverID]
	if ok && other.id > s.id {
		s.replaced()
		return true
	}
	r.newest[s.driverID] = s
	if ok {
		other.replaced()
	}
	return true
}

func (r *roster) leave(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, s)
	if r.newest[s.driverID] == s {
		delete(r.newest, s.driverID)
	}
	if r.draining && len(r.open) == 0 {
		close(r.empty)
	}
}

// drain ends every session and lets none in. The channel is closed when the
// last has left.
func (r *roster) drain() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.draining {
		return r.empty
	}
	r.draining = true
	if len(r.open) == 0 {
		close(r.empty)
	}
	for s := range r.open {
		s.end(CloseRestart, reasonRestart)
	}
	return r.empty
}

func (r *roster) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.open)
}
