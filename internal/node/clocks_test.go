package node_test

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/testenv"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// machine is a machine whose clock the test sets: programs that start after
// mustMachine run on it.
type machine struct {
	tb   testing.TB
	file string
}

func mustMachine(tb testing.TB, ahead string) machine {
	tb.Helper()
	m := machine{tb, filepath.Join(tb.TempDir(), "clock")}
	m.set(ahead)
	tb.Setenv("CABSTAND_TEST_CLOCK_FILE", m.file)
	return m
}

// set sets the clock ahead of the true time, or back for -5m.
func (m machine) set(ahead string) {
	m.tb.Helper()
	next := m.file + ".next"
	if err := os.WriteFile(next, []byte(ahead), 0o600); err != nil {
		m.tb.Fatal(err)
	}
	if err := os.Rename(next, m.file); err != nil {
		m.tb.Fatal(err)
	}
}

// ahead is how far the program says that its machine's clock is ahead of the time
// that it goes by, in seconds.
func ahead(tb testing.TB, address string) float64 {
	tb.Helper()
	response, err := http.Get(address + "/metrics")
	if err != nil {
		tb.Fatal(err)
	}
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "cabstand_clock_ahead_seconds "); ok {
			seconds, err := strconv.ParseFloat(text, 64)
			if err != nil {
				tb.Fatal(err)
			}
			return seconds
		}
	}
	tb.Fatal("no figure of the clock")
	return 0
}

// TestServices_ClocksThatDiffer: the machines of both dispatchers and of the tracker
// have clocks that are wrong by minutes when they start, each by others, and jump
// while rides go on. Only the database's is right.
func TestServices_ClocksThatDiffer(t *testing.T) {
	machines := map[string]machine{}
	wrong := map[string]string{"one": "5m", "two": "-10m", "tracker": "2h"} // by then every token has run out
	dispatchers, tracker := mustPrograms(t, testenv.Redis(t), func(program string) {
		machines[program] = mustMachine(t, wrong[program])
	})
	s := site{tb: t, riders: balance(t, dispatchers), drivers: tracker, tokenArg: []string{"--auth-key", sharedKey}}
	for limit := time.After(patience); !near(ahead(t, tracker), 7200); { // it has asked
		select {
		case <-limit:
			t.Fatal("the tracker was not told the time")
		case <-time.After(10 * time.Millisecond):
		}
	}
	s.ride("d1", "r1")
	for program, to := range map[string]string{"one": "-5m", "two": "10m", "tracker": "-1h"} {
		machines[program].set(to)
	}
	s.ride("d2", "r2")
	for address, want := range map[string]float64{dispatchers[0].String(): -300, dispatchers[1].String(): 600, tracker: -3600} {
		if got := ahead(t, address); !near(got, want) {
			t.Errorf("%s says that its machine's clock is %v s ahead, want %v", address, got, want)
		}
	}
}

// near allows for what is not worth putting right.
func near(got, want float64) bool { return got > want-5 && got < want+5 }

// TestEmbedded_ClockJumps: the only clock there is jumps, ahead and back, while a
// driver is on the way. The trip is kept, and others go on.
func TestEmbedded_ClockJumps(t *testing.T) {
	m := mustMachine(t, "0s")
	s, _ := mustEmbedded(t, filepath.Join(t.TempDir(), "data"))
	first := s.drive("d1")
	kept := s.assign(first, "d1", "r1")
	for i, to := range []string{"4m", "0s"} { // phones whose clocks are 5m behind are not believed
		id := fmt.Sprint(i + 2)
		m.set(to)
		other := s.drive("d" + id)
		other.until("the jump taken in", func() bool { return near(ahead(t, s.riders), 0) })
		s.assign(other, "d"+id, "r"+id)
		if got := s.read(kept.ID, "r1"); got.State != trip.Assigned || got.DriverID != "d1" || got.Version != 2 {
			t.Fatalf("after a jump to %s the trip is %+v", to, got)
		}
	}
	for _, step := range [][2]string{{"arrive", "arrived"}, {"start", "riding"}, {"complete", "completed"}} {
		first.send(map[string]any{"type": step[0], "trip_id": kept.ID})
		first.await(step[1], patience, inState(step[1]))
	}
	if got := s.read(kept.ID, "r1"); got.Version != 5 {
		t.Errorf("the trip is %+v, want version 5", got)
	}
}

// assign has the driver be given the rider's trip.
func (s site) assign(p *phone, driverID, riderID string) (t wire.Trip) {
	s.tb.Helper()
	order := map[string]any{"pickup": pickup, "dropoff": geo.Destination(pickup, 0, 3000)}
	if status := s.call("POST", "/v1/trips", s.token("rider", riderID), order, &t, "Idempotency-Key", riderID); status != http.StatusCreated {
		s.tb.Fatalf("requesting answers %d", status)
	}
	p.until("given the trip", func() bool {
		for len(p.frames) > 0 {
			switch f := <-p.frames; {
			case f.Type == "offer":
				p.send(map[string]any{"type": "accept", "offer_id": f.OfferID})
			case inState("assigned")(f):
				return f.Trip.ID == t.ID
			}
		}
		return false
	})
	return s.read(t.ID, riderID)
}

func (s site) read(tripID, riderID string) (t wire.Trip) {
	s.tb.Helper()
	if status := s.call("GET", "/v1/trips/"+tripID, s.token("rider", riderID), nil, &t); status != http.StatusOK {
		s.tb.Fatalf("reading the trip answers %d", status)
	}
	return t
}
