package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

func mustOpen(tb testing.TB) *Store {
	tb.Helper()
	s, err := Open(tb.Context(), filepath.Join(tb.TempDir(), "cabstand.db"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	if err := s.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return s
}

func create(ctx context.Context, s *Store) (*trip.Trip, error) {
	t, events := trip.New(trip.Request{ID: uuid.NewString(), RiderID: "r1", Class: "standard", Seats: 1, Search: time.Minute}, time.Unix(1e9, 0))
	_, err := s.Create(ctx, t, events, nil)
	return t, err
}

// runTogether runs jobs as one transaction: the first holds the writer until the
// others wait for it.
func runTogether(t *testing.T, s *Store, jobs []func(context.Context, *session) error) []error {
	t.Helper()
	held, free := make(chan struct{}), make(chan struct{})
	errs := make([]error, len(jobs))
	var group sync.WaitGroup
	group.Go(func() {
		if err := s.write(t.Context(), func(context.Context, *session) error { close(held); <-free; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-held
	arrived := make(chan struct{}, len(jobs))
	for i, do := range jobs {
		group.Go(func() {
			arrived <- struct{}{}
			errs[i] = s.write(t.Context(), do)
		})
	}
	for range jobs {
		<-arrived
	}
	close(free)
	group.Wait()
	return errs
}

// One transaction of many must not undo the others, nor leave a trace.
func TestStore_FailureWithinABatchStaysAlone(t *testing.T) {
	s := mustOpen(t)
	mine := errors.New("mine")
	var jobs []func(context.Context, *session) error
	for i := range 40 {
		jobs = append(jobs, func(ctx context.Context, tx *session) error {
			if _, err := tx.exec(ctx, `INSERT INTO zones (id, name, area) VALUES (?, '', '')`, fmt.Sprint(i)); err != nil {
				return err
			}
			switch i % 4 {
			case 1:
				return mine
			case 2:
				panic("a change of bad manners")
			}
			return nil
		})
	}
	for i, err := range runTogether(t, s, jobs) {
		if want := i%4 == 1; errors.Is(err, mine) != want {
			t.Errorf("job %d: %v", i, err)
		}
		if want := i%4 == 1 || i%4 == 2; (err != nil) != want {
			t.Errorf("job %d: %v", i, err)
		}
		var stored bool
		if err := s.reader.QueryRow(`SELECT EXISTS (SELECT 1 FROM zones WHERE id = ?)`, fmt.Sprint(i)).Scan(&stored); err != nil {
			t.Fatal(err)
		}
		if stored != (err == nil) {
			t.Errorf("job %d was told %v; stored: %v", i, err, stored)
		}
	}
}

func TestStore_DiskFull(t *testing.T) {
	s := mustOpen(t)
	if _, err := s.writing.ExecContext(t.Context(), `PRAGMA max_page_count = 1`); err != nil { // no more than there are
		t.Fatal(err)
	}
	var acknowledged []string
	var err error
	for err == nil {
		var made *trip.Trip
		if made, err = create(t.Context(), s); err == nil {
			acknowledged = append(acknowledged, made.ID)
		}
	}
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("on a full disk: %v", err)
	}
	if _, err := s.writing.ExecContext(t.Context(), `PRAGMA max_page_count = 1000000`); err != nil {
		t.Fatal(err)
	}
	if _, err := create(t.Context(), s); err != nil {
		t.Errorf("with room again: %v", err)
	}
	for _, id := range acknowledged {
		if _, err := s.Trip(t.Context(), id); err != nil {
			t.Errorf("acknowledged, and not there: %v", err)
		}
	}
}

func TestStore_Closed(t *testing.T) {
	s := mustOpen(t)
	s.Close()
	if _, err := create(t.Context(), s); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Create: %v", err)
	}
}

func TestOpen_ErrNoFolder(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "no", "such", "folder.db"))
	if err == nil {
		s.Close()
	}
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("Open: %v", err)
	}
}

// BenchmarkStore_Update measures changes of many trips at once: what one disk
// carries.
func BenchmarkStore_Update(b *testing.B) {
	s := mustOpen(b)
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			made, err := create(b.Context(), s)
			if err != nil {
				b.Error(err)
				return
			}
			cancel := func(t *trip.Trip) ([]trip.Event, error) {
				return t.Cancel(trip.Actor{Role: trip.Rider, ID: "r1"}, "", time.Unix(1e9, 0))
			}
			if _, err := s.Update(b.Context(), made.ID, cancel); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(2*float64(b.N)/b.Elapsed().Seconds(), "transactions/s")
}
