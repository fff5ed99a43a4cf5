package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"reflect"
	"slices"
	"testing"
)

var small = size{name: "small", riders: 40, drivers: 60, nearest: 7, price: quarter}

func TestScene_SeedDecides(t *testing.T) {
	a, b := newScene(small, 1), newScene(small, 1)
	for range 3 {
		if !reflect.DeepEqual(a.snapshot(), b.snapshot()) {
			t.Fatal("two scenes of one seed differ")
		}
		a.step(0.1, true)
		b.step(0.1, true)
	}
	if reflect.DeepEqual(newScene(small, 1).snapshot(), newScene(small, 2).snapshot()) {
		t.Error("the seed changes nothing")
	}
}

// TestScene_AroundIsNearest holds the search against a full sort.
func TestScene_AroundIsNearest(t *testing.T) {
	for seed := range uint64(20) {
		c := newScene(small, seed)
		for i := 1; i < len(c.drivers); i += 3 {
			c.drivers[i].at = c.drivers[i-1].at // ties
		}
		for _, r := range c.riders {
			var all []near
			for i, d := range c.drivers {
				all = append(all, near{square(r.at, d.at), int32(i)})
			}
			slices.SortFunc(all, func(a, b near) int {
				return cmp.Or(cmp.Compare(a.square, b.square), cmp.Compare(a.driver, b.driver))
			})
			if got := c.around(nil, r); !slices.Equal(got, all[:small.nearest]) {
				t.Fatalf("seed %d: around %v: %v, want %v", seed, r.at, got, all[:small.nearest])
			}
		}
	}
}

func TestScene_AroundDenseIsAll(t *testing.T) {
	s := small
	s.nearest = 0
	in := newScene(s, 1).snapshot()
	if len(in.arcs) != s.riders*s.drivers {
		t.Fatalf("%d arcs", len(in.arcs))
	}
	for i, a := range in.arcs {
		if int(a.rider) != i/s.drivers || int(a.driver) != i%s.drivers {
			t.Fatalf("arc %d is of rider %d and driver %d", i, a.rider, a.driver)
		}
	}
}

func TestScene_StepReplacesAShare(t *testing.T) {
	c := newScene(size{riders: 2000, drivers: 2000, nearest: 1, price: quarter}, 1)
	riders, drivers := slices.Clone(c.riders), slices.Clone(c.drivers)
	c.step(0.1, true)
	seen := map[uint64]bool{}
	count := func(now, then []agent, reach int64) (replaced int) {
		for i, a := range now {
			if seen[a.key] {
				t.Errorf("two have the key %d", a.key)
			}
			seen[a.key] = true
			if a.key != then[i].key {
				replaced++
			} else if d := square(a.at, then[i].at); d > reach*reach {
				t.Errorf("%d jumped %.0f m", a.key, math.Sqrt(float64(d)))
			}
		}
		return replaced
	}
	for _, n := range []int{count(c.riders, riders, 0), count(c.drivers, drivers, 2*speed)} {
		if n < 150 || n > 250 {
			t.Errorf("%d of 2000 were replaced, want about 200", n)
		}
	}
}

func TestDrive(t *testing.T) {
	for seed := range uint64(3) {
		c := newScene(small, seed)
		for _, r := range c.riders {
			if r.price < quarter || r.price >= 3*quarter {
				t.Errorf("price %d", r.price)
			}
			for _, d := range c.drivers {
				straight := math.Hypot(float64(r.at.x-d.at.x), float64(r.at.y-d.at.y)) * circuity / speed * 1000
				if got := float64(drive(r, d)); got < 0.8*straight-1 || got > 1.25*straight {
					t.Errorf("%v to %v costs %v ms, the straight line %v", d.at, r.at, got, straight)
				}
			}
		}
	}
}

func TestInstance_Write(t *testing.T) {
	in := &instance{riders: 2, drivers: 3, prices: []int32{70, 80}, arcs: []arc{{0, 2, 5}, {1, 0, 6}}}
	var file bytes.Buffer
	if err := in.write(&file); err != nil {
		t.Fatal(err)
	}
	got := make([]int32, file.Len()/4)
	if err := binary.Read(&file, binary.LittleEndian, got); err != nil {
		t.Fatal(err)
	}
	if want := []int32{2, 3, 2, 70, 80, 0, 1, 2, 0, 5, 6}; !slices.Equal(got, want) {
		t.Errorf("wrote %v, want %v", got, want)
	}
}
