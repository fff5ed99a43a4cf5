package main

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/cabstand/cabstand/internal/faults"
	"github.com/cabstand/cabstand/internal/node"
	"github.com/cabstand/cabstand/internal/sim"
	_ "modernc.org/sqlite" // the database of the embedded size
)

// killings kill the size of one process at random times while people live in it,
// and start it again on the same data.
type killings struct {
	seed    uint64
	kills   int
	drivers int
	bin     string
	logs    string
}

// A kill comes so long after the start before it.
const (
	soonest = time.Second
	longest = 6 * time.Second
)

func (k killings) run(ctx context.Context) (r result, err error) {
	folder, err := os.MkdirTemp("", "cabstand-faults-")
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if err := os.MkdirAll(k.logs, 0o755); err != nil {
		return result{}, err
	}
	p := &program{path: filepath.Join(k.bin, "dispatcher"), log: filepath.Join(k.logs, "embedded.log")}
	p.args = append([]string{"embedded", "--data", folder}, settings...)
	defer p.kill()
	if err := k.prepare(ctx, p, folder); err != nil {
		return result{}, err
	}
	err = k.live(ctx, p, folder, &r)
	return r, err
}

// prepare makes the database, and has it note every change of a claim.
func (k killings) prepare(ctx context.Context, p *program, folder string) error {
	if err := p.start(); err != nil {
		return err
	}
	p.kill()
	db, err := openFile(folder)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, recordingFile)
	return errors.Join(err, db.Close(), p.start())
}

// live lets people live there until the last kill is over and every trip ended.
func (k killings) live(ctx context.Context, p *program, folder string, r *result) error {
	token, err := node.Tokens(folder, "", 24*time.Hour)
	if err != nil {
		return err
	}
	var notes notebook
	// Kills, starts and the times between; on a busy machine fewer trips meet them.
	length := time.Duration(k.kills) * (longest + soonest) / 2
	people := plan{seed: k.seed, drivers: k.drivers, rate: 3 * float64(k.drivers), length: length}
	gone := make(chan error, 1)
	start := time.Now()
	go func() {
		var err error
		r.report, err = sim.Drive(ctx, people.people(p.url, p.url, token, &notes))
		gone <- err
	}()
	r.seed = k.seed
	r.done, err = k.kill(ctx, p, start)
	if err := errors.Join(err, <-gone); err != nil {
		return err
	}
	return k.judge(ctx, p, folder, token, &notes, start, r)
}

func (k killings) kill(ctx context.Context, p *program, start time.Time) (done faults.Schedule, err error) {
	rng := rand.New(rand.NewPCG(k.seed, 0xdead))
	wait := warmUp
	for range k.kills {
		if !until(ctx, time.Now().Add(wait)) {
			return done, ctx.Err()
		}
		f := faults.Fault{At: time.Since(start), Kind: faults.Kill, Target: "embedded"}
		p.kill()
		if err := p.start(); err != nil {
			return done, err
		}
		f.For = time.Since(start) - f.At
		done = append(done, f)
		wait = soonest + time.Duration(rng.Int64N(int64(longest-soonest)))
	}
	return done, nil
}

// judge asks the process for repeated answers, kills it a last time, and reads
// what is on disk.
func (k killings) judge(ctx context.Context, p *program, folder string, token sim.Token, notes *notebook, start time.Time, r *result) error {
	db, err := openFile(folder)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := settle(ctx, func(ctx context.Context) (int, error) { return unfinishedFile(ctx, db) }); err != nil {
		return err
	}
	h := notes.history()
	if h.Repeats, err = repeat(ctx, p.url, token, notes.answers); err != nil {
		return err
	}
	p.kill()
	if err := readFile(ctx, db, &h); err != nil {
		return err
	}
	if h.Stream, err = k.stream(ctx, folder); err != nil {
		return err
	}
	return r.conclude(h, start)
}

// stream reads the stream that the process left behind.
func (k killings) stream(ctx context.Context, folder string) ([]faults.Message, error) {
	n, err := natsProgram(filepath.Join(folder, "nats"), filepath.Join(k.logs, "nats.log"))
	if err != nil {
		return nil, err
	}
	defer n.kill()
	if err := n.start(); err != nil {
		return nil, err
	}
	return readStream(ctx, n.url)
}

func openFile(folder string) (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+filepath.Join(folder, "cabstand.db")+"?_pragma=busy_timeout(10000)")
}
