package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
)

// The contenders, as the table names them.
var oursTogether = fmt.Sprintf("ours, %d threads, on the wall", max(2, runtime.NumCPU()))

const (
	oursAlone    = "ours, 1 thread"
	lemonSimplex = "LEMON network simplex"
	lemonDefault = "the same, arcs mixed"
	lemonScaling = "LEMON cost scaling"
	scipySparse  = "scipy sparse"
	scipyDense   = "scipy dense"
)

// writeTable writes one line an instance, as Markdown: the medians in
// milliseconds, with the ends of the spread. They are processor time, which says
// the same on a busy machine; only several threads are measured on the wall.
func writeTable(w io.Writer, results []result) {
	columns := []string{oursAlone, lemonSimplex, lemonDefault, lemonScaling, scipySparse, scipyDense, oursTogether}
	fmt.Fprint(w, "| riders x drivers, ms | arcs | ratio | on the wall |")
	for _, c := range columns {
		fmt.Fprintf(w, " %s |", c)
	}
	fmt.Fprint(w, "\n|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range results {
		fmt.Fprintf(w, "| %s | %d | %.2f | %.2f |", r.name, len(r.arcs), r.ratio(), r.onTheWall())
		for _, c := range columns {
			fmt.Fprintf(w, " %s |", r.cell(c))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
}

// ratio is ours on one thread over network simplex, which has one, too.
func (r result) ratio() float64 {
	return spreadOf(r.took[oursAlone].cpu).over(spreadOf(r.took[lemonSimplex].cpu))
}

// onTheWall is the same ratio by the wall's clock.
func (r result) onTheWall() float64 {
	return spreadOf(r.took[oursAlone].wall).over(spreadOf(r.took[lemonSimplex].wall))
}

func (r result) cell(contender string) string {
	t, ok := r.took[contender]
	switch {
	case !ok:
		return "n/a"
	case contender == oursTogether:
		return spreadOf(t.wall).String()
	default:
		return spreadOf(t.cpu).String()
	}
}

func writeWarmths(w io.Writer, warmths []warmth) {
	fmt.Fprint(w, "| ticks, ms | churn | the other drivers | ratio | warm | cold |\n|---|---|---|---|---|---|\n")
	for _, m := range warmths {
		others := "stand"
		if m.drive {
			others = "drive on"
		}
		fmt.Fprintf(w, "| %s | %.0f %% | %s | %.2f | %s | %s |\n", m.name, 100*m.churn, others, m.ratio(), spreadOf(m.warm), spreadOf(m.cold))
	}
	fmt.Fprintln(w)
}

// goal is a figure that is to be no more than its target.
type goal struct {
	name             string
	measured, target float64
}

// goals is what the run was for. A warm start has to pay on every sequence: where
// nothing changed but who is there, and where every driver has driven on.
func goals(results []result, warmths []warmth) []goal {
	var ratios, standing, driving []float64
	for _, r := range results {
		ratios = append(ratios, r.ratio())
	}
	for _, m := range warmths {
		if m.drive {
			driving = append(driving, m.ratio())
		} else {
			standing = append(standing, m.ratio())
		}
	}
	all := []goal{
		{"match_geomean_vs_network_simplex", geomean(ratios), 0.50},
		{"match_worst_vs_network_simplex", slices.Max(ratios), 0.90},
	}
	if len(standing) > 0 && len(driving) > 0 {
		all = append(all, goal{"match_warm_over_cold", slices.Max(standing), 0.25}, goal{"match_warm_over_cold_all_driving", slices.Max(driving), 0.25})
	}
	return all
}

func geomean(all []float64) float64 {
	sum := 0.0
	for _, v := range all {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(all)))
}

func writeGoals(w io.Writer, goals []goal) {
	for _, g := range goals {
		verdict := "met"
		if g.measured > g.target {
			verdict = "missed"
		}
		fmt.Fprintf(w, "goal %s measured %.3f target <=%.2f %s\n", g.name, g.measured, g.target, verdict)
	}
}
