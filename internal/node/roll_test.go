package node

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"
)

// rollOf is name → whether it is there, of a roll.
func rollOf(r *roll) map[string]bool {
	there := map[string]bool{}
	for _, p := range r.parts() {
		there[p.Name] = p.OK
	}
	return there
}

func TestRoll(t *testing.T) {
	start := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	all := map[string]bool{"redis": true, "nats": true, "store": true, "eta:osrm": true}
	expect := func(t *testing.T, r *roll, want map[string]bool) {
		t.Helper()
		if got := rollOf(r); !maps.Equal(got, want) {
			t.Errorf("the roll is %v, want %v", got, want)
		}
	}
	t.Run("SinceItChanged", func(t *testing.T) {
		r := newRoll()
		r.call(all, nil, true, at(0))
		r.call(map[string]bool{"redis": false, "store": true}, nil, true, at(5))
		r.call(map[string]bool{"redis": false, "store": true}, nil, true, at(6))
		for _, p := range r.parts() {
			if want := map[string]time.Time{"redis": at(5)}[p.Name]; p.Name == "redis" && (p.OK || !p.Since.Equal(want)) {
				t.Errorf("%+v, want it gone since %v", p, want)
			}
			if p.Name == "store" && (!p.OK || !p.Since.Equal(at(0))) {
				t.Errorf("%+v, want it there since %v", p, at(0))
			}
			if p.Affects == "" {
				t.Errorf("%s affects nobody", p.Name)
			}
		}
	})
	t.Run("Order", func(t *testing.T) {
		r := newRoll()
		r.hear("y", at(0))
		r.call(all, []string{"b", "a"}, true, at(0))
		var names []string
		for _, p := range r.parts() {
			names = append(names, p.Name)
		}
		if want := []string{"store", "nats", "redis", "eta:osrm", "dispatcher:a", "dispatcher:b", "tracker:y"}; !slices.Equal(names, want) {
			t.Errorf("%v, want %v", names, want)
		}
	})
	t.Run("WhoLeft", func(t *testing.T) {
		r := newRoll()
		r.hear("y", at(0))
		r.call(nil, []string{"a", "b"}, true, at(1))
		r.call(nil, []string{"a"}, true, at(10))
		expect(t, r, map[string]bool{"dispatcher:a": true, "dispatcher:b": false, "tracker:y": true})
		r.call(nil, []string{"a"}, true, at(11))
		expect(t, r, map[string]bool{"dispatcher:a": true, "dispatcher:b": false, "tracker:y": false})
		r.hear("y", at(12))
		expect(t, r, map[string]bool{"dispatcher:a": true, "dispatcher:b": false, "tracker:y": true})
		for s := 13; s < 13+601; s++ {
			r.hear("y", at(s))
			r.call(nil, []string{"a"}, true, at(s))
		}
		expect(t, r, map[string]bool{"dispatcher:a": true, "tracker:y": true})
	})
	t.Run("NobodyIsHeardWithoutTheBus", func(t *testing.T) {
		r := newRoll()
		r.hear("y", at(0))
		r.call(all, []string{"a"}, true, at(1))
		for s := 2; s < 100; s++ {
			r.call(map[string]bool{"nats": false}, nil, false, at(s))
		}
		r.call(map[string]bool{"nats": true}, []string{"a"}, true, at(100))
		want := maps.Clone(all)
		want["dispatcher:a"], want["tracker:y"] = true, true
		expect(t, r, want)
	})
	t.Run("Forgets", func(t *testing.T) {
		r := newRoll()
		for i := range 100 {
			r.hear(fmt.Sprint(i), at(i*1000))
			r.call(nil, nil, true, at(i*1000+20))
			r.call(nil, nil, true, at(i*1000+700))
		}
		if len(r.heard) > 1 || len(r.standing) > 1 {
			t.Errorf("%d trackers, %d parts are remembered", len(r.heard), len(r.standing))
		}
	})
}
