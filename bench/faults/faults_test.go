package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/faults"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(asNATS); folder != "" {
		fail(serveNATS(folder, os.Args))
		return
	}
	os.Exit(run(m))
}

// bin has the real programs, built once.
var bin string

func run(m *testing.M) int {
	var err error
	if bin, err = os.MkdirTemp("", "cabstand-faults-bin-"); err != nil {
		fail(err)
	}
	defer os.RemoveAll(bin)
	if err := build(context.Background(), filepath.Join("..", ".."), bin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// brief is a run that has one fault of each kind.
var brief = faults.Pace{Shortest: 5500 * time.Millisecond, Longest: 6 * time.Second, Calm: 2 * time.Second}

// shortSeed kills one dispatcher and starts it again with a clock five minutes ahead,
// pauses the other and cuts it off from PostgreSQL, and lets nothing through between
// the first and NATS.
const shortSeed = 46169

// The short form of `make test-faults`. It asserts safety, and that all trips
// end; not how fast anything is.
func TestTown_UnderFaults(t *testing.T) {
	p := plan{
		seed: shortSeed, drivers: 60, rate: 150, length: 62 * time.Second, pace: brief,
		bin: bin, logs: t.TempDir(), tell: func(s string) { t.Log(s) },
	}
	r, err := p.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(r.report.Line())
	for _, v := range r.violations {
		t.Error(v)
	}
	kinds := map[faults.Kind]bool{}
	for _, f := range r.done {
		kinds[f.Kind] = true
	}
	if len(kinds) != len(faults.Kinds()) {
		t.Errorf("not every kind of fault happened: %v", r.done)
	}
	if e := r.evidence; r.trips < 50 || e.told < r.trips || e.shown < r.trips/2 || e.holds < r.trips || e.stream < r.trips || e.repeats == 0 {
		t.Errorf("%d trips, judged by %+v: that proves nothing", r.trips, e)
	}
}

// The one process is killed at random times, restarted on the same data each time.
func TestEmbedded_KilledAgainAndAgain(t *testing.T) {
	r, err := killings{seed: 1, kills: 5, drivers: 40, bin: bin, logs: t.TempDir()}.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(r.report.Line())
	for _, v := range r.violations {
		t.Error(v)
	}
	if e := r.evidence; len(r.done) != 5 || r.trips < 10 || e.told < r.trips || e.holds < r.trips || e.stream < r.trips || e.repeats == 0 {
		t.Errorf("%d kills, %d trips, judged by %+v: that proves nothing", len(r.done), r.trips, e)
	}
}

// The database's own notes are what the judge believes about claims: they have to
// show a driver who is held twice, whatever let it happen.
func TestRecorder_ShowsWhatAKeyWouldForbid(t *testing.T) {
	ctx := t.Context()
	town := &town{bin: bin, logs: t.TempDir(), programs: map[string]*program{}}
	if err := town.openPostgres(ctx); err != nil {
		t.Fatal(err)
	}
	defer town.postgres.Close()
	const trip = `INSERT INTO trips (id, rider_id, class, seats, pickup, dropoff, pickup_cell, dropoff_cell, fare_amount, fare_currency, state, version, epoch, slot, excluded, requested_at, reason)
		VALUES ('%s', 'r', 'standard', 1, 'POINT(0 0)', 'POINT(0 0)', 's000', 's000', 0, 'EUR', 'cancelled', 1, 1, 0, '{}', now(), '');`
	for _, statement := range []string{
		"ALTER TABLE claims DROP CONSTRAINT claims_pkey",
		fmt.Sprintf(trip, "a"), fmt.Sprintf(trip, "b"),
		"INSERT INTO claims VALUES ('d', 0, 'a')", "INSERT INTO claims VALUES ('d', 0, 'b')",
		"DELETE FROM claims WHERE trip_id = 'a'", "DELETE FROM claims",
	} {
		if err := execute(ctx, town.postgres.URL, statement); err != nil {
			t.Fatal(err)
		}
	}
	var h faults.History
	if err := town.recorder.read(ctx, &h); err != nil {
		t.Fatal(err)
	}
	found, err := faults.Judge(h)
	if err != nil || len(h.Holds) != 4 {
		t.Fatalf("the notes are %v, %v", h.Holds, err)
	}
	for _, v := range found {
		if v.Guarantee == "I1" {
			return
		}
	}
	t.Errorf("nobody minds that driver d has two trips: %v", found)
}
