package sim

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
)

func TestSample(t *testing.T) {
	var s sample
	if got := s.spread(); got != (Spread{}) {
		t.Fatalf("of nothing: %v", got)
	}
	for i := 100; i >= 0; i-- {
		s.add(time.Duration(i) * time.Second)
	}
	if got := s.spread(); got != (Spread{N: 101, P50: 50, P95: 95}) {
		t.Fatalf("%+v", got)
	}
	for range 3 * maxSample {
		s.add(time.Second)
	}
	if len(s.kept) != maxSample || s.spread().P95 != 1 {
		t.Fatalf("kept %d, %+v", len(s.kept), s.spread())
	}
}

func TestReport(t *testing.T) {
	r := Report{
		StartedAt: noon, Requests: 3, Acknowledged: 2, States: map[trip.State]int{trip.Completed: 1, trip.Riding: 1},
		HTTP: map[string]int{"201": 5, "503": 2, "500": 1, "network": 9}, Refused: map[string]int{"422 invalid": 1},
		Violations: []Violation{{Breach: TwoDrivers, TripID: "t", Driver: "d", At: noon, Detail: "why"}},
	}
	if r.ServerErrors() != 3 {
		t.Errorf("%d server errors", r.ServerErrors())
	}
	var text strings.Builder
	r.Print(&text)
	for _, want := range []string{"3, 2 acknowledged, refused 422 invalid×1", "riding 1 completed 1", "HTTP 5xx               3", "two_drivers: trip t driver d"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report does not say %q:\n%s", want, text.String())
		}
	}
	if strings.Contains(r.Line(), "\n") {
		t.Error("a line of two lines")
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(data, &back); err != nil || back.States[trip.Riding] != 1 || back.Violations[0] != r.Violations[0] {
		t.Fatalf("%+v, error %v", back, err)
	}
}
