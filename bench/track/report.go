package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

func writeHead(w io.Writer, began time.Time, c config) {
	load, _ := os.ReadFile("/proc/loadavg") // none is said where there is none
	fmt.Fprintf(w, "%s, %s/%s, %d cores, %s; %s; %d sockets, %.0f s, load at the end %s\n\n", began.Format(time.DateOnly), runtime.GOOS, runtime.GOARCH,
		runtime.NumCPU(), runtime.Version(), strings.Join(append([]string{"bench/track"}, os.Args[1:]...), " "), c.Sockets,
		time.Since(began).Seconds(), strings.Join(strings.Fields(string(load))[:min(1, len(load))], ""))
}

// spread is the median of several turns, with the least and the most.
type spread struct{ median, least, most float64 }

func spreadOf[T any](all []T, value func(T) float64) spread {
	var v []float64
	for _, t := range all {
		if x := value(t); !math.IsNaN(x) && !math.IsInf(x, 0) { // of a turn in which nothing came through
			v = append(v, x)
		}
	}
	if len(v) == 0 {
		return spread{math.NaN(), math.NaN(), math.NaN()}
	}
	slices.Sort(v)
	return spread{(v[(len(v)-1)/2] + v[len(v)/2]) / 2, v[0], v[len(v)-1]}
}

// form writes it with that many digits behind the point.
func (s spread) form(digits int) string {
	return fmt.Sprintf("%.*f (%.*f to %.*f)", digits, s.median, digits, s.least, digits, s.most)
}

func (r results) write(w io.Writer) {
	if len(r.kinds) > 0 {
		r.writePath(w)
	}
	if len(r.idles) > 0 {
		writeIdles(w, r.idles)
	}
	if len(r.searches) > 0 {
		writeSearches(w, r.searches)
	}
	writeGoals(w, r.goals())
}

// row is a line of the table: a figure of each kind.
type row struct {
	name string
	cell func(k kind) string
}

func micro(parts ...string) func(kind) string {
	return func(k kind) string {
		return spreadOf(k.rounds, func(t trial) float64 { return t.each(parts...) }).form(1)
	}
}

