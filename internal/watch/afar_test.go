package watch_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/watch"
	"github.com/cabstand/cabstand/internal/wire"
)

func subscribeAfar(tb testing.TB, o *watch.Operator, cells ...geo.Cell) {
	tb.Helper()
	f := wire.SubscribeFrame{Type: wire.FrameSubscribe, Detail: wire.DetailCells}
	for _, cell := range cells {
		f.Cells = append(f.Cells, string(cell))
	}
	if err := o.Subscribe(f); err != nil {
		tb.Fatal(err)
	}
	synctest.Wait()
}

// chart is what a page has made of the frames: the cells where there is anything.
type chart map[string]wire.CellCount

func (c chart) take(tb testing.TB, frames []watch.Frame) {
	tb.Helper()
	for _, f := range ofType[wire.CellsFrame](tb, frames, wire.FrameCells) {
		for _, told := range f.Cells {
			if c[told.Cell] == told {
				tb.Errorf("%s was told again though nothing changed: %+v", told.Cell, told)
			}
			if c[told.Cell] = told; told.Available+told.Busy+told.Open == 0 {
				delete(c, told.Cell)
			}
		}
	}
}

// count is what a chart of the owner cells is to be, from the store and from
// where drivers are.
func (w *world) count(length int, owners ...geo.Cell) chart {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := chart{}
	add := func(p geo.Point, available, busy, open int) {
		if !slices.Contains(owners, geo.CellOf(p, geo.OwnerLength)) {
			return
		}
		cell := string(geo.CellOf(p, length))
		was := c[cell]
		c[cell] = wire.CellCount{Cell: cell, Available: was.Available + available, Busy: was.Busy + busy, Open: was.Open + open}
	}
	busy := map[string]bool{}
	for _, t := range w.trips {
		busy[t.DriverID] = busy[t.DriverID] || t.State.HasDriver()
		if t.State == trip.Searching {
			add(t.Pickup, 0, 0, 1)
		}
	}
	for _, l := range w.drivers {
		switch {
		case !l.Fresh(time.Now(), 15*time.Second):
		case busy[l.DriverID]:
			add(l.Point, 0, 1, 0)
		case l.Available:
			add(l.Point, 1, 0, 0)
		}
	}
	return c
}

func TestOperator_FromAfar(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.drive("d1", centre, nil)
		w.drive("d2", centre, nil)
		w.deliver(w.request("a", "r1", centre)...)
		o := w.hub.Operator()
		l := listen(o)
		defer l.stop()
		subscribeAfar(t, o, cell)
		frames := l.taken()
		here := string(geo.CellOf(centre, 6))
		if got := ofType[wire.SubscribedFrame](t, frames[:1], "subscribed"); len(got) != 1 || got[0].Detail != wire.DetailCells {
			t.Fatalf("first came %s", frames[0].Data)
		}
		got := ofType[wire.CellsFrame](t, frames, "cells")
		if len(got) != 1 || !slices.Equal(got[0].Cells, []wire.CellCount{{Cell: here, Available: 2, Open: 1}}) {
			t.Fatalf("at once: %+v", got)
		}
		pass(3 * pulse)
		if got := ofType[wire.CellsFrame](t, l.taken(), "cells"); len(got) > 0 {
			t.Errorf("nothing changed, and still %+v", got)
		}
		w.deliver(w.accept("a", "d1")...)
		w.drive("d1", centre, nil)
		w.drive("d2", geo.Destination(centre, 0, 50), nil)
		pass(pulse)
		frames = l.taken()
		got = ofType[wire.CellsFrame](t, frames, "cells")
		if len(got) != 1 || !slices.Equal(got[0].Cells, []wire.CellCount{{Cell: here, Available: 1, Busy: 1}}) {
			t.Errorf("with a driver: %+v", got)
		}
		if len(drivers(t, frames)) > 0 || len(versions(frames, "a")) > 0 {
			t.Errorf("drivers or trips are told one by one: %+v", frames)
		}
		pass(20 * time.Second) // both are silent by now
		got = ofType[wire.CellsFrame](t, l.taken(), "cells")
		if len(got) != 1 || !slices.Equal(got[0].Cells, []wire.CellCount{{Cell: here}}) {
			t.Errorf("silent: %+v, want the empty cell told once", got)
		}
		subscribe(t, o, cell)
		frames = l.taken()
		if !slices.Equal(versions(frames, "a"), []int64{2}) || len(drivers(t, frames)) != 2 {
			t.Errorf("from near again: %+v", frames)
		}
	})
}

