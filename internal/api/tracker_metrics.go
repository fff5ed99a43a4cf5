package api

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/track"
	"github.com/cabstand/cabstand/internal/wire"
)

// TrackerMetrics shows what happens on drivers' sockets: it is the track.Metrics
// of the tracker and counts the requests that were not let in. Make one with
// NewTrackerMetrics; a nil one counts no refusals.
type TrackerMetrics struct {
	open     prometheus.Gauge
	opened   prometheus.Counter
	closed   *prometheus.CounterVec
	turned   *prometheus.CounterVec
	in       *prometheus.CounterVec
	out      *prometheus.CounterVec
	dropped  *prometheus.CounterVec
	faults   *prometheus.CounterVec
	believed prometheus.Counter
	doubted  *prometheus.CounterVec
	frames   map[string]prometheus.Counter // of in, by type, for those that come all the time
	orders   *prometheus.HistogramVec
	flushes  *prometheus.HistogramVec
	flushed  *prometheus.CounterVec
	reports  *prometheus.CounterVec
	placed   *prometheus.CounterVec
}

var _ track.Metrics = (*TrackerMetrics)(nil)

// NewTrackerMetrics makes the metrics and registers them. It panics when they
// are registered already.
func NewTrackerMetrics(r prometheus.Registerer) *TrackerMetrics {
	count := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "cabstand", Subsystem: "driver", Name: name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	seconds := func(name, help string, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "cabstand", Subsystem: "driver", Name: name, Help: help,
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 13),
		}, labels)
		r.MustRegister(h)
		return h
	}
	m := &TrackerMetrics{
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: "cabstand", Subsystem: "driver", Name: "sockets_open", Help: "Open sockets of drivers.",
		}),
		opened:   count("sockets_opened_total", "Sockets that were opened.").WithLabelValues(),
		closed:   count("sockets_closed_total", "Sockets by the code that closed them, 0 when the phone went by itself.", "code"),
		turned:   count("sockets_refused_total", "Requests for a socket that were not let in.", "code"),
		in:       count("frames_in_total", "Frames from drivers by type, bad for what is no frame.", "type"),
		out:      count("frames_out_total", "Frames to drivers by type.", "type"),
		dropped:  count("frames_dropped_total", "Frames not sent because the phone reads too slowly.", "type"),
		faults:   count("faults_total", "Error frames by code.", "code"),
		believed: count("positions_total", "Positions that the filter believed.").WithLabelValues(),
		doubted:  count("positions_refused_total", "Positions that the filter refused, by reason.", "code"),
		orders:   seconds("command_seconds", "Time that a dispatcher took to answer, by command and code, empty when it was done.", "kind", "code"),
		flushes:  seconds("flush_seconds", "Time that a batch of positions took to leave.", "part", "failed"),
		flushed:  count("flushed_total", "Locations that left.", "part"),
		reports:  count("reports_total", "Reports of tracking apps by form and code, empty when they were taken.", "form", "code"),
		placed:   count("report_positions_total", "Positions of tracking apps that the filter believed, by form.", "form"),
	}
	m.frames = map[string]prometheus.Counter{}
	for _, kind := range []string{wire.FramePosition, wire.FramePositions} {
		m.frames[kind] = m.in.WithLabelValues(kind)
	}
	r.MustRegister(m.open)
	return m
}

// SessionOpened implements track.Metrics, as all that follow do.
func (m *TrackerMetrics) SessionOpened() {
	m.open.Inc()
	m.opened.Inc()
}

func (m *TrackerMetrics) SessionClosed(code int) {
	m.open.Dec()
	m.closed.WithLabelValues(strconv.Itoa(code)).Inc()
}

func (m *TrackerMetrics) FrameIn(kind string) {
	if c, ok := m.frames[kind]; ok {
		c.Inc()
		return
	}
	m.in.WithLabelValues(kind).Inc()
}

func (m *TrackerMetrics) FrameOut(kind string)     { m.out.WithLabelValues(kind).Inc() }
func (m *TrackerMetrics) FrameDropped(kind string) { m.dropped.WithLabelValues(kind).Inc() }
func (m *TrackerMetrics) Faulted(code fault.Code)  { m.faults.WithLabelValues(string(code)).Inc() }
func (m *TrackerMetrics) Positions(believed int)   { m.believed.Add(float64(believed)) }

func (m *TrackerMetrics) PositionRefused(r driver.Refusal) {
	m.doubted.WithLabelValues(string(r)).Inc()
}

func (m *TrackerMetrics) Ordered(kind string, took time.Duration, code fault.Code) {
	m.orders.WithLabelValues(kind, string(code)).Observe(took.Seconds())
}

func (m *TrackerMetrics) Flushed(part track.Part, drivers int, took time.Duration, failed bool) {
	m.flushes.WithLabelValues(string(part), strconv.FormatBool(failed)).Observe(took.Seconds())
	m.flushed.WithLabelValues(string(part)).Add(float64(drivers))
}

// reported counts a report of a tracking app.
func (m *TrackerMetrics) reported(form string, code fault.Code, believed int) {
	if m != nil {
		m.reports.WithLabelValues(form, string(code)).Inc()
		m.placed.WithLabelValues(form).Add(float64(believed))
	}
}

// refused counts a request that was not let in.
func (m *TrackerMetrics) refused(code fault.Code) {
	if m != nil {
		m.turned.WithLabelValues(string(code)).Inc()
	}
}
