package main

import (
	"fmt"
	"io"
	"slices"
)

func writeReport(w io.Writer, all []*tuned, tables []table, t tuner) {
	for _, t := range tables {
		writeFigures(w, t)
	}
	writeSettings(w, tables)
	for _, f := range all {
		writeGrid(w, f.greedy, t.knobs)
		writeGrid(w, f.optimal, t.knobs)
	}
	var verdicts []verdict
	for _, t := range tables {
		verdicts = append(verdicts, t.verdict())
	}
	writeVerdicts(w, verdicts)
	writeGoals(w, goals(tables, verdicts))
}

// writeFigures writes a line for each policy, as Markdown.
func writeFigures(w io.Writer, t table) {
	fmt.Fprintf(w, "%d vehicles:\n\n", t.fleet)
	fmt.Fprintln(w, "| policy | served % | points more than greedy | wait s | of greedy's | wait p50, p95 s | pickup s | swaps a trip, most | idle % | empty km a trip |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|")
	greedy := t.greedy()
	for _, r := range t.rows {
		s := r.sum
		fmt.Fprintf(w, "| %s | %.2f ± %.2f | %+.2f | %.1f ± %.1f | %s | %.0f, %.0f | %.1f | %.3f, %d | %.1f | %.3f |\n",
			r.name, 100*s.ServedShare.Mean, 100*s.ServedShare.Half, 100*(r.share()-greedy.share()),
			s.WaitMean.Mean, s.WaitMean.Half, ratios(r, greedy), s.WaitP50.Mean, s.WaitP95.Mean, s.PickupMean.Mean,
			s.SwapsPerTrip.Mean, r.swapsMost(), 100*s.IdleShare.Mean, s.DeadheadKm.Mean)
	}
	fmt.Fprintln(w)
}

// ratios is the mean wait of one over that of the other, with the least and the
// most among the seeds: they meet the same riders, so each is a pair.
func ratios(r, over row) string {
	var each []float64
	for i, run := range r.runs {
		each = append(each, run.Wait.Mean/over.runs[i].Wait.Mean)
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", r.wait()/over.wait(), slices.Min(each), slices.Max(each))
}

func writeSettings(w io.Writer, tables []table) {
	fmt.Fprint(w, "| vehicles | policy | settings, as `simulator replay` takes them |\n|---|---|---|\n")
	for _, t := range tables {
		for _, r := range t.rows {
			fmt.Fprintf(w, "| %d | %s | `%s` |\n", t.fleet, r.name, r.set.flags())
		}
	}
	fmt.Fprintln(w)
}

// writeGrid writes what the tuning found for each window and cap.
func writeGrid(w io.Writer, s *search, k knobs) {
	fmt.Fprintf(w, "Tuning of %s, %d vehicles, served %% / wait s:\n\n| window |", s.from.policy.Name, s.fleet)
	for _, most := range k.caps {
		fmt.Fprintf(w, " cap %s |", short(most))
	}
	fmt.Fprint(w, "\n|---|")
	for range k.caps {
		fmt.Fprint(w, "---|")
	}
	for i, o := range s.pool[:len(k.windows)*len(k.caps)] { // the grid comes first
		if i%len(k.caps) == 0 {
			fmt.Fprintf(w, "\n| %s |", short(o.set.window))
		}
		fmt.Fprintf(w, " %.2f / %.1f |", 100*o.share(), o.wait())
	}
	fmt.Fprint(w, "\n\n")
}

func writeVerdicts(w io.Writer, all []verdict) {
	fmt.Fprintln(w, "| vehicles | wait over greedy's, at an equal served share | by | points more served, at an equal wait | by | goal |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|")
	for _, v := range all {
		fmt.Fprintf(w, "| %d | %.3f | %s | %.2f | %s | %s |\n", v.fleet, v.wait, v.waitBy.name, 100*v.gain, v.gainBy.name, met(v.better()))
	}
	fmt.Fprintln(w)
}

// goal is a figure that is to be at most, or at least, its target.
type goal struct {
	name             string
	measured, target float64
	least            bool
}

func (g goal) met() bool {
	if g.least {
		return g.measured >= g.target
	}
	return g.measured <= g.target
}

// goals is what the run was for: the figures of the fleet size that does worst.
// Either of the first two is enough at each fleet size, which the third counts.
func goals(tables []table, verdicts []verdict) []goal {
	wait := goal{name: "policies_wait_ratio_equal_served", target: wantedWait}
	gain := goal{name: "policies_more_served_points_equal_wait", target: 100 * wantedShare, least: true, measured: 100}
	fleets := goal{name: "policies_fleet_sizes_better", target: float64(len(tables)), least: true}
	served := goal{name: "policies_served_over_greedy", target: leastShare, least: true, measured: 1}
	mean := goal{name: "policies_swaps_per_trip", target: meanSwaps}
	most := goal{name: "policies_swaps_of_one_trip", target: mostSwaps}
	for i, v := range verdicts {
		wait.measured = max(wait.measured, v.wait)
		gain.measured = min(gain.measured, 100*v.gain)
		if v.better() {
			fleets.measured++
		}
		served.measured = min(served.measured, v.winner().share()/tables[i].greedy().share())
		mean.measured = max(mean.measured, v.winner().sum.SwapsPerTrip.Mean)
		most.measured = max(most.measured, float64(v.winner().swapsMost()))
	}
	return []goal{wait, gain, fleets, served, mean, most}
}

func writeGoals(w io.Writer, all []goal) {
	fmt.Fprintln(w, "```text")
	defer fmt.Fprintln(w, "```")
	for _, g := range all {
		sign := "<="
		if g.least {
			sign = ">="
		}
		fmt.Fprintf(w, "goal %s measured %.3f target %s%.3g %s\n", g.name, g.measured, sign, g.target, met(g.met()))
	}
}

func met(yes bool) string {
	if yes {
		return "met"
	}
	return "missed"
}
