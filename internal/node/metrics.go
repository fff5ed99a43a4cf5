package node

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/match"
)

// newRegistry is a registry with the process's own figures.
func newRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// tickMetrics shows what the ticks do.
type tickMetrics struct {
	seconds prometheus.Histogram
	open    prometheus.Gauge
	free    prometheus.Gauge
	offers  *prometheus.CounterVec
	priced  prometheus.Counter
	swapped prometheus.Counter
	expired prometheus.Counter
}

func newTickMetrics(r prometheus.Registerer) *tickMetrics {
	m := &tickMetrics{
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "cabstand_tick_seconds", Help: "Time that a tick took.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 13),
		}),
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cabstand_open_requests", Help: "Requests of this dispatcher that waited for an offer at the last tick.",
		}),
		free: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cabstand_free_drivers", Help: "Drivers who could have had an offer at the last tick with an open request.",
		}),
		offers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cabstand_offers_total", Help: "Offers by what the store said of them: made or refused.",
		}, []string{"outcome"}),
		priced: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cabstand_priced_pairs_total", Help: "Pairs of a request and a driver whose travel time was asked for.",
		}),
		swapped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cabstand_exchanged_trips_total", Help: "Trips that were given another driver by an exchange.",
		}),
		expired: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cabstand_deadlines_total", Help: "Offers, searches and lost drivers whose time was over.",
		}),
	}
	r.MustRegister(m.seconds, m.open, m.free, m.offers, m.priced, m.swapped, m.expired)
	return m
}

func (m *tickMetrics) observe(t dispatch.Tick) {
	m.seconds.Observe(t.Took.Seconds())
	m.open.Set(float64(t.Open))
	if t.Open > 0 {
		m.free.Set(float64(t.Free))
	}
	m.offers.WithLabelValues("made").Add(float64(t.Offered))
	m.offers.WithLabelValues("refused").Add(float64(t.Refused))
	m.priced.Add(float64(t.Priced))
	m.swapped.Add(float64(t.Exchanged))
	m.expired.Add(float64(t.Expired))
}

// gauge shows a figure that somebody else keeps.
func gauge(r prometheus.Registerer, name, help string, read func() float64) {
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

// newRungMetric counts the questions for travel times by what they stood on.
func newRungMetric(r prometheus.Registerer) func(match.Rung) {
	calls := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "cabstand_eta_calls_total", Help: "Questions for travel times by the lowest rung that an answer stood on.",
	}, []string{"rung"})
	r.MustRegister(calls)
	return func(rung match.Rung) { calls.WithLabelValues(string(rung)).Inc() }
}
