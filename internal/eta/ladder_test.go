package eta_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/match"
)

// known is a source that knows what is in it.
type known struct {
	rung  match.Rung
	times map[geo.Point]time.Duration
	err   error
	short bool // it forgets a point
	asked int
}

func (k *known) Rung() match.Rung { return k.rung }

func (k *known) Pickups(_ context.Context, from []geo.Point, _ geo.Point) ([]time.Duration, error) {
	k.asked += len(from)
	times := []time.Duration{}
	for _, p := range from {
		times = append(times, k.time(p))
	}
	if k.short {
		times = times[1:]
	}
	return times, k.err
}

func (k *known) Ride(_ context.Context, from, _ geo.Point) (eta.Drive, error) {
	return eta.Drive{Takes: k.time(from), Metres: 1234}, k.err
}

func (k *known) time(p geo.Point) time.Duration {
	if d, ok := k.times[p]; ok {
		return d
	}
	return eta.Unknown
}

func foot(log *bytes.Buffer, stood func(match.Rung)) eta.Foot {
	return eta.Foot{Straight: eta.DefaultStraight, Log: slog.New(slog.NewTextHandler(log, nil)), Stood: stood}
}

// Every point's time is that of the first source that knows it, and the rung is
// the lowest that any of them stands on, whoever fails.
func TestLadder_Times(t *testing.T) {
	from := around(12)
	rungs := []match.Rung{match.OSRM, match.Valhalla, match.Road}
	rapid.Check(t, func(t *rapid.T) {
		var sources []eta.Source
		for i, rung := range rungs[:rapid.IntRange(0, 3).Draw(t, "sources")] {
			k := &known{rung: rung, times: map[geo.Point]time.Duration{}}
			for _, n := range rapid.SliceOfDistinct(rapid.IntRange(0, 11), rapid.ID).Draw(t, "knows") {
				k.times[from[n]] = time.Duration(100*i+n) * time.Minute
				if rapid.IntRange(0, 5).Draw(t, "no way") == 0 {
					k.times[from[n]] = eta.NoWay
				}
			}
			if rapid.Bool().Draw(t, "fails") {
				k.err = errors.New("half of it was not asked")
			}
			sources = append(sources, k)
		}
		points := from[:rapid.IntRange(0, 12).Draw(t, "points")]
		var stood match.Rung
		ladder := eta.NewLadder(foot(&bytes.Buffer{}, func(r match.Rung) { stood = r }), sources...)
		got, rung := ladder.Times(context.Background(), points, center)
		lowest := 0
		for i, p := range points {
			want, level := eta.DefaultStraight.Time(p, center), len(sources)
			for j, s := range sources {
				if d := s.(*known).time(p); d != eta.Unknown {
					want, level = d, j
					break
				}
			}
			if got[i] != want {
				t.Errorf("time %d = %v, want %v", i, got[i], want)
			}
			lowest = max(lowest, level)
		}
		want := match.Straight
		if lowest < len(sources) {
			want = rungs[lowest]
		}
		if rung != want || stood != want || len(got) != len(points) {
			t.Errorf("%d times on rung %s, told %s; want %d on %s", len(got), rung, stood, len(points), want)
		}
	})
}

func TestLadder_AsksOnlyForWhatIsOpen(t *testing.T) {
	from := around(3)
	first := &known{rung: match.OSRM, times: map[geo.Point]time.Duration{from[0]: 1, from[2]: eta.NoWay}}
	second := &known{rung: match.Road, times: map[geo.Point]time.Duration{from[1]: 2}}
	third := &known{rung: match.Valhalla}
	ladder := eta.NewLadder(foot(&bytes.Buffer{}, nil), first, second, third)
	ladder.Times(t.Context(), from, center)
	if first.asked != 3 || second.asked != 1 || third.asked != 0 {
		t.Errorf("asked for %d, %d and %d points; want 3, 1 and 0", first.asked, second.asked, third.asked)
	}
}

func TestLadder_SourceOfWrongLength(t *testing.T) {
	from := around(2)
	short := &known{rung: match.OSRM, times: map[geo.Point]time.Duration{from[0]: 1, from[1]: 1}, short: true}
	ladder := eta.NewLadder(foot(&bytes.Buffer{}, nil), short)
	if got, rung := ladder.Times(t.Context(), from, center); rung != match.Straight || len(got) != 2 {
		t.Errorf("%v on rung %s, want two times on the straight line", got, rung)
	}
}

func TestLadder_Ride(t *testing.T) {
	from := around(4)
	osrm := &known{rung: match.OSRM, times: map[geo.Point]time.Duration{from[0]: time.Minute, from[1]: eta.NoWay}}
	road := &known{rung: match.Road, times: map[geo.Point]time.Duration{from[0]: time.Hour, from[2]: time.Second}}
	ladder := eta.NewLadder(foot(&bytes.Buffer{}, nil), osrm, road)
	for i, want := range []struct {
		takes time.Duration
		rung  match.Rung
	}{{time.Minute, match.OSRM}, {eta.NoWay, match.OSRM}, {time.Second, match.Road}, {eta.DefaultStraight.Time(from[3], center), match.Straight}} {
		takes, metres, rung := ladder.Ride(t.Context(), from[i], center)
		if takes != want.takes || rung != want.rung {
			t.Errorf("ride %d = %v on %s, want %v on %s", i, takes, rung, want.takes, want.rung)
		}
		if rung != match.Straight && metres != 1234 {
			t.Errorf("ride %d is %v m long", i, metres)
		}
	}
}

func TestLadder_LogsAnOutageOnce(t *testing.T) {
	var log bytes.Buffer
	source := &known{rung: match.Valhalla}
	ladder := eta.NewLadder(foot(&log, nil), source)
	ask := func(ctx context.Context, err error) {
		source.err = err
		for range 10 {
			ladder.Times(ctx, around(1), center)
			ladder.Ride(ctx, center, center)
		}
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	ask(t.Context(), nil)
	ask(gone, context.Canceled)
	if log.Len() > 0 {
		t.Errorf("logged without an outage: %s", &log)
	}
	ask(t.Context(), errors.New("connection refused"))
	ask(gone, nil)
	ask(t.Context(), nil)
	ask(t.Context(), errors.New("connection reset"))
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines for two outages:\n%s", len(lines), &log)
	}
	for i, want := range []string{"connection refused", "is back", "connection reset"} {
		if !strings.Contains(lines[i], want) || !strings.Contains(lines[i], "rung=valhalla") {
			t.Errorf("line %d = %s, want %q", i, lines[i], want)
		}
	}
}
