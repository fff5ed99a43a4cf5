package sqlite

import (
	"testing"
)

// The tables themselves refuse what the guarantees rule out, whatever program
// writes into them.
func TestSchema_Claims(t *testing.T) {
	s := mustOpen(t)
	var trips []string
	for range 2 {
		made, err := create(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		trips = append(trips, made.ID)
	}
	claim := func(driverID string, slot int, tripID string) error {
		_, err := s.writing.ExecContext(t.Context(), `INSERT INTO claims (driver_id, slot, trip_id) VALUES (?, ?, ?)`, driverID, slot, tripID)
		return err
	}
	if err := claim("d1", 0, trips[0]); err != nil {
		t.Fatal(err)
	}
	if claim("d1", 0, trips[1]) == nil {
		t.Error("a driver has two trips in one slot")
	}
	if claim("d2", 0, trips[0]) == nil {
		t.Error("a trip has two drivers")
	}
	if claim("d2", 2, trips[1]) == nil {
		t.Error("a driver has a third slot")
	}
	if claim("d2", 0, "no such trip") == nil {
		t.Error("a driver is held for a trip that there is not")
	}
}

// A commit is on the disk, and not only with the operating system, when it is
// answered: what was acknowledged survives a power cut.
func TestStore_FlushesEachCommit(t *testing.T) {
	s := mustOpen(t)
	var mode string
	var synchronous int
	if err := s.writing.QueryRowContext(t.Context(), `PRAGMA synchronous`).Scan(&synchronous); err != nil {
		t.Fatal(err)
	}
	if err := s.writing.QueryRowContext(t.Context(), `PRAGMA journal_mode`).Scan(&mode); err != nil {
		t.Fatal(err)
	}
	if synchronous != 2 || mode != "wal" {
		t.Errorf("the file is written with synchronous = %d and journal_mode = %s, want 2 (FULL) and wal", synchronous, mode)
	}
}
