package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/faults"
	"github.com/cabstand/cabstand/internal/node"
	"github.com/cabstand/cabstand/internal/sim"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// recovery takes the parts of a town away, one after the other, and measures how
// long it is until all is as before.
type recovery struct {
	drivers int
	rate    float64
	away    time.Duration // how long each part is away
	rest    time.Duration // between two
	bin     string
	logs    string
	tell    func(string)
}

// The goals of a recovery.
const (
	servedAgain = 10 * time.Second              // a dead dispatcher's cells
	supplyAgain = positionEvery + 2*time.Second // the drivers of an emptied Redis
	refusedIn   = time.Second                   // a request while PostgreSQL is away
	backlogGone = 30 * time.Second              // once a part is back
	foundIn     = 10 * time.Second              // a driver, in the median, while NATS is away
)

// positionEvery is how often phones in the town send their positions.
const positionEvery = time.Second

// empty takes everything out of Redis, at once.
const empty faults.Kind = "empty"

// schedule is who goes when.
func (r recovery) schedule() (s faults.Schedule) {
	at := r.rest
	for _, f := range []faults.Fault{
		{Kind: faults.Kill, Target: "dispatcher-1", For: r.away}, {Kind: empty, Target: "redis"},
		{Kind: faults.Kill, Target: "postgres", For: r.away}, {Kind: faults.Kill, Target: "nats", For: r.away},
	} {
		f.At = at
		s = append(s, f)
		at += f.For + r.rest
	}
	return s
}

// run is the whole of it. Beside the goals the guarantees are judged as in any
// run: that no trip was lost, and that the stream has every event in order.
func (r recovery) run(ctx context.Context) (goals []goal, res result, err error) {
	if err := os.MkdirAll(r.logs, 0o755); err != nil {
		return nil, res, err
	}
	t, err := openTown(ctx, r.bin, r.logs)
	if err != nil {
		return nil, res, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	token, err := node.Tokens("", t.key, 24*time.Hour)
	if err != nil {
		return nil, res, err
	}
	s := r.schedule()
	last := s[len(s)-1]
	p := plan{seed: 1, drivers: r.drivers, rate: r.rate, length: last.At + last.For + r.rest}
	var notes notebook
	people, start := make(chan error, 1), time.Now()
	go func() {
		var err error
		res.report, err = sim.Drive(ctx, p.people(t.links[toDispatchers].url, t.links[toTrackers].url, token, &notes))
		people <- err
	}()
	looks := watch(ctx, t, token)
	res.done, err = t.suffer(ctx, s, start, r.tell)
	err = errors.Join(err, <-people)
	seen := looks.end()
	if err == nil {
		err = p.judge(ctx, t, token, &notes, start, &res)
	}
	if err != nil {
		return nil, res, err
	}
	rides, err := ridesOf(res.events)
	return r.goals(rides, seen, res.done, start), res, err
}

// goals holds what was seen to what is wanted.
func (r recovery) goals(rides []ride, seen []look, done faults.Schedule, start time.Time) []goal {
	from := func(i int) time.Time { return start.Add(done[i].At) }
	to := func(i int) time.Time { return from(i).Add(done[i].For) }
	refused, slowest := refusals(seen, from(2).Add(time.Second), to(2).Add(-time.Second))
	asked, found, took := matched(rides, from(3), to(3).Add(-foundIn))
	return []goal{
		timed("dispatcher killed: every cell gives new requests a driver", served(rides, from(0)), servedAgain),
		timed("Redis emptied: it has as many drivers as before", refilled(seen, from(1)), supplyAgain),
		{"PostgreSQL away: requests refused with 503 and Retry-After, the slowest after", fmt.Sprintf("%d, %.2f s", refused, slowest.Seconds()), refusedIn.String(), refused > 0 && slowest <= refusedIn},
		timed("PostgreSQL back: every cell gives new requests a driver", served(rides, to(2)), backlogGone),
		timed("PostgreSQL back: no event waits in the outbox", drained(seen, to(2)), backlogGone),
		{"NATS away: requests that got a driver, the median after", fmt.Sprintf("%d of %d, %.1f s", found, asked, took.Seconds()), foundIn.String(), found*10 >= asked*8 && asked > 0 && took <= foundIn},
		timed("NATS back: no event waits in the outbox", drained(seen, to(3)), backlogGone),
	}
}

// goal is one line of the report.
type goal struct {
	what, measured, want string
	met                  bool
}

// timed is a goal of time; below zero it never came.
func timed(what string, took, limit time.Duration) goal {
	g := goal{what, fmt.Sprintf("%.1f s", took.Seconds()), limit.String(), took >= 0 && took <= limit}
	if took < 0 {
		g.measured = "never"
	}
	return g
}

var errMissed = errors.New("goals were missed")

// reportRecovery writes the table of docs/guarantees.md.
func reportRecovery(w io.Writer, goals []goal) (err error) {
	fmt.Fprint(w, "| | measured | goal | |\n|---|---|---|---|\n")
	for _, g := range goals {
		verdict := "met"
		if !g.met {
			verdict, err = "missed", errMissed
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", g.what, g.measured, g.want, verdict)
	}
	return err
}

// ride is a request and when it first got a driver; zero for never.
type ride struct {
	cell         geo.Cell
	asked, given time.Time
}

// ridesOf is the rides of the events.
func ridesOf(events []faults.Event) (all []ride, err error) {
	known := map[string]ride{}
	for _, e := range events {
		ev, err := wire.DecodeEvent(e.Data)
		if err != nil {
			return nil, err
		}
		r := known[ev.TripID]
		r.cell, r.asked = ev.Trip.Cell(), ev.Trip.RequestedAt
		if ev.Trip.State == trip.Assigned && (r.given.IsZero() || ev.At.Before(r.given)) {
			r.given = ev.At
		}
		known[ev.TripID] = r
	}
	for _, r := range known {
		all = append(all, r)
	}
	return all, nil
}

// served is how long after a time every cell had given a driver to a request from
// after it; below zero for never.
func served(rides []ride, after time.Time) (longest time.Duration) {
	first := map[geo.Cell]time.Duration{}
	for _, r := range rides {
		if _, known := first[r.cell]; !known {
			first[r.cell] = -1
		}
		if took := r.given.Sub(after); r.asked.After(after) && !r.given.IsZero() && (first[r.cell] < 0 || took < first[r.cell]) {
			first[r.cell] = took
		}
	}
	for _, took := range first {
		if took < 0 {
			return -1
		}
		longest = max(longest, took)
	}
	return longest
}

// matched is how many requests of a time got a driver, and how long half of them
// waited at most.
func matched(rides []ride, from, to time.Time) (asked, found int, median time.Duration) {
	var waits []time.Duration
	for _, r := range rides {
		if r.asked.Before(from) || r.asked.After(to) {
			continue
		}
		asked++
		if !r.given.IsZero() && r.given.Before(to.Add(foundIn)) {
			waits = append(waits, r.given.Sub(r.asked))
		}
	}
	if slices.Sort(waits); len(waits) > 0 {
		median = waits[len(waits)/2]
	}
	return asked, len(waits), median
}
