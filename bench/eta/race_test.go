package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

// The contenders are right about a graph whose answers are known, and a wrong
// answer fails the race.
func TestRace(t *testing.T) {
	g := mustRing(t, 50)
	q := newQuestion(g, 20, 1)
	for i, from := range q.from {
		for j, to := range q.to {
			if want := int32(to-from+50) % 50 * 10_000; q.answer[i*20+j] != want {
				t.Fatalf("from node %d to %d: the answer is %d ms, not %d", from, to, q.answer[i*20+j], want)
			}
		}
	}
	h, _ := newOurs(g)
	p, _, err := newPeer(g)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("OK", func(t *testing.T) {
		results, err := race(q, contenders(h, p), 5, 2)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []int{5, 5, 2} {
			if r := results[i]; len(r.took) != want || r.places != 20 {
				t.Errorf("%s had %d turns, not %d", r.name, len(r.took), want)
			}
		}
	})
	t.Run("ErrWrongCell", func(t *testing.T) {
		q := q
		q.answer = slices.Clone(q.answer)
		q.answer[7]++
		for _, c := range contenders(h, p) {
			if _, err := race(q, []contender{c}, 1, 1); err == nil || !strings.Contains(err.Error(), c.name) {
				t.Errorf("%s gave a cell that is not the answer: %v", c.name, err)
			}
		}
	})
	t.Run("ErrContender", func(t *testing.T) {
		broken := errors.New("broken")
		c := contender{name: "one", solve: func(question) (spent, error) { return spent{}, broken }}
		if _, err := race(q, []contender{c}, 1, 1); !errors.Is(err, broken) {
			t.Error(err)
		}
	})
}

// mustRing is a one-way street of so many nodes, round and round, 10 s apart.
func mustRing(tb testing.TB, nodes int) *road.Graph {
	tb.Helper()
	var b road.Builder
	for i := range nodes {
		b.AddNode(geo.Point{Lat: 40 + float64(i)*0.001, Lon: -74})
	}
	for i := range nodes {
		if err := b.AddEdge(road.Node(i), road.Node((i+1)%nodes), 10*time.Second, road.Kind{}); err != nil {
			tb.Fatal(err)
		}
	}
	return b.Graph()
}

func TestHasTurn(t *testing.T) {
	for turns, want := range map[int][]int{1: {3}, 2: {1, 5}, 7: {0, 1, 2, 3, 4, 5, 6}} {
		var got []int
		for round := range 7 {
			if hasTurn(round, 7, turns) {
				got = append(got, round)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d turns in 7 rounds: in %v, not %v", turns, got, want)
		}
	}
}

func TestWriteGoals(t *testing.T) {
	var out strings.Builder
	writeGoals(&out, []result{
		{name: oursMatrix, places: 100, took: []time.Duration{time.Second}},
		{name: oursMatrix, places: 1000, took: []time.Duration{1, 250 * time.Millisecond, time.Second}},
		{name: peerMatrix, places: 1000, took: []time.Duration{25 * time.Second}},
	})
	want := "goal eta_cells_vs_lddl_1000 measured 100.0 target >=100 met\n" +
		"goal eta_mcells_per_s_core measured 4.0 target >=5 missed\n"
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
}
