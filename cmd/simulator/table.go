package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/cabstand/cabstand/internal/replay"
)

// printRuns prints a line for each seed, and one for all.
func printRuns(out io.Writer, r replay.Report) {
	fmt.Fprintf(out, "%s: %d vehicles, %d requests from %s to %s\n", r.Options.Label, r.Options.Fleet, r.Input.Requests,
		r.Options.From.Format("2006-01-02 15:04:05"), r.Options.To.Format("2006-01-02 15:04:05"))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "seed\tserved %\tcancelled\texpired\twait s\tp50\tp95\tpickup s\tswaps\tidle %\tempty km\ttick ms p50\tp99\tmax\tdecisions\t")
	for _, run := range r.Runs {
		fmt.Fprintf(w, "%d\t%.2f\t%d\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t%.3f\t%.1f\t%.3f\t%.2f\t%.2f\t%.2f\t%.12s\t\n",
			run.Seed, 100*run.ServedShare, run.Cancelled, run.Expired, run.Wait.Mean, run.Wait.P50, run.Wait.P95, run.Pickup.Mean,
			run.SwapsPerTrip, 100*run.IdleShare, run.DeadheadKm, run.Tick.P50, run.Tick.P99, run.Tick.Max, run.DecisionHash)
	}
	_ = w.Flush()
	if s := r.Summary; s.Seeds > 1 {
		fmt.Fprintf(out, "mean of %d seeds, ± 95 %%: served %.2f ± %.2f %%, wait %.1f ± %.1f s, pickup %.1f ± %.1f s, empty %.3f ± %.3f km a trip\n",
			s.Seeds, 100*s.ServedShare.Mean, 100*s.ServedShare.Half, s.WaitMean.Mean, s.WaitMean.Half,
			s.PickupMean.Mean, s.PickupMean.Half, s.DeadheadKm.Mean, s.DeadheadKm.Half)
	}
}
