package sim

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
)

// Report is what clients saw of a run. Times are as a client has them: from
// sending a request to the frame that tells of it.
type Report struct {
	StartedAt time.Time `json:"started_at"`
	TookS     float64   `json:"took_s"`

	Requests     int                `json:"requests"`     // trips that riders asked for
	Acknowledged int                `json:"acknowledged"` // requests that the engine took
	Refused      map[string]int     `json:"refused"`      // requests that it did not take, by why
	States       map[trip.State]int `json:"states"`       // where the acknowledged trips stand
	Unread       int                `json:"unread"`       // acknowledged trips that could not be asked for at the end

	WaitAssigned Spread `json:"wait_assigned_s"` // request to driver found
	WaitArrived  Spread `json:"wait_arrived_s"`  // request to driver at the pickup
	OfferLatency Spread `json:"offer_latency_s"` // request to first offer at a phone

	Drivers   int            `json:"drivers"`
	Online    int            `json:"online"` // sessions open now
	Offers    int            `json:"offers"`
	Accepts   int            `json:"accepts"`
	Declines  int            `json:"declines"`
	Positions int            `json:"positions"` // sent
	Rejected  map[string]int `json:"rejected"`  // positions that the engine refused, by code
	Errors    map[string]int `json:"errors"`    // error frames, by code
	Garbled   int            `json:"garbled"`   // frames that are not what they should be

	HTTP            map[string]int `json:"http"` // answers by status, and "network"
	DriverReconnect int            `json:"driver_reconnects"`
	RiderReconnect  int            `json:"rider_reconnects"`
	Closed          map[string]int `json:"closed"` // ends of drivers' sessions, by close code

	Violations []Violation `json:"violations"`
}

// Spread is of a set of durations, in seconds; zeros when it is empty.
type Spread struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
}

// ServerErrors is how many answers were the engine's fault.
func (r Report) ServerErrors() int {
	n := 0
	for status, count := range r.HTTP {
		if strings.HasPrefix(status, "5") {
			n += count
		}
	}
	return n
}

// Line is the report on one line, for watching a run.
func (r Report) Line() string {
	return fmt.Sprintf("%4.0fs  %d/%d drivers  requests %d (%d taken)  %s  wait %.1f/%.1f s  offer %.2f/%.2f s  http %s  reconnects %d+%d  violations %d",
		r.TookS, r.Online, r.Drivers, r.Requests, r.Acknowledged, r.states(), r.WaitAssigned.P50, r.WaitAssigned.P95,
		r.OfferLatency.P50, r.OfferLatency.P95, counts(r.HTTP), r.DriverReconnect, r.RiderReconnect, len(r.Violations))
}

func (r Report) states() string {
	var parts []string
	for _, s := range trip.States {
		if n := r.States[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", s, n))
		}
	}
	return strings.Join(parts, " ")
}

// Print writes the report for people.
func (r Report) Print(w io.Writer) {
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-22s %s\n", name, fmt.Sprintf(format, args...))
	}
	row("took", "%.0f s from %s", r.TookS, r.StartedAt.UTC().Format(time.RFC3339))
	row("requests", "%d, %d acknowledged, refused %s", r.Requests, r.Acknowledged, counts(r.Refused))
	row("served", "%d", r.States[trip.Completed])
	row("at the end", "%s", r.states())
	if r.Unread > 0 {
		row("not read back", "%d: the engine did not answer", r.Unread)
	}
	row("request to driver", "%v", r.WaitAssigned)
	row("request to arrival", "%v", r.WaitArrived)
	row("request to offer", "%v", r.OfferLatency)
	row("drivers", "%d, %d online at the end", r.Drivers, r.Online)
	row("offers", "%d: %d accepted, %d declined", r.Offers, r.Accepts, r.Declines)
	row("positions", "%d, refused %s", r.Positions, counts(r.Rejected))
	row("error frames", "%s", counts(r.Errors))
	row("garbled frames", "%d", r.Garbled)
	row("HTTP answers", "%s", counts(r.HTTP))
	row("HTTP 5xx", "%d", r.ServerErrors())
	row("reconnects", "drivers %d, riders %d; sessions ended by %s", r.DriverReconnect, r.RiderReconnect, counts(r.Closed))
	row("violations", "%d", len(r.Violations))
	for _, v := range r.Violations {
		fmt.Fprintf(w, "  %v\n", v)
	}
}

func (s Spread) String() string {
	if s.N == 0 {
		return "none"
	}
	return fmt.Sprintf("p50 %.2f s, p95 %.2f s of %d", s.P50, s.P95, s.N)
}

// counts writes a tally, by name.
func counts(tally map[string]int) string {
	if len(tally) == 0 {
		return "none"
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(tally)) {
		parts = append(parts, fmt.Sprintf("%s×%d", name, tally[name]))
	}
	return strings.Join(parts, " ")
}

// sample keeps durations for a Spread: the last maxSample of them.
type sample struct {
	kept  []time.Duration
	count int
}

const maxSample = 50000

func (s *sample) add(d time.Duration) {
	if len(s.kept) < maxSample {
		s.kept = append(s.kept, d)
	} else {
		s.kept[s.count%maxSample] = d
	}
	s.count++
}

func (s *sample) spread() Spread {
	if len(s.kept) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(s.kept))
	at := func(share float64) float64 { return sorted[int(share*float64(len(sorted)-1)+0.5)].Seconds() }
	return Spread{N: s.count, P50: at(0.5), P95: at(0.95)}
}
