package main

import (
	"math"
	"testing"
)

func mine(name string, o outcome) row   { return row{name: name, ours: true, outcome: o} }
func theirs(name string, o outcome) row { return row{name: name, outcome: o} }

func TestTable_Verdict(t *testing.T) {
	greedy := theirs(rowGreedy, of(0.95, 100, 0, 0))
	for name, c := range map[string]struct {
		rows       []row
		wait, gain float64
		better     bool
		winner     string
		goals      [6]bool
	}{
		"LessWait": {[]row{mine("a", of(0.9485, 79, 0.5, 2)), mine("b", of(0.96, 90, 0, 0))},
			0.79, 0.01, true, "a", [6]bool{true, false, true, true, true, true}},
		"MoreServed": {[]row{mine("a", of(0.95, 81, 0.5, 2)), mine("b", of(0.966, 100, 0, 0))},
			0.81, 0.016, true, "b", [6]bool{false, true, true, true, true, true}},
		"NotEnough": {[]row{mine("a", of(0.96, 81, 0.5, 2))},
			0.81, 0.01, false, "a", [6]bool{false, false, false, true, true, true}},
		"ServesFewer": {[]row{mine("a", of(0.947, 50, 0, 0)), mine("b", of(0.94, 40, 0, 0))},
			1, 0, false, "a", [6]bool{false, false, false, true, true, true}},
		"ServesFarFewer": {[]row{mine("a", of(0.94, 50, 0, 0))},
			1, 0, false, "a", [6]bool{false, false, false, false, true, true}},
		"SwapsTooMuch": {[]row{mine("a", of(0.95, 50, 1.2, 3)), mine("b", of(0.95, 50, 0.2, 4)), mine("c", of(0.95, 90, 0, 0))},
			0.9, 0, false, "c", [6]bool{false, false, false, true, true, true}},
		"OthersDoNotCount": {[]row{theirs("greedy, trips ahead", of(0.99, 10, 0, 0)), mine("a", of(0.95, 110, 0, 0))},
			1, 0, false, "a", [6]bool{false, false, false, true, true, true}},
	} {
		t.Run(name, func(t *testing.T) {
			table := table{fleet: 7, rows: append([]row{greedy}, c.rows...)}
			v := table.verdict()
			if math.Abs(v.wait-c.wait) > 1e-9 || math.Abs(v.gain-c.gain) > 1e-9 || v.better() != c.better || v.winner().name != c.winner {
				t.Errorf("wait %.3f, gain %.4f, better %t, by %s", v.wait, v.gain, v.better(), v.winner().name)
			}
			for i, g := range goals(tablesOf(table), []verdict{v}) {
				if g.met() != c.goals[i] {
					t.Errorf("%s: %s, measured %.3f", g.name, met(g.met()), g.measured)
				}
			}
		})
	}
}

func tablesOf(all ...table) []table { return all }

// The goals are of the fleet size that does worst.
func TestGoals_Worst(t *testing.T) {
	table := func(ours outcome) table {
		return table{rows: []row{theirs(rowGreedy, of(0.95, 100, 0, 0)), mine("a", ours)}}
	}
	all := tablesOf(table(of(0.97, 70, 0.4, 1)), table(of(0.95, 90, 0.9, 3)), table(of(0.96, 75, 0.1, 2)))
	var verdicts []verdict
	for _, t := range all {
		verdicts = append(verdicts, t.verdict())
	}
	want := []float64{0.9, 0, 2, 1, 0.9, 3}
	for i, g := range goals(all, verdicts) {
		if math.Abs(g.measured-want[i]) > 1e-9 {
			t.Errorf("%s: measured %.3f, want %.3f", g.name, g.measured, want[i])
		}
	}
}
