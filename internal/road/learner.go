package road

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cabstand/cabstand/geo"
)

// Learner corrects driving times by what trips really took: a factor for each
// area, the five characters of geohash around the pickup, and hour of the week.
//
// A factor starts at 1 and moves with each trip towards the trip's ratio of real
// to predicted time: by an eleventh of the difference at first, so that a few
// trips barely move it, and in the end by one part in 210, so that it forgets
// slowly. A trip more than a quarter off the factor counts as a quarter off: a
// rider who stopped for an hour moves it no further than a slow drive. It stays
// from 0.5 to 2.
//
// The factors are integers, so that the same trips in the same order teach the
// same on any machine. The zero value is ready; it may be used by any number of
// goroutines.
type Learner struct {
	mu      sync.RWMutex
	lessons map[lessonKey]lesson
}

type lessonKey struct {
	area geo.Cell
	hour int
}

type lesson struct {
	factor int64 // millionths
	trips  int64 // at most trustedTrips
}

const (
	areaLength   = 5
	one          = 1_000_000
	leastFactor  = one / 2
	mostFactor   = 2 * one
	doubtTrips   = 10  // as many trips as this speak for 1 from the beginning
	trustedTrips = 200 // more do not make a factor slower
	mostSurprise = 4   // a trip counts at most 1/mostSurprise off
	leastLesson  = time.Minute
	// mostLessons bounds the memory: all hours of 1,500 areas.
	mostLessons = 1 << 18
)

// Learn is told what a trip from pickup took that began in an hour of the week,
// and what was predicted without the learner. Trips that are shorter than a
// minute, or have no time at all, teach nothing.
func (l *Learner) Learn(pickup geo.Point, hour int, predicted, real time.Duration) {
	if !pickup.Valid() || hour < 0 || hour >= WeekHours || predicted < leastLesson || real < leastLesson {
		return
	}
	key := lessonKey{geo.CellOf(pickup, areaLength), hour}
	expected := min(predicted, maxEdge).Milliseconds()
	ratio := min(real, 10*min(predicted, maxEdge)).Milliseconds() * one / expected
	l.mu.Lock()
	defer l.mu.Unlock()
	known, ok := l.lessons[key]
	switch {
	case !ok && len(l.lessons) >= mostLessons:
		return
	case !ok:
		known.factor = one
	}
	if l.lessons == nil {
		l.lessons = map[lessonKey]lesson{}
	}
	l.lessons[key] = known.after(ratio)
}

func (l lesson) after(ratio int64) lesson {
	l.trips = min(l.trips+1, trustedTrips)
	most := l.factor / mostSurprise
	surprise := min(max(ratio-l.factor, -most), most)
	l.factor = min(max(l.factor+surprise/(l.trips+doubtTrips), leastFactor), mostFactor)
	return l
}

// Scale corrects what was predicted for a trip from pickup in an hour of the
// week, to whole milliseconds.
func (l *Learner) Scale(predicted time.Duration, pickup geo.Point, hour int) time.Duration {
	return l.Scaler(pickup, hour)(predicted)
}

// Scaler is [Learner.Scale] for many trips from one pickup.
func (l *Learner) Scaler(pickup geo.Point, hour int) func(predicted time.Duration) time.Duration {
	factor := l.factor(pickup, hour)
	return func(predicted time.Duration) time.Duration {
		if factor == one {
			return predicted
		}
		return time.Duration((predicted.Milliseconds()*factor+one/2)/one) * time.Millisecond
	}
}

// Factor is the factor for trips from pickup in an hour of the week, 0.5 to 2;
// 1 where nothing was learned.
func (l *Learner) Factor(pickup geo.Point, hour int) float64 {
	return float64(l.factor(pickup, hour)) / one
}

func (l *Learner) factor(pickup geo.Point, hour int) int64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if len(l.lessons) == 0 {
		return one
	}
	if known, ok := l.lessons[lessonKey{geo.CellOf(pickup, areaLength), hour}]; ok {
		return known.factor
	}
	return one
}

// savedLesson is a lesson as it is kept.
type savedLesson struct {
	Area   geo.Cell `json:"area"`
	Hour   int      `json:"hour"`
	Factor int64    `json:"factor_millionths"`
	Trips  int64    `json:"trips"`
}

// MarshalJSON lists what was learned, by area and hour.
func (l *Learner) MarshalJSON() ([]byte, error) {
	l.mu.RLock()
	saved := make([]savedLesson, 0, len(l.lessons))
	for key, known := range l.lessons {
		saved = append(saved, savedLesson{key.area, key.hour, known.factor, known.trips})
	}
	l.mu.RUnlock()
	slices.SortFunc(saved, func(a, b savedLesson) int {
		return cmp.Or(cmp.Compare(a.Area, b.Area), cmp.Compare(a.Hour, b.Hour))
	})
	return json.Marshal(saved)
}

// UnmarshalJSON puts what was saved in the place of what was learned, unless it
// is not what MarshalJSON writes.
func (l *Learner) UnmarshalJSON(data []byte) error {
	var saved []savedLesson
	if err := json.Unmarshal(data, &saved); err != nil {
		return err
	}
	lessons := make(map[lessonKey]lesson, len(saved))
	for i, s := range saved {
		if err := s.check(); err != nil {
			return fmt.Errorf("lesson %d: %w", i, err)
		}
		lessons[lessonKey{s.Area, s.Hour}] = lesson{s.Factor, s.Trips}
	}
	if len(lessons) != len(saved) || len(saved) > mostLessons {
		return fmt.Errorf("lessons: %d for %d areas and hours: accepted is one each, %d at most", len(saved), len(lessons), mostLessons)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lessons = lessons
	return nil
}

func (s savedLesson) check() error {
	area, err := geo.ParseCell(string(s.Area))
	switch {
	case err != nil:
		return fmt.Errorf("area: %w", err)
	case area != s.Area || len(area) != areaLength:
		return fmt.Errorf("area %q is not a geohash of %d small characters", s.Area, areaLength)
	case s.Hour < 0 || s.Hour >= WeekHours:
		return fmt.Errorf("hour %d is not 0 to %d", s.Hour, WeekHours-1)
	case s.Factor < leastFactor || s.Factor > mostFactor:
		return fmt.Errorf("factor_millionths %d is not %d to %d", s.Factor, leastFactor, mostFactor)
	case s.Trips < 1 || s.Trips > trustedTrips:
		return fmt.Errorf("trips %d is not 1 to %d", s.Trips, trustedTrips)
	}
	return nil
}
