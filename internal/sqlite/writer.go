package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/cabstand/cabstand/internal/fault"
)

// together is how many transactions may share one write to disk.
const together = 64

// job is a transaction that somebody waits for.
type job struct {
	ctx  context.Context
	do   func(context.Context, *session) error
	err  error
	done chan struct{}
}

// write runs do in a transaction, which is on disk when write returns nil.
// Those who wait at the same time share one write to disk. Who cannot be served
// yet waits in the call, and may give up waiting; once do has begun it is no
// longer interrupted, because that would undo the work of the others too.
func (s *Store) write(ctx context.Context, do func(context.Context, *session) error) error {
	j := &job{ctx: ctx, do: do, done: make(chan struct{})}
	select {
	case <-ctx.Done():
		return faulted(ctx.Err())
	case <-s.closing:
		return fault.New(fault.Unavailable, "the store is closed")
	case s.jobs <- j:
		<-j.done
		return j.err
	}
}

// serve takes jobs until the store is closed.
func (s *Store) serve(ctx context.Context) {
	for {
		select {
		case <-s.closing:
			return
		case first := <-s.jobs:
			s.serveAll(ctx, first)
		}
	}
}

// serveAll runs the first job and those that wait beside it, and answers all
// when they are on disk: also the refused ones, whose refusal may rest on what
// another one wrote.
func (s *Store) serveAll(ctx context.Context, first *job) {
	jobs := []*job{first}
	err := s.commit(ctx, func(tx *session) error {
		if err := first.run(tx); err != nil {
			return err
		}
		for len(jobs) < together {
			select {
			case next := <-s.jobs:
				jobs = append(jobs, next)
				if err := next.run(tx); err != nil {
					return err
				}
			default:
				return nil
			}
		}
		return nil
	})
	for _, j := range jobs {
		if err != nil {
			j.err = faulted(err)
		}
		close(j.done)
	}
}

// commit runs do between BEGIN IMMEDIATE and COMMIT. Immediate: a transaction
// that turned from reading to writing could fail half-way on another process's
// write.
func (s *Store) commit(ctx context.Context, do func(*session) error) error {
	if _, err := s.writes.exec(ctx, `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	err := do(s.writes)
	if err == nil {
		_, err = s.writes.exec(ctx, `COMMIT`)
	}
	if err != nil {
		// This fails where SQLite rolled back by itself, and only there.
		_, _ = s.writes.exec(ctx, `ROLLBACK`)
	}
	return err
}

// run does the job within a savepoint. An error is of the transaction as a
// whole; what went wrong with the job alone is in j.err.
func (j *job) run(tx *session) error {
	if j.err = faulted(j.ctx.Err()); j.err != nil {
		return nil
	}
	ctx := context.WithoutCancel(j.ctx)
	if _, err := tx.exec(ctx, `SAVEPOINT job`); err != nil {
		return err
	}
	if j.err = faulted(j.safely(ctx, tx)); j.err != nil {
		if _, err := tx.exec(ctx, `ROLLBACK TO job`); err != nil {
			return errors.Join(j.err, err)
		}
	}
	_, err := tx.exec(ctx, `RELEASE job`)
	return err
}

// safely makes an error of a panic: it shall fail the one who called, as it
// would have without the others.
func (j *job) safely(ctx context.Context, tx *session) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a change: %v", p)
		}
	}()
	return j.do(ctx, tx)
}
