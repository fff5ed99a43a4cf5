package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// fixed always answers the same.
func fixed(cost int64) func(int) (answer, error) {
	return func(int) (answer, error) { return answer{cost, time.Millisecond, time.Millisecond}, nil }
}

func TestRace_CostsDiffer(t *testing.T) {
	in := []*instance{{name: "one"}}
	_, err := race(t.Context(), in, []contender{{name: "a", solve: fixed(7)}, {name: "b", solve: fixed(8)}}, 1)
	if err == nil || !strings.Contains(err.Error(), "b finds the least cost 8") {
		t.Errorf("error %v", err)
	}
}

func TestRace_Turns(t *testing.T) {
	instances := []*instance{{name: "small", riders: 2, drivers: 2}, {name: "large", riders: 2, drivers: 3}}
	results, err := race(t.Context(), instances, []contender{
		{name: "rare", solve: fixed(7), rare: true},
		{name: "often", solve: fixed(7)},
		{name: "bounded", solve: fixed(7), cells: 4},
	}, 4)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range []map[string]int{{"rare": 2, "often": 4, "bounded": 4}, {"rare": 2, "often": 4, "bounded": 0}} {
		for name, n := range want {
			if got := len(results[k].took[name].wall); got != n {
				t.Errorf("%s, %s: %d turns, want %d", instances[k].name, name, got, n)
			}
		}
	}
}

// TestOurs_AgreeWarmAndCold runs our side of the benchmark on a small city.
func TestOurs_AgreeWarmAndCold(t *testing.T) {
	w, err := warming(small, 0.1, true, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(w.warm) != ticks || len(w.cold) != ticks {
		t.Errorf("%d warm and %d cold ticks, want %d", len(w.warm), len(w.cold), ticks)
	}
	results, err := race(t.Context(), []*instance{newScene(small, 1).snapshot()}, []contender{
		{name: "one", solve: ours(1, []input{newScene(small, 1).snapshot().input()})},
		{name: "two", solve: ours(2, []input{newScene(small, 1).snapshot().input()})},
	}, 2)
	if err != nil || results[0].cost <= 0 {
		t.Errorf("cost %d, %v", results[0].cost, err)
	}
}

func TestPeer_Ask(t *testing.T) {
	for _, c := range []struct{ name, said, wrong string }{
		{"OK", "41 2000 1000\n", ""},
		{"ErrGarbled", "forty-one\n", "want a cost"},
		{"ErrShort", "41 2000\n", "want a cost"},
		{"ErrEnded", "", "without an answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked, questions := io.Pipe()
			heard := make(chan string, 1)
			go func() {
				line, _ := bufio.NewReader(asked).ReadString('\n')
				heard <- line
			}()
			p := &peer{name: "peer", in: questions, lines: bufio.NewScanner(strings.NewReader(c.said))}
			a, err := p.ask("ns", 3)
			if line := <-heard; line != "ns 3\n" {
				t.Errorf("asked %q", line)
			}
			if c.wrong == "" && (err != nil || a != answer{41, 2 * time.Microsecond, time.Microsecond}) {
				t.Errorf("answer %v, %v", a, err)
			}
			if c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
				t.Errorf("error %v, want one with %q", err, c.wrong)
			}
		})
	}
}

func TestSpreadOf(t *testing.T) {
	for _, c := range []struct {
		all  []time.Duration
		want string
	}{
		{[]time.Duration{3 * time.Millisecond}, "3.00 (3.00–3.00)"},
		{[]time.Duration{90 * time.Millisecond, 250 * time.Millisecond, 7 * time.Millisecond}, "90.0 (7.00–250)"},
		{[]time.Duration{1 * time.Millisecond, 4 * time.Millisecond, 2 * time.Millisecond, 9 * time.Millisecond}, "3.00 (1.00–9.00)"},
	} {
		if got := spreadOf(c.all).String(); got != c.want {
			t.Errorf("%v: %s, want %s", c.all, got, c.want)
		}
	}
}

// cpu is one turn that took so much of the processor and, on the wall, thrice as
// much.
func cpu(d time.Duration) times { return times{[]time.Duration{3 * d}, []time.Duration{d}} }

// TestGoals has two instances at 0.25 and 1.0 of network simplex, and a warm
// start that halves the time on one sequence and quarters it on the other.
func TestGoals(t *testing.T) {
	at := func(ours, simplex time.Duration) result {
		return result{&instance{name: "i"}, 1, map[string]times{oursAlone: cpu(ours), lemonSimplex: cpu(simplex)}}
	}
	tick := func(warm, cold time.Duration) warmth {
		return warmth{warm: []time.Duration{warm}, cold: []time.Duration{cold}}
	}
	results, warmths := []result{at(1, 4), at(2, 2)}, []warmth{tick(1, 5), tick(1, 4), tick(1, 2)}
	warmths[2].drive = true
	var out strings.Builder
	writeGoals(&out, goals(results, warmths))
	want := "goal match_geomean_vs_network_simplex measured 0.500 target <=0.50 met\n" +
		"goal match_worst_vs_network_simplex measured 1.000 target <=0.90 missed\n" +
		"goal match_warm_over_cold measured 0.250 target <=0.25 met\n" +
		"goal match_warm_over_cold_all_driving measured 0.500 target <=0.25 missed\n"
	if out.String() != want {
		t.Errorf("wrote\n%s\nwant\n%s", &out, want)
	}
}

func TestConfig_Chosen(t *testing.T) {
	some, err := config{Only: []string{"2k x 2k", "1k x 300"}}.chosen()
	if err != nil || len(some) != 2 || some[0].name != "1k x 300" || some[1].name != "2k x 2k" {
		t.Errorf("chose %v, %v", some, err)
	}
	if _, err := (config{Only: []string{"9k"}}).chosen(); err == nil || !strings.Contains(err.Error(), `"9k"`) {
		t.Errorf("an unknown instance: %v", err)
	}
}

func TestWriteTable_AbsentIsSaid(t *testing.T) {
	var out strings.Builder
	took := map[string]times{
		oursAlone: cpu(time.Millisecond), oursTogether: cpu(2 * time.Millisecond), lemonSimplex: cpu(4 * time.Millisecond),
	}
	writeTable(&out, []result{{&instance{name: "1k x 2k", arcs: make([]arc, 5)}, 1, took}})
	want := fmt.Sprintf("| 1k x 2k | 5 | 0.25 | 0.25 | 1.00 (1.00–1.00) | 4.00 (4.00–4.00) |%s 6.00 (6.00–6.00) |\n", strings.Repeat(" n/a |", 4))
	if !strings.Contains(out.String(), want) {
		t.Errorf("wrote\n%s\nwant a line\n%s", &out, want)
	}
	lines := strings.Split(out.String(), "\n")
	for _, line := range lines[:3] {
		if strings.Count(line, "|") != 12 {
			t.Errorf("%q has not eleven cells", line)
		}
	}
}
