package numbers

import (
	"context"
	"time"

	"github.com/cabstand/cabstand/internal/figures"
	"github.com/cabstand/cabstand/internal/wire"
)

// Numbers is the public form of Chart.
func (r *Recorder) Numbers(ctx context.Context, window time.Duration) wire.Numbers {
	chart, partial := r.Chart(ctx, window)
	n := wire.Numbers{StepS: int(chart.Step / time.Second), Series: seriesOf(chart), Totals: totalsOf(&chart.Total), Partial: partial}
	for i := range chart.Steps {
		n.At = append(n.At, chart.From.Add(time.Duration(i)*chart.Step).Unix())
	}
	return n
}

// each is a figure for each step, nil where nobody counted.
func each(c *figures.Chart, of func(*figures.Step) *float64) []*float64 {
	all := make([]*float64, len(c.Steps))
	for i := range c.Steps {
		if c.Steps[i].Counted {
			all[i] = of(&c.Steps[i])
		}
	}
	return all
}

func seriesOf(c *figures.Chart) wire.NumbersSeries {
	count := func(of func(*figures.Minute) uint64) []*float64 {
		return each(c, func(s *figures.Step) *float64 { return number(of(&s.Minute)) })
	}
	share := func(q float64, unit time.Duration, of func(*figures.Minute) figures.Histogram) []*float64 {
		return each(c, func(s *figures.Step) *float64 { return quantile(of(&s.Minute), q, unit) })
	}
	series := wire.NumbersSeries{
		Requests:        count(func(m *figures.Minute) uint64 { return m.Requests }),
		Served:          count(func(m *figures.Minute) uint64 { return m.Served }),
		Expired:         count(func(m *figures.Minute) uint64 { return m.Expired }),
		Cancelled:       count(func(m *figures.Minute) uint64 { return m.Cancelled }),
		WaitP50S:        share(0.5, time.Second, waits),
		WaitP95S:        share(0.95, time.Second, waits),
		OffersAccepted:  count(func(m *figures.Minute) uint64 { return m.OffersAccepted }),
		OffersDeclined:  count(func(m *figures.Minute) uint64 { return m.OffersDeclined }),
		OffersExpired:   count(func(m *figures.Minute) uint64 { return m.OffersExpired }),
		PositionAgeP99S: share(0.99, time.Second, ages),
		Ticks:           count(func(m *figures.Minute) uint64 { return m.Tick.Count() }),
		TickP50Ms:       share(0.5, time.Millisecond, ticks),
		TickP99Ms:       share(0.99, time.Millisecond, ticks),
		DriversOnline:   each(c, func(s *figures.Step) *float64 { return level(s.Online) }),
		Open:            each(c, func(s *figures.Step) *float64 { return level(s.Open) }),
		Rung:            map[string][]*float64{},
	}
	for rung := range c.Total.Rung {
		series.Rung[rung] = count(func(m *figures.Minute) uint64 { return m.Rung[rung] })
	}
	return series
}

func totalsOf(m *figures.Minute) wire.NumbersTotals {
	totals := wire.NumbersTotals{
		Requests: float64(m.Requests), Served: float64(m.Served), Expired: float64(m.Expired), Cancelled: float64(m.Cancelled),
		WaitP50S: quantile(m.Wait, 0.5, time.Second), WaitP95S: quantile(m.Wait, 0.95, time.Second),
		OffersAccepted: float64(m.OffersAccepted), OffersDeclined: float64(m.OffersDeclined), OffersExpired: float64(m.OffersExpired),
		PositionAgeP99S: quantile(m.Age, 0.99, time.Second), Ticks: float64(m.Tick.Count()),
		TickP50Ms: quantile(m.Tick, 0.5, time.Millisecond), TickP99Ms: quantile(m.Tick, 0.99, time.Millisecond),
		Rung: map[string]float64{},
	}
	for rung, n := range m.Rung {
		totals.Rung[rung] = float64(n)
	}
	return totals
}

func waits(m *figures.Minute) figures.Histogram { return m.Wait }
func ages(m *figures.Minute) figures.Histogram  { return m.Age }
func ticks(m *figures.Minute) figures.Histogram { return m.Tick }

func number(n uint64) *float64 {
	f := float64(n)
	return &f
}

// quantile is in the unit; nil where there is none.
func quantile(h figures.Histogram, q float64, unit time.Duration) *float64 {
	d, ok := h.Quantile(q)
	if !ok {
		return nil
	}
	f := d.Seconds() / unit.Seconds()
	return &f
}

func level(l figures.Level) *float64 {
	mean, ok := l.Mean()
	if !ok {
		return nil
	}
	return &mean
}
