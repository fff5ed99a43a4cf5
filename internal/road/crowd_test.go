package road

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestRow_FromAll: a crowd is told what each of its places is told alone,
// wherever they lie: at junctions, on the pickup's own street, beyond the bound.
func TestRow_FromAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomGraph(t)
		if g.Edges() == 0 {
			t.Skip("no streets")
		}
		to := anyPlace(t, g, "to")
		row := g.To(to, time.Duration(rapid.IntRange(0, 600).Draw(t, "bound"))*time.Second)
		defer row.Release()
		var crowd Crowd
		places := []Place{to}
		for range rapid.IntRange(0, 12).Draw(t, "places") {
			places = append(places, anyPlace(t, g, "from"))
		}
		for _, p := range places {
			crowd.Add(g.Departure(p))
		}
		for i, got := range row.FromAll(&crowd, nil) {
			want, ok := row.From(places[i])
			if ok != (got >= 0) || ok && want != time.Duration(got)*time.Millisecond {
				t.Fatalf("from %+v: %d ms in the crowd, alone %v %v", places[i], got, want, ok)
			}
		}
	})
}
