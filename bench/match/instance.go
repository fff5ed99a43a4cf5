package main

import (
	"bufio"
	"encoding/binary"
	"io"

	"github.com/cabstand/cabstand/internal/match"
)

// instance is a problem as every contender gets it: a list of arcs, rider by
// rider, and the price of leaving each rider unserved.
type instance struct {
	name            string
	riders, drivers int
	prices          []int32
	arcs            []arc
	riderKeys       []uint64
	driverKeys      []uint64
}

type arc struct{ rider, driver, cost int32 }

// snapshot is the scene as a problem.
func (c *scene) snapshot() *instance {
	in := &instance{name: c.name, riders: len(c.riders), drivers: len(c.drivers)}
	var hits []near
	for i, r := range c.riders {
		in.prices = append(in.prices, r.price)
		in.riderKeys = append(in.riderKeys, r.key)
		hits = c.around(hits, r)
		for _, h := range hits {
			in.arcs = append(in.arcs, arc{int32(i), h.driver, drive(r, c.drivers[h.driver])})
		}
	}
	for _, d := range c.drivers {
		in.driverKeys = append(in.driverKeys, d.key)
	}
	return in
}

// write writes the instance for the peers: little-endian int32, first the counts
// of riders, drivers and arcs, then the prices, then the arcs' riders, drivers
// and costs, each in a row.
func (in *instance) write(w io.Writer) error {
	out := bufio.NewWriter(w)
	var word [4]byte
	put := func(v int32) {
		binary.LittleEndian.PutUint32(word[:], uint32(v))
		_, _ = out.Write(word[:]) // an error stays, and Flush returns it
	}
	for _, n := range []int{in.riders, in.drivers, len(in.arcs)} {
		put(int32(n))
	}
	for _, p := range in.prices {
		put(p)
	}
	for _, a := range in.arcs {
		put(a.rider)
	}
	for _, a := range in.arcs {
		put(a.driver)
	}
	for _, a := range in.arcs {
		put(a.cost)
	}
	return out.Flush()
}

// input is the instance in the form that our solver takes.
type input struct {
	*instance
	unserved []match.Cost
	list     []match.Arc
}

func (in *instance) input() input {
	p := input{instance: in}
	for _, price := range in.prices {
		p.unserved = append(p.unserved, match.Cost(price))
	}
	for _, a := range in.arcs {
		p.list = append(p.list, match.Arc{Request: int(a.rider), Driver: int(a.driver), Cost: match.Cost(a.cost)})
	}
	return p
}

// problem is the instance to be solved without knowledge of any before it.
func (p input) problem() match.Problem {
	return match.Problem{Unserved: p.unserved, Drivers: p.drivers, Arcs: match.Listed(p.riders, p.list)}
}

// tick is the instance as the next one of a sequence.
func (p input) tick() match.Problem {
	t := p.problem()
	t.RequestKeys, t.DriverKeys = p.riderKeys, p.driverKeys
	return t
}
