package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/faults"
	"github.com/cabstand/cabstand/internal/node"
	"github.com/cabstand/cabstand/internal/sim"
)

// plan is one run of the town under the faults of a seed.
type plan struct {
	seed    uint64
	drivers int
	rate    float64 // requests a minute
	length  time.Duration
	pace    faults.Pace
	bin     string
	logs    string
	tell    func(string)
}

// result is what came of it.
type result struct {
	seed       uint64
	trips      int
	evidence   evidence
	done       faults.Schedule // as they really were
	back       []time.Duration // until every cell gave trips to drivers again, by fault; below 0 where nobody asked there
	late       []sim.Violation // what clients saw too late while something was broken, which is no promise
	violations []faults.Violation
	report     sim.Report
	events     []faults.Event
}

// evidence is how much the judge had to go by.
type evidence struct{ told, shown, holds, events, stream, repeats int }

// run starts a town, lets people live in it while faults happen, and judges what
// is left behind when the last trip is over.
func (p plan) run(ctx context.Context) (r result, err error) {
	logs := filepath.Join(p.logs, fmt.Sprintf("seed-%d", p.seed))
	if err := os.MkdirAll(logs, 0o755); err != nil {
		return result{}, err
	}
	t, err := openTown(ctx, p.bin, logs)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	token, err := node.Tokens("", t.key, 24*time.Hour)
	if err != nil {
		return result{}, err
	}
	var notes notebook
	people := make(chan error, 1)
	start := time.Now()
	go func() {
		var err error
		r.report, err = sim.Drive(ctx, p.people(t.links[toDispatchers].url, t.links[toTrackers].url, token, &notes))
		people <- err
	}()
	r.seed = p.seed
	s := faults.Plan(p.seed, t.parts(), p.length, p.pace)
	r.done, err = t.suffer(ctx, s, start.Add(warmUp), p.tell)
	if err = errors.Join(err, <-people); err != nil {
		return result{}, err
	}
	for name, q := range t.programs {
		if !q.alive() {
			return result{}, fmt.Errorf("%s ended by itself; see %s", name, q.log)
		}
	}
	err = p.judge(ctx, t, token, &notes, start, &r)
	return r, err
}

// warmUp is how long the drivers have to come online before the first fault.
const warmUp = 5 * time.Second

// people are the drivers and riders.
func (p plan) people(target, tracker string, token sim.Token, notes *notebook) sim.Config {
	return sim.Config{
		Target: target, Tracker: tracker, Token: token,
		World: town4, Drivers: p.drivers, Orders: town4.orders(p.rate, p.seed), Behaviour: hasty,
		PositionEvery: positionEvery, Duration: warmUp + p.length + p.pace.Calm, Drain: 5 * time.Minute,
		Seed: p.seed, Note: notes.note,
	}
}

// judge gathers the history and holds it to the guarantees.
func (p plan) judge(ctx context.Context, t *town, token sim.Token, notes *notebook, start time.Time, r *result) error {
	if err := settle(ctx, t.recorder.unfinished); err != nil {
		return err
	}
	h := notes.history()
	var err error
	if h.Repeats, err = repeat(ctx, t.balancers[0].URL, token, notes.answers); err != nil {
		return err
	}
	if err := t.recorder.read(ctx, &h); err != nil {
		return err
	}
	if h.Stream, err = readStream(ctx, t.nats.url); err != nil {
		return err
	}
	return r.conclude(h, start)
}

// conclude judges the history of a run that began at start.
func (r *result) conclude(h faults.History, start time.Time) (err error) {
	r.late, h.Breaches = sort(r.report.Violations, r.done, start)
	if r.violations, err = faults.Judge(h); err != nil {
		return err
	}
	r.trips, r.events = len(h.Trips), h.Events
	r.evidence = evidence{len(h.Told), len(h.Shown), len(h.Holds), len(h.Events), len(h.Stream), len(h.Repeats)}
	r.back, err = faults.Back(h, r.done, start)
	return err
}

// patience is how long the last trips and events may take once everybody has
// gone home: a search runs out, and so does the time of a driver who left.
const patience = 4 * time.Minute

// settle waits until every trip is over and every event published, or patience
// is over: then the judge says what is missing.
func settle(ctx context.Context, unfinished func(context.Context) (int, error)) error {
	end := time.Now().Add(patience)
	for time.Now().Before(end) {
		n, err := unfinished(ctx)
		if n == 0 || err != nil {
			return err
		}
		if !until(ctx, time.Now().Add(200*time.Millisecond)) {
			return ctx.Err()
		}
	}
	return nil
}

// notebook keeps what clients note down.
type notebook struct {
	mu      sync.Mutex
	told    []faults.Told
	shown   []faults.Shown
	answers []sim.Note // to requests
}

func (b *notebook) note(n sim.Note) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch n.Kind {
	case sim.Acknowledged:
		b.answers = append(b.answers, n)
		b.told = append(b.told, faults.Told{Who: n.Who, Key: n.Key, Trip: n.Trip})
	case sim.Told:
		b.told = append(b.told, faults.Told{Who: n.Who, Trip: n.Trip})
	case sim.Offered:
		b.shown = append(b.shown, faults.Shown{Driver: n.Who, OfferID: n.OfferID, TripID: n.Trip.ID})
	}
}

func (b *notebook) history() faults.History { return faults.History{Told: b.told, Shown: b.shown} }

// promises names the guarantee that each breach breaks.
var promises = map[sim.Breach]string{
	sim.TwoDrivers: "I2", sim.TwoTrips: "I1", sim.TwoOffers: "I1", sim.Backwards: "I3", sim.FinalChanged: "I3",
	sim.Contradicted: "I4", sim.Unknown: "I4", sim.OutOfOrder: "I5", sim.Repeated: "I5", sim.Missing: "I5", sim.Late: "I5", sim.Forgotten: "I6",
}

// shadow is how long after a fault clients may still be told late.
const shadow = 30 * time.Second

// sort tells lateness from lies. That a view did not show a version in time, or
// that a phone heard of an offer's end after the next offer, may be because the
// news was lost on its way while something was broken: pushes are not kept.
func sort(seen []sim.Violation, done faults.Schedule, start time.Time) (late []sim.Violation, breaches []faults.Breach) {
	for _, v := range seen {
		slow := v.Breach == sim.TwoOffers || v.Breach == sim.Late
		if slow && slices.ContainsFunc(done, func(f faults.Fault) bool {
			at := v.At.Sub(start)
			return at >= f.At && at < f.At+f.For+shadow
		}) {
			late = append(late, v)
			continue
		}
		breaches = append(breaches, faults.Breach{Guarantee: promises[v.Breach], TripID: v.TripID, Driver: v.Driver, Detail: v.String()})
	}
	return late, breaches
}
