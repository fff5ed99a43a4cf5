package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// areas is the part of a store that keeps areas. A replay's has none.
type areas interface {
	Areas(ctx context.Context) ([]wire.Area, error)
	AreasRevision(ctx context.Context) (int64, error)
	SetArea(ctx context.Context, a wire.Area, check func(others []wire.Area) error, log ...audit.Entry) error
	DeleteArea(ctx context.Context, id string, log ...audit.Entry) error
}

func anyArea([]wire.Area) error { return nil }

func areaOf(id string, p *wire.Policy) wire.Area {
	return wire.Area{
		ID: id, Name: "Ålesund " + id, Color: "#aabbcc", Shape: json.RawMessage(`{"type":"Polygon","coordinates":[]}`),
		Policy: p, SetBy: "o1", SetAt: start.UTC().Truncate(trip.Precision),
	}
}

func testAreas(t *testing.T, p Place) {
	store := mustOpen(t, p)
	s, ok := store.(areas)
	if !ok {
		t.Skip("this store keeps no areas")
	}
	expect := func(want ...wire.Area) {
		t.Helper()
		got, err := s.Areas(t.Context())
		have, _ := json.Marshal(append([]wire.Area{}, got...))
		wanted, _ := json.Marshal(append([]wire.Area{}, want...))
		if err != nil || string(have) != string(wanted) {
			t.Errorf("%s, %v, want %s", have, err, wanted)
		}
	}
	revision := func() int64 {
		t.Helper()
		n, err := s.AreasRevision(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	did := audit.Entry{At: start, By: "o1", Action: "area.set", Subject: "area:b"}
	before := revision()
	b, a := areaOf("b", &wire.Policy{Policy: "greedy", WindowS: 0.25, MaxSwaps: -1}), areaOf("a", nil)
	for _, area := range []wire.Area{b, a} {
		if err := s.SetArea(t.Context(), area, anyArea, did); err != nil {
			t.Fatal(err)
		}
	}
	expect(a, b)
	if revision() <= before {
		t.Error("the revision tells of no change")
	}
	t.Run("Refused", func(t *testing.T) {
		before, no := revision(), errors.New("no")
		changed := b
		changed.Name = "another"
		var told []string
		err := s.SetArea(t.Context(), changed, func(others []wire.Area) error {
			told = nil
			for _, other := range others {
				told = append(told, other.ID)
			}
			return no
		}, did)
		if !errors.Is(err, no) || !slices.Equal(told, []string{"a"}) || revision() != before {
			t.Errorf("%v, told of %v, revision %d after %d", err, told, revision(), before)
		}
		expect(a, b)
	})
	t.Run("Replace", func(t *testing.T) {
		b = areaOf("b", nil)
		b.Color = ""
		if err := s.SetArea(t.Context(), b, anyArea); err != nil {
			t.Fatal(err)
		}
		expect(a, b)
	})
	t.Run("Delete", func(t *testing.T) {
		before := revision()
		if err := s.DeleteArea(t.Context(), "b", did); err != nil {
			t.Fatal(err)
		}
		expect(a)
		if revision() == before {
			t.Error("the revision tells of no change")
		}
		wantFault(t, s.DeleteArea(t.Context(), "b", did), fault.NotFound)
	})
	page, _, err := store.Audited(t.Context(), audit.Query{Subject: "area:b", Limit: 10})
	if err != nil || len(page) != 3 {
		t.Errorf("%d entries, %v, want one for each change that was made", len(page), err)
	}
}

// Two who set areas at the same time see each other: each is refused that comes
// second, or none sees what it should.
func testAreasRace(t *testing.T, p Place) {
	s, ok := mustOpen(t, p).(areas)
	if !ok {
		t.Skip("this store keeps no areas")
	}
	var setting sync.WaitGroup
	taken := fault.New(fault.WrongState, "there is one")
	errs := make([]error, 8)
	for i := range errs {
		setting.Go(func() {
			errs[i] = s.SetArea(t.Context(), areaOf(fmt.Sprint(i), nil), func(others []wire.Area) error {
				if len(others) > 0 {
					return taken
				}
				return nil
			})
		})
	}
	setting.Wait()
	all, err := s.Areas(t.Context())
	refused := 0
	for _, err := range errs {
		if errors.Is(err, taken) {
			refused++
		}
	}
	if err != nil || len(all) != 1 || refused != 7 {
		t.Errorf("%d areas, %d refused, %v: %v", len(all), refused, err, errs)
	}
}
