package eta

import (
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

// Speeds tells how fast traffic is now, against the graph: by what is known of
// each hour of the week, and by what trips really took.
//
// Both ends of a way could name its area. It is where the rider gets in: that is
// where a pickup ends and a ride begins.
type Speeds struct {
	Hours   road.Hours
	Learner *road.Learner
	Zone    *time.Location // of the city
	Now     func() time.Time
}

// now is the hour of the week.
func (s *Speeds) now() int { return s.hourOf(s.Now()) }

func (s *Speeds) hourOf(t time.Time) int { return road.HourOf(t.In(s.Zone)) }

// scaler tells how long a drive takes in an hour of the week that takes so long
// by the graph.
func (s *Speeds) scaler(pickup geo.Point, hour int) func(base time.Duration) time.Duration {
	learned := s.Learner.Scaler(pickup, hour)
	return func(base time.Duration) time.Duration { return learned(s.Hours.Scale(base, hour)) }
}

// reach is a little more than the longest time by the graph that is scaled to no
// more than d.
func (s *Speeds) reach(d time.Duration, pickup geo.Point, hour int) time.Duration {
	speed := s.Hours[hour]
	if speed == 0 {
		speed = 1
	}
	return time.Duration(float64(d)*speed/s.Learner.Factor(pickup, hour)) + rounding
}

// rounding is more than what whole milliseconds take from a reach: they round
// twice, each time by half of one, of which the speeds make ten at most.
const rounding = 20 * time.Millisecond

// learn takes in how long a ride really took that takes base by the graph.
func (s *Speeds) learn(pickup geo.Point, began time.Time, base, took time.Duration) {
	hour := s.hourOf(began)
	s.Learner.Learn(pickup, hour, s.Hours.Scale(base, hour), took)
}

// asBuilt is the speeds of the graph itself.
func asBuilt() *Speeds {
	return &Speeds{Learner: &road.Learner{}, Zone: time.UTC, Now: func() time.Time { return time.Time{} }}
}
