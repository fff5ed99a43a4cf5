package signin

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/internal/fault"
)

func TestHasher(t *testing.T) {
	h := newHasher()
	first, err := h.hash(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	second, err := h.hash(t.Context(), "correct horse battery")
	if err != nil || first == second {
		t.Errorf("two hashes without a salt of their own: %s, %v", second, err)
	}
	for password, want := range map[string]bool{"correct horse battery": true, "correct horse batterz": false, "": false} {
		if got, err := h.matches(t.Context(), first, password); got != want || err != nil {
			t.Errorf("%q: %v, %v", password, got, err)
		}
	}
}

// The hash of nobody, which stands in for ids that are unknown, costs what all
// others do, and is of no password.
func TestHasher_Nobody(t *testing.T) {
	h := newHasher()
	nobody := NewDoor(nil, nil, NewEnded(), nil, nil, nil).nobody
	real, err := h.hash(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	cost := func(hash string) string { return strings.Join(strings.Split(hash, "$")[:4], "$") }
	if cost(nobody) != cost(real) || len(nobody) != len(real) {
		t.Errorf("%s and %s", nobody, real)
	}
	if ok, err := h.matches(t.Context(), nobody, ""); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}

// More than a few do not hash at a time, and not many wait.
func TestHasher_Bounded(t *testing.T) {
	h := newHasher()
	for range hashesAtOnce {
		if _, err := h.take(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 * mostWaiting { // each gives its place in the queue back
		if _, err := h.take(gone); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("got %v", err)
		}
	}
	for range mostWaiting {
		h.queue <- struct{}{}
	}
	if _, err := h.take(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a full queue: %v", err)
	}
}

func FuzzParsePHC(f *testing.F) {
	for _, hash := range []string{"", "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=99999999,t=2,p=1$AAAA$AAAA"} {
		f.Add(hash)
	}
	f.Fuzz(func(t *testing.T, hash string) {
		p, err := parsePHC(hash)
		if err != nil {
			if !fault.Is(err, fault.Internal) {
				t.Errorf("%v", err)
			}
			return
		}
		if p.memory > mostMemoryKiB || p.lanes == 0 || p.passes == 0 || len(p.salt) < 8 || len(p.sum) < 16 {
			t.Errorf("%q is accepted: %+v", hash, p)
		}
	})
}

func TestEnded(t *testing.T) {
	e, now := NewEnded(), trialTime
	var told []string
	tell := func(who string) func() { return func() { told = append(told, who) } }
	e.Await("a", tell("first"))
	leave := e.Await("a", tell("who left"))
	e.Await("b", tell("other session"))
	e.Await("", tell("no session"))
	leave()
	e.Add(now, "a", "")
	e.Add(now, "a")
	e.Await("a", tell("late"))
	if strings.Join(told, ", ") != "first, late" {
		t.Errorf("told: %v", told)
	}
	if !e.Has("a") || e.Has("b") || e.Has("") {
		t.Error("not the sessions that ended")
	}
	e.Add(now.Add(keepEnded/2), "c")
	if !e.Has("a") {
		t.Error("forgotten while its tokens may be good")
	}
	e.Add(now.Add(keepEnded+1), "d")
	if e.Has("a") || !e.Has("c") || len(e.waiting) != 1 {
		t.Errorf("%v, %v", e.forget, e.waiting)
	}
	var none *Ended
	none.Await("a", tell("none"))()
	if none.Has("a") {
		t.Error("none has one")
	}
}

// While the store is away, sessions that ended stay ended.
func TestDoor_StoreAway(t *testing.T) {
	store := &awayStore{ended: []string{"a"}}
	ended := NewEnded()
	d := NewDoor(store, nil, ended, nil, trialClock, quiet)
	if got := d.look(t.Context()); len(got) != 1 || !ended.Has("a") {
		t.Fatalf("%v", got)
	}
	store.err = errors.New("away")
	if got := d.look(t.Context()); got != nil || !ended.Has("a") {
		t.Errorf("%v", got)
	}
}
