package figures

import (
	"slices"
	"time"
)

// Chart adds up minutes in steps of time.
type Chart struct {
	From  time.Time
	Step  time.Duration
	Steps []Step
	Total Minute // gauges left out
}

// Step is what was counted in a step.
type Step struct {
	Counted bool // by anybody
	Minute       // all that was counted, gauges left out
	Online  Level
	Open    Level
}

// Level is the mean of a gauge over the minutes of a step, of all dispatchers
// together.
type Level struct {
	sum     float64
	minutes int
}

// Mean is the level; ok is false where nobody looked.
func (l Level) Mean() (mean float64, ok bool) {
	if l.minutes == 0 {
		return 0, false
	}
	return l.sum / float64(l.minutes), true
}

func (l *Level) add(sum float64, seen bool) {
	if seen {
		l.sum, l.minutes = l.sum+sum, l.minutes+1
	}
}

// NewChart adds up the rows that fall into the steps from the given time on.
func NewChart(from time.Time, step time.Duration, steps int, rows []Row) *Chart {
	c := &Chart{From: from, Step: step, Steps: make([]Step, steps)}
	byMinute := map[int64][]Row{}
	for _, r := range rows {
		if i := c.stepOf(r.At); i >= 0 {
			c.count(i, r.Minute)
			byMinute[r.At.Unix()] = append(byMinute[r.At.Unix()], r)
		}
	}
	for _, same := range byMinute {
		s := &c.Steps[c.stepOf(same[0].At)]
		s.Online.add(together(same, func(m *Minute) Gauge { return m.Online }))
		s.Open.add(together(same, func(m *Minute) Gauge { return m.Open }))
	}
	return c
}

// stepOf is the step that the time falls into, -1 for none.
func (c *Chart) stepOf(at time.Time) int {
	if at.Before(c.From) {
		return -1
	}
	if i := int(at.Sub(c.From) / c.Step); i < len(c.Steps) {
		return i
	}
	return -1
}

func (c *Chart) count(step int, m Minute) {
	m.Online, m.Open = Gauge{}, Gauge{}
	c.Steps[step].Counted = true
	c.Steps[step].Merge(&m)
	c.Total.Merge(&m)
}

// together is the level of a minute over all dispatchers: the sum of what each
// saw on the mean, in all its runs.
func together(rows []Row, of func(*Minute) Gauge) (sum float64, seen bool) {
	slices.SortFunc(rows, compareRows) // sums of floats in one order
	gauges := map[string]Gauge{}
	for i := range rows {
		g := gauges[rows[i].Dispatcher]
		g.Merge(of(&rows[i].Minute))
		gauges[rows[i].Dispatcher] = g
	}
	for i, r := range rows {
		if i > 0 && rows[i-1].Dispatcher == r.Dispatcher {
			continue
		}
		if mean, ok := gauges[r.Dispatcher].Mean(); ok {
			sum, seen = sum+mean, true
		}
	}
	return sum, seen
}
