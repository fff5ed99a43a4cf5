package track

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/traces"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// ride is a recorded trip, which the cab's positions between its times are of.
type ride struct {
	cab      string
	from, to time.Time
}

func mustOpen(tb testing.TB, name string) io.ReadCloser {
	tb.Helper()
	dir := os.Getenv("CABSTAND_DATA")
	if dir == "" {
		tb.Skip("CABSTAND_DATA is not set: no recorded trips here")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		tb.Skipf("no recorded trips here: %v", err)
	} else if err != nil {
		tb.Fatal(err)
	}
	return f
}

// mustRides is a day of rides by cab, in order.
func mustRides(tb testing.TB) map[string][]ride {
	tb.Helper()
	f := mustOpen(tb, "sf_trips.csv.gz")
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	byCab := map[string][]ride{}
	for _, row := range rows[1:] {
		from, err1 := strconv.ParseInt(row[1], 10, 64)
		to, err2 := strconv.ParseInt(row[4], 10, 64)
		if err := errors.Join(err1, err2); err != nil {
			tb.Fatal(err)
		}
		byCab[row[0]] = append(byCab[row[0]], ride{row[0], time.Unix(from, 0), time.Unix(to, 0)})
	}
	return byCab
}

// recording is a cab on the path of a tracker: its filter, its recorder, and the
// parts that a dispatcher got.
type recording struct {
	tb    testing.TB
	unit  *unit
	ways  *ways
	parts map[string][]trip.Fix
}

func newRecording(tb testing.TB) *recording {
	unit := newUnits(DefaultConfig).take("s1", driver.Profile{ID: "d1"}, nil)
	return &recording{tb: tb, unit: unit, ways: newWays(), parts: map[string][]trip.Fix{}}
}

// stands is how the trip stands at its driver.
func (r *recording) stands(t *trip.Trip, now time.Time) {
	if r.ways.follow("d1", "s1", wire.FromTrip(t), now) {
		r.send(now)
	}
}

func (r *recording) hear(f traces.Fix) {
	positions := []driver.Position{{Point: f.Point, FixedAt: f.At, Speed: driver.Unknown, Heading: driver.Unknown, Accuracy: driver.Unknown}}
	h := r.unit.hear("s1", positions, f.At, true)
	if r.ways.add("d1", "s1", positions[:h.believed], f.At) {
		r.send(f.At)
	}
}

func (r *recording) send(now time.Time) {
	recorder := r.ways.get("d1")
	for part, ok := recorder.take(now); ok; part, ok = recorder.take(now) {
		fixes, err := wire.DecodeFixes(wire.EncodeFixes(part.Fixes))
		if err != nil {
			r.tb.Fatal(err)
		}
		r.parts[part.TripID] = append(r.parts[part.TripID], fixes...)
		recorder.sent(part, false)
	}
}

// drive takes the cab through its day.
func (r *recording) drive(day []traces.Fix, rides []ride) (tracks []trip.Track) {
	for i, next := 0, 0; i < len(rides); i++ {
		t := &trip.Trip{ID: strconv.Itoa(i), DriverID: "d1", State: trip.Riding, RidingAt: rides[i].from}
		for ; next < len(day) && day[next].At.Before(rides[i].from); next++ {
			r.hear(day[next])
		}
		r.stands(t, rides[i].from)
		for ; next < len(day) && !day[next].At.After(rides[i].to); next++ {
			r.hear(day[next])
		}
		t.State, t.CompletedAt = trip.Completed, rides[i].to
		r.stands(t, rides[i].to)
		track, _ := t.Track(r.parts[t.ID])
		tracks = append(tracks, track)
	}
	return tracks
}

// raw is the length of what was recorded of the ride, and whether a car could
// have driven it. A leap in the minute before costs the ride positions, too: the
// filter doubts those after it until enough agree.
func raw(day []traces.Fix, r ride) (metres float64, plausible bool) {
	before := r.from.Add(-time.Minute)
	first, _ := slices.BinarySearchFunc(day, before, func(f traces.Fix, at time.Time) int { return f.At.Compare(at) })
	for i := max(1, first); i < len(day) && !day[i].At.After(r.to); i++ {
		a, b := day[i-1], day[i]
		leg := geo.Distance(a.Point, b.Point)
		if leg > driver.TopSpeed*max(1, b.At.Sub(a.At).Seconds()) {
			return 0, false
		}
		if !a.At.Before(r.from) {
			metres += leg
		}
	}
	return metres, true
}

// Every trip of a day of cabs in San Francisco is as long as its positions say,
// within 2 %, where a car could have driven them.
func TestWays_Day(t *testing.T) {
	rides := mustRides(t)
	f := mustOpen(t, "sf_gps.csv.gz")
	defer f.Close()
	days := map[string][]traces.Fix{}
	if _, err := traces.Read(f, func(f traces.Fix) { days[f.Cab] = append(days[f.Cab], f) }); err != nil {
		t.Fatal(err)
	}
	var trips, compared, off, fixes, kept int
	for cab, of := range rides {
		for i, track := range newRecording(t).drive(days[cab], of) {
			trips++
			fixes, kept = fixes+track.Recorded, kept+len(track.Fixes)
			want, plausible := raw(days[cab], of[i])
			if !plausible || want == 0 {
				continue
			}
			compared++
			if math.Abs(track.Metres-want) > max(1, 0.02*want) {
				off++
				t.Logf("%s %v: %v m, its positions %v m", cab, of[i].from, track.Metres, want)
			}
		}
	}
	t.Logf("%d trips, %d compared, %d off; %d of %d fixes stay in the tracks", trips, compared, off, kept, fixes)
	if off > 0 || compared < trips*95/100 {
		t.Errorf("of %d plausible trips among %d, %d are not as long as their positions say", compared, trips, off)
	}
}
