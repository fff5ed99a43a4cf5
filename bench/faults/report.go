package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/cabstand/cabstand/internal/faults"
)

// print tells of one run.
func (r result) print(w io.Writer) {
	fmt.Fprintf(w, "seed %d: %d faults, %d trips, %d violations, %d seen late, judged by %+v; %s\n",
		r.seed, len(r.done), r.trips, len(r.violations), len(r.late), r.evidence, r.report.Line())
	for _, v := range r.late {
		fmt.Fprintf(w, "  late: %v\n", v)
	}
	for i, v := range r.violations {
		if i == 50 {
			fmt.Fprintf(w, "  and %d more\n", len(r.violations)-i)
			break
		}
		fmt.Fprintf(w, "  %v\n", v)
	}
}

// reportKills tells of the run of the embedded size.
func reportKills(w io.Writer, r result) {
	_, back := recoveries([]result{r}, faults.Kill)
	fmt.Fprintf(w, "\nOne process, killed %d times: %d trips, %d violations; trips given to drivers again after %s (median), %s (longest)\n",
		len(r.done), r.trips, len(r.violations), quantile(back, 0.5), quantile(back, 1))
}

// report writes the tables of docs/guarantees.md: by kind of fault, and by seed.
func report(w io.Writer, all []result) {
	fmt.Fprint(w, "| fault | times | normal again: median | longest |\n|---|---|---|---|\n")
	for _, k := range faults.Kinds() {
		times, back := recoveries(all, k)
		fmt.Fprintf(w, "| %s | %d | %s | %s |\n", k, times, quantile(back, 0.5), quantile(back, 1))
	}
	fmt.Fprint(w, "\n| seed | faults | trips | completed | violations | seen late |\n|---|---|---|---|---|---|\n")
	var sum [5]int
	for _, r := range all {
		row := [5]int{len(r.done), r.trips, r.report.States["completed"], len(r.violations), len(r.late)}
		fmt.Fprintf(w, "| %d | %d | %d | %d | %d | %d |\n", r.seed, row[0], row[1], row[2], row[3], row[4])
		for i := range sum {
			sum[i] += row[i]
		}
	}
	fmt.Fprintf(w, "| all | %d | %d | %d | %d | %d |\n", sum[0], sum[1], sum[2], sum[3], sum[4])
}

// recoveries is how often the kind of fault happened, and how long each way back
// took that is known.
func recoveries(all []result, k faults.Kind) (times int, back []time.Duration) {
	for _, r := range all {
		for i, f := range r.done {
			if f.Kind != k {
				continue
			}
			times++
			if r.back[i] >= 0 {
				back = append(back, r.back[i])
			}
		}
	}
	slices.Sort(back)
	return times, back
}

func quantile(sorted []time.Duration, share float64) string {
	if len(sorted) == 0 {
		return "none"
	}
	return fmt.Sprintf("%.1f s", sorted[int(share*float64(len(sorted)-1))].Seconds())
}
