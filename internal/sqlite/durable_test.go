package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/cabstand/cabstand/internal/sqlite"
	"github.com/cabstand/cabstand/internal/trip"
)

// victim names the file on which the test binary, started again, writes trips
// until it is killed.
const victim = "CABSTAND_SQLITE_VICTIM"

// TestStore_KillKeepsWhatWasAcknowledged kills a process in the middle of
// writing: what it was told is stored has to be there (I4), claims and events
// included.
func TestStore_KillKeepsWhatWasAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cabstand.db")
	acknowledged := writeUntilKilled(t, path, 40)

	s := mustOpen(t, path)
	defer s.Close()
	for _, line := range acknowledged {
		id, driverID, _ := strings.Cut(line, " ")
		got, err := s.Trip(t.Context(), id)
		if err != nil || got.State != trip.Assigned || got.DriverID != driverID {
			t.Errorf("trip %s of %s: %+v, %v", id, driverID, got, err)
		}
		if held, err := s.ClaimedBy(t.Context(), driverID); err != nil || len(held) != 1 || held[0].ID != id {
			t.Errorf("%s holds %v, %v", driverID, held, err)
		}
		if events, err := s.Events(t.Context(), id, 0); err != nil || len(events) != 2 {
			t.Errorf("trip %s has events %v, %v", id, events, err)
		}
	}
	if queued, err := s.Pending(t.Context(), nil, 1_000_000); err != nil || len(queued) < 2*len(acknowledged) {
		t.Errorf("%d events wait for %d trips, %v", len(queued), len(acknowledged), err)
	}
}

// writeUntilKilled is the trips and drivers that the victim was told of.
func writeUntilKilled(t *testing.T, path string, atLeast int) (acknowledged []string) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victim+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		acknowledged = append(acknowledged, lines.Text())
		if len(acknowledged) == atLeast {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(acknowledged) < atLeast {
		t.Fatalf("the victim ended by itself (%v) after %d trips", err, len(acknowledged))
	}
	return acknowledged
}

// writeForever assigns trips to drivers and says so.
func writeForever(ctx context.Context, path string) error {
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for {
				line, err := assignOne(ctx, s)
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				fmt.Println(line)
			}
		})
	}
	group.Wait()
	return nil
}

func assignOne(ctx context.Context, s *sqlite.Store) (string, error) {
	now := time.Date(2026, 3, 1, 18, 30, 0, 0, time.UTC)
	made, events := trip.New(trip.Request{ID: uuid.NewString(), RiderID: "r1", Class: "standard", Seats: 1, Search: time.Minute}, now)
	if _, err := s.Create(ctx, made, events, nil); err != nil {
		return "", err
	}
	p := trip.Proposal{OfferID: uuid.NewString(), TripID: made.ID, DriverID: uuid.NewString(), Epoch: 1, Now: now, Deliver: time.Second}
	if _, err := s.Offer(ctx, []trip.Proposal{p}); err != nil {
		return "", err
	}
	_, err := s.Update(ctx, made.ID, func(t *trip.Trip) ([]trip.Event, error) { return t.Accept(p.OfferID, p.DriverID, now) })
	return made.ID + " " + p.DriverID, err
}