// writePath writes what the way of a position takes, as Markdown.
func (r results) writePath(w io.Writer) {
	rate, each := spreadOf(r.peer, turn.rate), spreadOf(r.peer, turn.each)
	fmt.Fprintf(w, "| | one position a frame | batches of 4 |\n|---|---|---|\n")
	for _, row := range []row{
		{"positions a second, at saturation", func(k kind) string { return spreadOf(k.rounds, trial.positions).form(0) }},
		{"turns that kept up, of all", func(k kind) string { return r.kept(k) }},
		{"frames a second, each a search result", func(k kind) string { return spreadOf(k.rounds, trial.frames).form(0) }},
		{"pipelined GEOADD a second, in turns", func(kind) string { return rate.form(0) }},
		{"positions over GEOADD", func(k kind) string { return fmt.Sprintf("%.3f", r.overPeer(k)) }},
		{"tracker, us of a core for a position", micro(partTracker)},
		{"Redis", micro(partRedis)},
		{"tracker and Redis", micro(partTracker, partRedis)},
		{"NATS", micro(partNATS)},
		{"follower (this process)", micro(partFollower)},
		{"generator", micro(partLoad)},
		{"Redis, us of a core for a GEOADD", func(kind) string { return each.form(2) }},
		{"tracker and Redis over GEOADD", func(k kind) string { return fmt.Sprintf("%.2f", r.costOverPeer(k)) }},
		{"positions a second at 80 %", func(k kind) string { return fmt.Sprintf("%.0f", k.aged.rate) }},
		{"age when searchable in a dispatcher, ms, p50 / p99 / max", func(k kind) string { return ages(quantiles(k.aged.age)) }},
		{"age when searchable in Redis, ms, p50 / p99 / max", func(k kind) string { return ages(quantiles(k.aged.inStore)) }},
		{"of it, sent late by the generator, ms, p50 / p99 / max", func(k kind) string { return ages(k.aged.sent.LateMs) }},
		{"positions refused, frames faulted", func(k kind) string {
			return fmt.Sprintf("%d, %d", k.aged.sent.Heard.Rejected, k.aged.sent.Heard.Errors)
		}},
	} {
		fmt.Fprintf(w, "| %s |", row.name)
		for _, k := range r.kinds {
			fmt.Fprintf(w, " %s |", row.cell(k))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
}

func writeIdles(w io.Writer, idles []idle) {
	fmt.Fprint(w, "| an idle socket, KiB of the server | resident | heap | stacks | goroutines |\n|---|---|---|---|---|\n")
	for _, i := range idles {
		fmt.Fprintf(w, "| %s | %.1f | %.1f | %.1f | %.1f |\n", i.name, i.resident/1024, i.heap/1024, i.stack/1024, i.routines)
	}
	fmt.Fprintln(w)
}

// writeSearches writes what answers cost, as Markdown.
func writeSearches(w io.Writer, searches []search) {
	fmt.Fprint(w, "| drivers | radius, m | within it | contender | answers for a second of a core | us of a core each | dispatcher over it | answers a second, on the wall |\n|---|---|---|---|---|---|---|---|\n")
	for _, s := range searches {
		for _, name := range []string{byDispatcher, byRedis, byTile38} {
			turns, ok := s.turns[name]
			if !ok {
				continue
			}
			perCore := spreadOf(turns, answered.perCore)
			fmt.Fprintf(w, "| %d | %.0f | %.0f | %s | %s | %.0f | %.2f | %.0f |\n", s.drivers, s.radius, s.inside, name,
				perCore.form(0), 1e6/perCore.median, s.over(name), spreadOf(turns, answered.perSecond).median)
		}
	}
	fmt.Fprintln(w)
}

// over is the dispatcher's answers for a second of a core over another's.
func (s search) over(name string) float64 {
	return spreadOf(s.turns[byDispatcher], answered.perCore).median / spreadOf(s.turns[name], answered.perCore).median
}

// searchGoals is the worst of both radii, by fleet.
func searchGoals(searches []search) (all []goal) {
	for _, g := range []struct {
		name    string
		against string
		drivers int
		target  float64
	}{
		{"nearby_10k_over_geosearch", byRedis, 10_000, 2},
		{"nearby_100k_over_geosearch", byRedis, 100_000, 15},
		{"nearby_10k_over_tile38", byTile38, 10_000, 3},
		{"nearby_100k_over_tile38", byTile38, 100_000, 3},
	} {
		worst := math.Inf(1)
		for _, s := range searches {
			if _, ok := s.turns[g.against]; ok && s.drivers == g.drivers {
				worst = min(worst, s.over(g.against))
			}
		}
		if !math.IsInf(worst, 1) {
			all = append(all, goal{g.name, worst, true, g.target})
		}
	}
	return all
}

func ages(q map[string]float64) string {
	return fmt.Sprintf("%.1f / %.1f / %.1f", q["p50"], q["p99"], q["max"])
}

// kept tells how many turns at saturation were sustained: on a busy machine what
// was once is not always.
func (r results) kept(k kind) string {
	n := 0
	for _, t := range k.rounds {
		if t.sustained(r.flush) {
			n++
		}
	}
	return fmt.Sprintf("%d of %d", n, len(k.rounds))
}

// overPeer is positions a second over the peer's.
func (r results) overPeer(k kind) float64 {
	return spreadOf(k.rounds, trial.positions).median / spreadOf(r.peer, turn.rate).median
}

// costOverPeer is processor time a position over the peer's.
func (r results) costOverPeer(k kind) float64 {
	ours := spreadOf(k.rounds, func(t trial) float64 { return t.each(partTracker, partRedis) })
	return ours.median / spreadOf(r.peer, turn.each).median
}

// beyond is how far the oldest of a hundred is beyond the flush interval, in
// milliseconds.
func (r results) beyond(q map[string]float64) float64 {
	return q["p99"] - float64(r.flush.Milliseconds())
}

// goal is a figure that is to be at least, or at most, its target.
type goal struct {
	name     string
	measured float64
	atLeast  bool
	target   float64
}

func (r results) goals() (all []goal) {
	for _, k := range r.kinds {
		suffix := ""
		if k.batch > 1 {
			suffix = fmt.Sprintf("_batches_of_%d", k.batch)
		}
		all = append(all,
			goal{"track_updates_over_geoadd" + suffix, r.overPeer(k), true, 0.33},
			goal{"track_cost_over_geoadd" + suffix, r.costOverPeer(k), false, 4},
			goal{"track_age_beyond_flush_ms" + suffix, r.beyond(quantiles(k.aged.age)), false, 10},
			goal{"track_age_in_redis_beyond_flush_ms" + suffix, r.beyond(quantiles(k.aged.inStore)), false, 10},
		)
	}
	return append(all, searchGoals(r.searches)...)
}

func writeGoals(w io.Writer, goals []goal) {
	for _, g := range goals {
		bound, met := "<=", g.measured <= g.target
		if g.atLeast {
			bound, met = ">=", g.measured >= g.target
		}
		verdict := "missed"
		if met {
			verdict = "met"
		}
		fmt.Fprintf(w, "goal %s measured %.3f target %s%g %s\n", g.name, g.measured, bound, g.target, verdict)
	}
}
