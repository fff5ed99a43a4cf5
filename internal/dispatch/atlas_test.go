package dispatch

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"testing"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// drawer is a store of areas in memory.
type drawer struct {
	areas    []wire.Area
	revision int64
	read     int
	away     error
}

func (s *drawer) Areas(context.Context) ([]wire.Area, error) {
	s.read++
	return s.areas, s.away
}
func (s *drawer) AreasRevision(context.Context) (int64, error) { return s.revision, s.away }
func (s *drawer) SetArea(_ context.Context, a wire.Area, check func([]wire.Area) error, _ ...audit.Entry) error {
	others := wire.OtherAreas(slices.Clone(s.areas), a.ID)
	if err := check(others); err != nil {
		return err
	}
	s.areas, s.revision = append(others, a), s.revision+1
	return nil
}
func (s *drawer) DeleteArea(_ context.Context, id string, _ ...audit.Entry) error {
	s.areas, s.revision = wire.OtherAreas(s.areas, id), s.revision+1
	return nil
}

// drawn is an area between two longitudes, with a policy unless its name is "".
func drawn(id string, west, east float64, policy string) wire.Area {
	shape, _ := json.Marshal(map[string]any{"type": "Polygon", "coordinates": [][][]float64{{{west, 40}, {east, 40}, {east, 41}, {west, 41}, {west, 40}}}})
	a := wire.Area{ID: id, Name: "of " + id, Shape: shape}
	if policy != "" {
		p := regimeOf(DefaultPolicy).Public()
		p.Policy = policy
		a.Policy = &p
	}
	return a
}

func (d *Dispatcher) areaNames() (names []string) {
	for _, a := range *d.areas.Load() {
		names = append(names, a.ID+" "+a.Regime.Name)
	}
	return names
}

func TestAtlas(t *testing.T) {
	s, d := &drawer{}, alone(DefaultPolicy)
	a := NewAtlas(d, s, slog.New(slog.DiscardHandler))
	set := func(one wire.Area) error {
		_, err := a.Set(t.Context(), one)
		return err
	}
	expect := func(what string, want ...string) {
		t.Helper()
		if got := d.areaNames(); !slices.Equal(got, want) {
			t.Errorf("%s: the dispatcher goes by %q, want %q", what, got, want)
		}
	}
	for _, one := range []wire.Area{drawn("a", 1, 2, Greedy), drawn("plain", 0, 9, ""), drawn("b", 2, 3, Fifo)} {
		if err := set(one); err != nil {
			t.Fatal(err)
		}
	}
	expect("set", "a greedy", "b fifo")
	if err := set(drawn("c", 1.5, 1.7, Fifo)); !fault.Is(err, fault.WrongState) || !slices.Contains([]string{`it overlaps the area "a" (of a), which has a policy of its own too`}, err.(*fault.Error).Detail) {
		t.Errorf("overlapping: %v", err)
	}
	if err := set(drawn("a", 1, 1.5, Optimal)); err != nil {
		t.Errorf("changed in its own place: %v", err)
	}
	wrong := drawn("d", 5, 6, Fifo)
	wrong.Policy.PickupCapS = -1
	if err := set(wrong); !fault.Is(err, fault.Invalid) {
		t.Errorf("a policy that is not accepted: %v", err)
	}
	expect("refused", "b fifo", "a optimal")
	if err := a.Delete(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	expect("deleted", "a optimal")
}

func TestAtlas_Look(t *testing.T) {
	odd := drawn("odd", 3, 4, "by lot")
	broken := drawn("broken", 5, 6, Fifo)
	broken.Shape = json.RawMessage(`{"type":"Circle"}`)
	s, d := &drawer{areas: []wire.Area{drawn("a", 1, 2, Greedy), odd, broken}}, alone(DefaultPolicy)
	a := NewAtlas(d, s, slog.New(slog.DiscardHandler))
	look := func(what string, read int, want ...string) {
		t.Helper()
		if err := a.look(t.Context()); err != s.away {
			t.Errorf("%s: %v", what, err)
		}
		if got := d.areaNames(); !slices.Equal(got, want) || s.read != read {
			t.Errorf("%s: %q after %d readings, want %q after %d", what, got, s.read, want, read)
		}
	}
	look("after a restart, without what is not understood", 1, "a greedy")
	look("nothing new", 1, "a greedy")
	s.areas, s.revision = []wire.Area{drawn("a", 1, 2, Fifo)}, 7 // set at another dispatcher
	look("changed elsewhere", 2, "a fifo")
	s.areas, s.revision, s.away = nil, 8, fault.New(fault.Unavailable, "away")
	look("the store is away", 2, "a fifo")
	s.away = nil
	look("and back", 3)
}
