package sim

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/road"
)

// Recording is where a cab was: At[i] is when it was at Points[i], after the
// start of the run. At never falls; there is at least one point.
type Recording struct {
	Cab    string
	Points []geo.Point
	At     []time.Duration
}

// maxGap is the longest time between two fixes over which a cab is taken to have
// driven on. In a longer one it was not at work.
const maxGap = 5 * time.Minute

// ReadRecordings reads the fixes of cabs from the time from on, for the given
// length (0: to the end): a table with the columns unix, cab, lat and lon. from
// becomes the start of the run; a zero from is the first fix of the table. A
// cab's rows may be in any order. Cabs that are not at work in that time are left
// out.
//
// A column occupied is not used: the passengers of a recorded cab are the demand
// that is replayed beside it, and must not be carried twice.
func ReadRecordings(r io.Reader, from time.Time, length time.Duration) ([]Recording, road.Bad, error) {
	t, err := road.OpenTable("positions", r)
	if err != nil {
		return nil, road.Bad{}, err
	}
	c, err := t.Columns("unix", "cab", "lat", "lon")
	if err != nil {
		return nil, road.Bad{}, err
	}
	if length <= 0 {
		length = forever
	}
	fixes := map[string][]fix{}
	for row := range t.Rows() {
		cab, f, err := readFix(row, c)
		if err != nil {
			t.Reject(row, err)
			continue
		}
		if from.IsZero() {
			from = f.at
		}
		// One gap more on both sides, so that a cab is on its way at the start.
		if f.at.After(from.Add(-maxGap)) && f.at.Before(from.Add(length+maxGap)) {
			fixes[cab] = append(fixes[cab], f)
		}
	}
	all := recordings(fixes, from)
	all = slices.DeleteFunc(all, func(r Recording) bool {
		begins, ok := r.begins(0)
		return !ok || begins >= length
	})
	return all, t.Bad(), t.Err()
}

// forever is longer than any recording.
const forever = 100 * 365 * 24 * time.Hour

type fix struct {
	at time.Time
	geo.Point
}

func readFix(row road.Record, c []int) (cab string, f fix, err error) {
	if f.at, err = row.Time(c[0]); err != nil {
		return "", f, err
	}
	cab = strings.Clone(row.Text(c[1]))
	if !driver.ValidID(cab) || len(cab) > 40 {
		return "", f, fmt.Errorf("cab %q: 1 to 40 letters, digits, '-' or '_'", cab)
	}
	f.Point, err = row.Point(c[2], c[3])
	return cab, f, err
}

// recordings sorts the fixes by cab and time.
func recordings(fixes map[string][]fix, from time.Time) []Recording {
	all := make([]Recording, 0, len(fixes))
	for cab, fs := range fixes {
		slices.SortStableFunc(fs, func(a, b fix) int { return a.at.Compare(b.at) })
		r := Recording{Cab: cab}
		for _, f := range fs {
			r.Points = append(r.Points, f.Point)
			r.At = append(r.At, f.at.Sub(from))
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Recording) int { return strings.Compare(a.Cab, b.Cab) })
	return all
}

// next is the number of the first fix that is later than at.
func (r Recording) next(at time.Duration) int {
	i, _ := slices.BinarySearch(r.At, at+1)
	return i
}

// where is the cab's place at a time, and false while it was not at work.
func (r Recording) where(at time.Duration) (geo.Point, bool) {
	i := r.next(at)
	if i == 0 || i == len(r.At) || r.At[i]-r.At[i-1] > maxGap {
		return geo.Point{}, false
	}
	f := float64(at-r.At[i-1]) / float64(r.At[i]-r.At[i-1])
	return geo.Interpolate(r.Points[i-1], r.Points[i], f), true
}

// from is the recorded way from a time on, at which the cab is at work, to the
// next gap.
func (r Recording) from(at time.Duration) road.Way {
	p, _ := r.where(at)
	way := road.Way{Points: []geo.Point{p}, At: []time.Duration{0}}
	for i := r.next(at); i < len(r.At) && r.At[i]-r.At[i-1] <= maxGap; i++ {
		way.Points = append(way.Points, r.Points[i])
		way.At = append(way.At, r.At[i]-at)
	}
	return way
}

// begins is the first time from at on at which the cab is at work, and false if
// there is none.
func (r Recording) begins(at time.Duration) (time.Duration, bool) {
	for i := r.next(at); i < len(r.At); i++ {
		if i > 0 && r.At[i]-r.At[i-1] <= maxGap {
			return max(at, r.At[i-1]), true
		}
	}
	return 0, false
}

// home is where the cab is when the run starts.
func (r Recording) home() geo.Point {
	if p, ok := r.where(0); ok {
		return p
	}
	return r.Points[0]
}

// following drivers do what their recording did. After a trip they drive to
// where it will be, and wait there for it: a driver is never seen to jump.
type following struct {
	recording Recording
	world     World
	start     time.Time // of the run; set when first asked
}

// near is how close a cab is to its recording when it goes on with it, metres.
const near = 30

// retired is how long a driver whose recording is over stays off.
const retired = 24 * time.Hour

func (f *following) next(now time.Time, here geo.Point) spell {
	if f.start.IsZero() {
		f.start = now
	}
	at := now.Sub(f.start)
	p, working := f.recording.where(at)
	if working && geo.Distance(here, p) <= near {
		return spell{way: f.recording.from(at)}
	}
	begins, ok := f.recording.begins(at)
	if !ok {
		return spell{way: standing(here, retired), off: true}
	}
	if s, ok := f.commute(begins, at, here); ok {
		return s
	}
	return f.rejoin(at, here)
}

// commuteSpeed is the fastest that a driver who is off is taken to drive, m/s:
// on a motorway, which nobody saw.
const commuteSpeed = 25

// commute takes a driver who is off to where the recording begins again, if there
// is the time.
func (f *following) commute(begins, at time.Duration, here geo.Point) (spell, bool) {
	p, _ := f.recording.where(begins)
	left := begins - at
	if left <= 0 || geo.Distance(here, p) > commuteSpeed*left.Seconds() {
		return spell{}, false
	}
	way := road.Way{Points: []geo.Point{here, p}, At: []time.Duration{0, left}}
	return spell{way: way, off: true}, true
}

// rejoinStep is how finely a meeting with the recording is sought, and
// rejoinWithin how far ahead.
const (
	rejoinStep   = 20 * time.Second
	rejoinWithin = time.Hour
)

// rejoin drives to the first place of the recording that the car can reach
// before the recording does, and waits there.
func (f *following) rejoin(at time.Duration, here geo.Point) spell {
	for ahead := rejoinStep; ahead < rejoinWithin; ahead += rejoinStep {
		p, ok := f.recording.where(at + ahead)
		if !ok || geo.Distance(here, p)*circuity/citySpeed > 2*ahead.Seconds() {
			continue // too far whatever the roads are like
		}
		way := f.world.Between(here, p)
		if spare := ahead - way.Takes(); spare >= 0 {
			return spell{way: way.Then(standing(p, spare))}
		}
	}
	return spell{way: standing(here, rejoinWithin), off: true}
}
