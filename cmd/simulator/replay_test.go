package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/internal/replay"
)

// mustTable writes a table of trips around one place, two minutes apart, with
// some rows that cannot be used.
func mustTable(tb testing.TB) string {
	tb.Helper()
	var rows strings.Builder
	rows.WriteString("requested_at,pickup_lat,pickup_lon,dropoff_lat,dropoff_lon\n")
	for i := range 30 {
		fmt.Fprintf(&rows, "2026-05-01T08:%02d:00Z,%.4f,-73.98,%.4f,-73.97\n", i, 40.75+float64(i%7)/500, 40.75+float64(i%5)/500)
	}
	rows.WriteString("2026-05-01T08:59:00Z,0,0,40.75,-73.97\nyesterday,40.75,-73.98,40.75,-73.97\n")
	path := filepath.Join(tb.TempDir(), "trips.csv")
	if err := os.WriteFile(path, []byte(rows.String()), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

func TestReplay_EndToEnd(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.json")
	status, printed, errs := call(t, "replay", "--trips="+mustTable(t), "--straight", "--fleet=3", "--seed=1..3", "--json="+out)
	if status != 0 || !strings.Contains(printed, "mean of 3 seeds") {
		t.Fatalf("status %d, said %s%s", status, printed, errs)
	}
	for _, want := range []string{"2 bad rows of the trips", "line 32", "line 33: \"yesterday\""} {
		if !strings.Contains(errs, want) {
			t.Errorf("it does not tell of %q: %s", want, errs)
		}
	}
	r := mustReport(t, out)
	if r.Input.Requests != 30 || r.Input.BadTrips.Rows != 2 || len(r.Runs) != 3 || r.Summary.Seeds != 3 || r.Runs[2].Seed != 3 {
		t.Fatalf("%+v", r)
	}
	if r.Runs[0].DecisionHash == r.Runs[1].DecisionHash || r.Runs[0].Served == 0 {
		t.Errorf("%+v", r.Runs)
	}
	t.Run("Again", func(t *testing.T) {
		second := filepath.Join(t.TempDir(), "out.json")
		call(t, "replay", "--trips="+mustTable(t), "--straight", "--fleet=3", "--seed=2", "--json="+second)
		if got := mustReport(t, second).Runs[0].DecisionHash; got != r.Runs[1].DecisionHash {
			t.Errorf("seed 2 alone decides otherwise: %s", got)
		}
	})
	t.Run("PartOfTheDay", func(t *testing.T) {
		second := filepath.Join(t.TempDir(), "out.json")
		call(t, "replay", "--trips="+mustTable(t), "--straight", "--fleet=3", "--json="+second,
			"--from=2026-05-01T08:10:00Z", "--to=2026-05-01T08:20:00Z")
		if got := mustReport(t, second).Runs[0].Requests; got != 10 {
			t.Errorf("%d requests, want 10", got)
		}
	})
}

func mustReport(tb testing.TB, path string) replay.Report {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	r, err := replay.ReadReport(f)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// TestReplay_Schema pins the names of the results: others read them.
func TestReplay_Schema(t *testing.T) {
	data, err := json.Marshal(replay.Run{})
	if err != nil {
		t.Fatal(err)
	}
	var run map[string]any
	if err := json.Unmarshal(data, &run); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"policy", "seed", "fleet", "requests", "served", "cancelled", "expired", "served_share", "wait_s", "pickup_s",
		"swaps_per_trip", "idle_share", "deadhead_km_per_trip", "tick_ms", "decision_hash",
	} {
		if _, ok := run[name]; !ok {
			t.Errorf("no %s", name)
		}
	}
	for name, parts := range map[string][]string{"wait_s": {"mean", "p50", "p95"}, "pickup_s": {"mean", "p50", "p95"}, "tick_ms": {"p50", "p99", "max"}} {
		for _, part := range parts {
			if _, ok := run[name].(map[string]any)[part]; !ok {
				t.Errorf("no %s in %s", part, name)
			}
		}
	}
}

func TestReplay_WrongSettings(t *testing.T) {
	trips := mustTable(t)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"NoNetwork":   {nil, "--nodes: \"\" is not accepted"},
		"TwoNetworks": {[]string{"--straight", "--nodes=" + trips, "--links=" + trips}, "--nodes"},
		"NodesAlone":  {[]string{"--nodes=" + trips}, "--links"},
		"Fleet":       {[]string{"--straight", "--fleet=0"}, "--fleet: \"0\" is not accepted: 1 to 100000"},
		"Seed":        {[]string{"--straight", "--seed=5..1"}, "--seed: \"5..1\" is not accepted"},
		"Accept":      {[]string{"--straight", "--accept=1.5"}, "--accept: \"1.5\" is not accepted"},
		"Patience":    {[]string{"--straight", "--patience=0s"}, "--patience: \"0s\" is not accepted"},
		"Window":      {[]string{"--straight", "--window=0s"}, "--window"},
		"To":          {[]string{"--straight", "--from=2026-05-01T08:00:00Z", "--to=2026-05-01T07:00:00Z"}, "--to"},
	} {
		t.Run(name, func(t *testing.T) {
			status, _, errs := call(t, append([]string{"replay", "--trips=" + trips}, c.args...)...)
			if status != 2 || !strings.Contains(errs, c.want) {
				t.Fatalf("status %d, said %q", status, errs)
			}
		})
	}
	t.Run("NoTrips", func(t *testing.T) {
		status, _, errs := call(t, "replay", "--trips="+trips, "--straight", "--from=2027-01-01T00:00:00Z")
		if status != 1 || !strings.Contains(errs, "no usable trip") || !strings.Contains(errs, "are from 2026-") {
			t.Fatalf("status %d, said %q", status, errs)
		}
	})
	t.Run("WrongDate", func(t *testing.T) {
		for _, date := range []string{"1970-01-01T00:00:00Z", "9999-01-01T00:00:00Z"} {
			dated := filepath.Join(t.TempDir(), "trips.csv")
			if err := os.WriteFile(dated, []byte("requested_at,pickup_lat,pickup_lon,dropoff_lat,dropoff_lon\n"+
				"2026-05-01T08:00:00Z,40.7,-74,40.71,-74\n"+date+",40.7,-74,40.71,-74\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			status, _, errs := call(t, "replay", "--trips="+dated, "--straight", "--fleet=3")
			if status != 1 || !strings.Contains(errs, date[:10]) || !strings.Contains(errs, "longer than 366 days") {
				t.Fatalf("status %d, said %q", status, errs)
			}
		}
	})
}

func TestParseSeeds(t *testing.T) {
	for text, want := range map[string]string{"7": "[7]", "1..4": "[1 2 3 4]", "9,1..2": "[9 1 2]", "1000..1000": "[1000]"} {
		if got, err := parseSeeds(text); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x", "3..1", "1,1", "1..2,2", "-1", "0..1000", "1..", "18446744073709551615..1"} {
		if got, err := parseSeeds(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestCompare_EndToEnd(t *testing.T) {
	dir, trips := t.TempDir(), mustTable(t)
	var results []string
	for _, policy := range []string{"greedy", "optimal"} {
		out := filepath.Join(dir, policy+".json")
		if status, _, errs := call(t, "replay", "--trips="+trips, "--straight", "--fleet=3", "--policy="+policy, "--json="+out); status != 0 {
			t.Fatal(errs)
		}
		results = append(results, out)
	}
	page := filepath.Join(dir, "page.html")
	status, printed, errs := call(t, append([]string{"compare", "--html=" + page}, results...)...)
	if status != 0 || !strings.Contains(printed, "optimal, window 500ms, cap 20m") {
		t.Fatalf("status %d, said %s%s", status, printed, errs)
	}
	if data, err := os.ReadFile(page); err != nil || !strings.Contains(string(data), "</html>") {
		t.Errorf("the page is %d bytes, %v", len(data), err)
	}
	t.Run("ErrNotAResult", func(t *testing.T) {
		if status, _, errs := call(t, "compare", trips); status != 1 || !strings.Contains(errs, "trips.csv") {
			t.Errorf("status %d, said %q", status, errs)
		}
	})
}