// Where nobody is the first frame says so: a page that waits for it would wait
// for ever.
func TestOperator_FromAfarOnNobody(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		o := w.hub.Operator()
		l := listen(o)
		defer l.stop()
		subscribeAfar(t, o, cell)
		if got := ofType[wire.CellsFrame](t, l.taken(), "cells"); len(got) != 1 || got[0].Cells == nil || len(got[0].Cells) > 0 {
			t.Errorf("%+v, want one empty list", got)
		}
	})
}

// One operator's view from afar takes nothing from another's from near.
func TestOperator_FromAfarBesideNear(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		afar, near := w.hub.Operator(), w.hub.Operator()
		first, second := listen(afar), listen(near)
		defer first.stop()
		defer second.stop()
		subscribeAfar(t, afar, cell)
		subscribe(t, near, cell)
		first.taken()
		w.drive("d1", centre, nil)
		w.deliver(w.request("a", "r1", centre)...)
		pass(pulse)
		if got := second.taken(); drivers(t, got)["d1"].ID == "" || len(versions(got, "a")) != 1 {
			t.Errorf("near: %+v", got)
		}
		if got := ofType[wire.CellsFrame](t, first.taken(), "cells"); len(got) != 1 || got[0].Cells[0].Available != 1 || got[0].Cells[0].Open != 1 {
			t.Errorf("afar: %+v", got)
		}
	})
}

// Whatever drivers and trips do, a page that takes in frame after frame has the
// counts that a look at the store and at all positions gives.
func TestOperator_FromAfarCountsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(bubbled{t}, func(rt *rapid.T) {
			w := newWorld()
			defer w.run(t)()
			owners := []geo.Cell{cell}
			length := 6
			if rapid.Bool().Draw(rt, "wide") {
				owners, length = append(cell.Neighbors(), cell), 5
			}
			o := w.hub.Operator()
			l := listen(o)
			defer l.stop()
			seen := chart{}
			subscribed := false
			anywhere := rapid.Custom(func(rt *rapid.T) geo.Point {
				return geo.Destination(centre, rapid.Float64Range(0, 360).Draw(rt, "bearing"), rapid.Float64Range(0, 30_000).Draw(rt, "metres"))
			})
			for n := range rapid.IntRange(1, 25).Draw(rt, "steps") {
				switch rapid.IntRange(0, 5).Draw(rt, "step") {
				case 0:
					w.deliver(w.request(fmt.Sprintf("t%d", n), "r", anywhere.Draw(rt, "pickup"))...)
				case 1:
					if ids := slices.Sorted(maps.Keys(w.trips)); len(ids) > 0 {
						w.deliver(w.step(rapid.SampledFrom(ids).Draw(rt, "trip"))...)
					}
				case 2:
					if !subscribed {
						subscribeAfar(t, o, owners...)
						subscribed = true
					}
				default:
					id := rapid.SampledFrom([]string{"d1", "d2", "d3", "driver-of-t1", "driver-of-t2"}).Draw(rt, "driver")
					available := rapid.Bool().Draw(rt, "available")
					w.drive(id, anywhere.Draw(rt, "at"), func(l *driver.Location) { l.Available = available })
				}
				pass(time.Duration(rapid.SampledFrom([]int{1, 2, 9}).Draw(rt, "pulses")) * time.Second)
				seen.take(t, l.taken())
				if want := w.count(length, owners...); subscribed && !maps.Equal(seen, want) {
					rt.Fatalf("the page has %v, there is %v", seen, want)
				}
			}
		})
	})
}
