package compare

import (
	"fmt"

	"github.com/cabstand/cabstand/internal/replay"
)

// byFleet is a measure against the fleet's size.
func (s *Set) byFleet(name string, scale float64, digits int, of func(replay.Summary) replay.Interval) chart {
	c := chart{x: "vehicles", y: name, whole: true}
	for i, label := range s.labels {
		l := line{name: label, color: i % colors}
		for _, fleet := range s.fleets {
			if r := s.find(label, fleet); r != nil {
				v := of(r.Summary)
				l.points = append(l.points, point{float64(fleet), scale * v.Mean, scale * v.Half,
					fmt.Sprintf("%s at %d vehicles", measured(v, scale, digits), fleet)})
			}
		}
		c.lines = append(c.lines, l)
	}
	return c
}

// tradeOff is the served share against the wait: what lies further up and left is
// better in both.
func (s *Set) tradeOff() chart {
	c := chart{x: "mean wait, s", y: "served, %", share: true}
	for i, label := range s.labels {
		l := line{name: label, color: i % colors}
		for _, fleet := range s.fleets {
			if r := s.find(label, fleet); r != nil {
				wait, served := r.Summary.WaitMean.Mean, 100*r.Summary.ServedShare.Mean
				l.points = append(l.points, point{wait, served, 0, fmt.Sprintf("%.2f %% served, %.1f s wait at %d vehicles", served, wait, fleet)})
			}
		}
		c.lines = append(c.lines, l)
	}
	return c
}

// byHour is the mean wait over the day, at the shown fleet. Hours in which
// nobody was served are left out.
func (s *Set) byHour() chart {
	c := chart{x: "hour of the day", y: "mean wait, s", zero: true, whole: true}
	for i, label := range s.labels {
		r := s.find(label, s.shown())
		if r == nil {
			continue
		}
		l := line{name: label, color: i % colors}
		for hour := range 24 {
			if wait, requests, ok := hourOf(r, hour); ok {
				l.points = append(l.points, point{float64(hour), wait, 0, fmt.Sprintf("%.1f s at %d:00, %.0f requests", wait, hour, requests)})
			}
		}
		c.lines = append(c.lines, l)
	}
	return c
}

// hourOf is the mean wait in an hour over all seeds, by those served, and the
// requests of a seed.
func hourOf(r *replay.Report, hour int) (wait, requests float64, ok bool) {
	served := 0
	for _, run := range r.Runs {
		for _, h := range run.Hours {
			if h.Hour == hour {
				served += h.Served
				wait += h.WaitMean * float64(h.Served)
				requests += float64(h.Requests) / float64(len(r.Runs))
			}
		}
	}
	if served == 0 {
		return 0, requests, false
	}
	return wait / float64(served), requests, true
}
