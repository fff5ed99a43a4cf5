package main

import (
	"strings"
	"testing"

	"github.com/cabstand/cabstand/internal/sim"
)

func TestWriteGoals(t *testing.T) {
	for _, c := range []struct {
		name   string
		report sim.Report
		missed []string
	}{
		{"AllMet", sim.Report{HTTP: map[string]int{"201": 9, "429": 1, "network": 2}}, nil},
		{"ServerError", sim.Report{HTTP: map[string]int{"503": 1}}, []string{"5xx"}},
		{"LostTrip", sim.Report{Violations: []sim.Violation{{Breach: sim.Unknown}}}, []string{"violations", "lost-trips"}},
		{"TwoDrivers", sim.Report{Violations: []sim.Violation{{Breach: sim.TwoDrivers}}}, []string{"violations"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			writeGoals(&out, []result{{name: "run", report: c.report}})
			if strings.Count(out.String(), " missed\n") != len(c.missed) {
				t.Errorf("%d goals were to be missed:\n%s", len(c.missed), &out)
			}
			for _, goal := range c.missed {
				if !strings.Contains(out.String(), "goal run-"+goal+" measured 1 target <=0 missed\n") {
					t.Errorf("nothing of %s in\n%s", goal, &out)
				}
			}
		})
	}
}
