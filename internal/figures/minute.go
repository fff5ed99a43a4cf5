package figures

import (
	"cmp"
	"maps"
	"time"
)

// Minute is what one dispatcher counted in a minute.
type Minute struct {
	Requests       uint64 `json:"requests,omitempty"`  // trips that were requested
	Served         uint64 `json:"served,omitempty"`    // trips that got their first driver
	Expired        uint64 `json:"expired,omitempty"`   // trips for which no driver was found
	Cancelled      uint64 `json:"cancelled,omitempty"` // trips that were cancelled
	OffersAccepted uint64 `json:"offers_accepted,omitempty"`
	OffersDeclined uint64 `json:"offers_declined,omitempty"`
	OffersExpired  uint64 `json:"offers_expired,omitempty"`

	Wait Histogram         `json:"wait"` // of those served, from the request to the driver's accepting
	Age  Histogram         `json:"age"`  // of drivers' positions, when matching read them
	Tick Histogram         `json:"tick"` // how long ticks took
	Rung map[string]uint64 `json:"rung,omitempty"`

	Online Gauge `json:"online"` // drivers in the dispatcher's own cells
	Open   Gauge `json:"open"`   // requests that waited for an offer
}

// Gauge is a level that was looked at now and then.
type Gauge struct {
	Sum uint64 `json:"sum"`
	N   uint64 `json:"n"`
}

// See takes in a look.
func (g *Gauge) See(level int) { g.Sum, g.N = g.Sum+uint64(max(level, 0)), g.N+1 }

// Merge takes in what else was seen of the same level.
func (g *Gauge) Merge(other Gauge) { g.Sum, g.N = g.Sum+other.Sum, g.N+other.N }

// Mean is the mean of what was seen; ok is false where nobody looked.
func (g Gauge) Mean() (mean float64, ok bool) {
	if g.N == 0 {
		return 0, false
	}
	return float64(g.Sum) / float64(g.N), true
}

// Merge adds what was counted elsewhere, or in another minute. Gauges are of one
// dispatcher: they are merged as several looks at the same level.
func (m *Minute) Merge(other *Minute) {
	m.Requests += other.Requests
	m.Served += other.Served
	m.Expired += other.Expired
	m.Cancelled += other.Cancelled
	m.OffersAccepted += other.OffersAccepted
	m.OffersDeclined += other.OffersDeclined
	m.OffersExpired += other.OffersExpired
	m.Wait.Merge(other.Wait)
	m.Age.Merge(other.Age)
	m.Tick.Merge(other.Tick)
	for rung, n := range other.Rung {
		m.Stood(rung, n)
	}
	m.Online.Merge(other.Online)
	m.Open.Merge(other.Open)
}

// Stood counts decisions that stood on a rung.
func (m *Minute) Stood(rung string, n uint64) {
	if m.Rung == nil {
		m.Rung = map[string]uint64{}
	}
	m.Rung[rung] += n
}

// Clone shares nothing with m.
func (m *Minute) Clone() Minute {
	c := *m
	c.Wait, c.Age, c.Tick, c.Rung = m.Wait.Clone(), m.Age.Clone(), m.Tick.Clone(), maps.Clone(m.Rung)
	return c
}

// Row is a minute as it is stored: of a dispatcher, and of one run of it, so that
// one that is started again within a minute does not overwrite what it counted.
type Row struct {
	At         time.Time // when the minute began
	Dispatcher string
	Run        string
	Minute     Minute
}

// compareRows orders by time, dispatcher and run.
func compareRows(a, b Row) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Dispatcher, b.Dispatcher), cmp.Compare(a.Run, b.Run))
}
