package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/cabstand/cabstand/internal/sim"
	"github.com/cabstand/cabstand/internal/trip"
)

func readReport(file string) (r sim.Report, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return sim.Report{}, err
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return sim.Report{}, fmt.Errorf("%s: %w", file, err)
	}
	return r, nil
}

// row is a line of the table: one figure of every run.
type row struct {
	name string
	cell func(r result) string
}

var rows = []row{
	{"drivers", func(r result) string { return fmt.Sprint(r.report.Drivers) }},
	{"positions sent", func(r result) string { return fmt.Sprint(r.report.Positions) }},
	{"requests, acknowledged", func(r result) string {
		return fmt.Sprintf("%d, %d", r.report.Requests, r.report.Acknowledged)
	}},
	{"completed", state(trip.Completed)},
	{"riding, arrived, assigned at the end", func(r result) string {
		s := r.report.States
		return fmt.Sprintf("%d, %d, %d", s[trip.Riding], s[trip.Arrived], s[trip.Assigned])
	}},
	{"searching at the end", state(trip.Searching)},
	{"cancelled by riders", state(trip.Cancelled)},
	{"expired", state(trip.Expired)},
	{"request to offer on a phone, p50 / p95", func(r result) string { return spread(r.report.OfferLatency) }},
	{"request to driver found, p50 / p95", func(r result) string { return spread(r.report.WaitAssigned) }},
	{"request to driver at the pickup, p50 / p95", func(r result) string { return spread(r.report.WaitArrived) }},
	{"crashes (kill -9)", func(r result) string { return fmt.Sprint(r.crashes) }},
	{"reconnects of drivers, riders", func(r result) string {
		return fmt.Sprintf("%d, %d", r.report.DriverReconnect, r.report.RiderReconnect)
	}},
	{"cores used by Cabstand", func(r result) string { return fmt.Sprintf("%.2f", r.usage.cpu.Seconds()/r.took.Seconds()) }},
	{"peak memory of Cabstand", func(r result) string { return fmt.Sprintf("%d MiB", r.usage.memory>>10) }},
	{"HTTP 5xx", func(r result) string { return fmt.Sprint(r.report.ServerErrors()) }},
	{"acknowledged trips lost", func(r result) string { return fmt.Sprint(lost(r.report)) }},
	{"violations", func(r result) string { return fmt.Sprint(len(r.report.Violations)) }},
}

func state(s trip.State) func(result) string {
	return func(r result) string { return fmt.Sprint(r.report.States[s]) }
}

func spread(s sim.Spread) string {
	if s.N == 0 {
		return "none"
	}
	return fmt.Sprintf("%.2f s / %.2f s", s.P50, s.P95)
}

// lost is how many trips were acknowledged and are gone, or worked on by nobody.
func lost(r sim.Report) (n int) {
	for _, v := range r.Violations {
		if v.Breach == sim.Unknown || v.Breach == sim.Forgotten {
			n++
		}
	}
	return n
}

// writeTable writes the runs side by side, as Markdown.
func writeTable(w io.Writer, results []result) {
	fmt.Fprint(w, "| |")
	for _, r := range results {
		fmt.Fprintf(w, " %s |", r.name)
	}
	fmt.Fprint(w, "\n|---|")
	for range results {
		fmt.Fprint(w, "---|")
	}
	fmt.Fprintln(w)
	for _, row := range rows {
		fmt.Fprintf(w, "| %s |", row.name)
		for _, r := range results {
			fmt.Fprintf(w, " %s |", row.cell(r))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
}

// writeGoals names every violation, then says of each goal whether it was met.
func writeGoals(w io.Writer, results []result) {
	for _, r := range results {
		for _, v := range r.report.Violations {
			fmt.Fprintf(w, "%s: %v\n", r.name, v)
		}
	}
	for _, r := range results {
		for _, goal := range []struct {
			name     string
			measured int
		}{
			{"violations", len(r.report.Violations)},
			{"5xx", r.report.ServerErrors()},
			{"lost-trips", lost(r.report)},
			{"garbled-frames", r.report.Garbled},
		} {
			verdict := "met"
			if goal.measured > 0 {
				verdict = "missed"
			}
			fmt.Fprintf(w, "goal %s-%s measured %d target <=0 %s\n", r.name, goal.name, goal.measured, verdict)
		}
	}
}
