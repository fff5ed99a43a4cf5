package match_test

import (
	"encoding/binary"
	"testing"

	"github.com/cabstand/cabstand/internal/match"
)

// FuzzSolver reads a problem out of bytes: the counts, then prices, then arcs.
func FuzzSolver(f *testing.F) {
	f.Add([]byte{2, 2, 9, 0, 9, 0, 0, 0, 1, 0, 0, 1, 2, 0, 1, 0, 3, 0})
	f.Add([]byte{3, 1, 255, 127, 0, 128, 1, 0, 0, 0, 255, 127, 1, 0, 0, 128})
	var solver match.Solver
	f.Fuzz(func(t *testing.T, data []byte) {
		in := decode(data)
		p := in.problem()
		p.RequestKeys, p.DriverKeys = numbers(len(in.unserved)), numbers(in.drivers)
		if len(data)%2 == 0 {
			solver.Warm()
		}
		solution := solver.Solve(p)
		if want := flow(in); solution.Total != want {
			t.Fatalf("total = %d, the flow costs %d", solution.Total, want)
		}
		if err := match.Verify(p, solution); err != nil {
			t.Fatal(err)
		}
	})
}

// decode takes small costs as they are and stretches the largest to the limits.
func decode(data []byte) (in instance) {
	next := func(n int) []byte {
		b := make([]byte, n)
		data = data[copy(b, data):]
		return b
	}
	cost := func() match.Cost {
		c := match.Cost(int16(binary.LittleEndian.Uint16(next(2))))
		if c > 32_000 || c < -32_000 {
			c *= match.Dearest / 32_100
		}
		return c
	}
	counts := next(2)
	in.unserved, in.drivers = make([]match.Cost, counts[0]%16), int(counts[1]%16)
	for i := range in.unserved {
		in.unserved[i] = cost()
	}
	for len(data) > 0 && len(in.unserved) > 0 && in.drivers > 0 && len(in.arcs) < 200 {
		ends := next(2)
		in.arcs = append(in.arcs, match.Arc{Request: int(ends[0]) % len(in.unserved), Driver: int(ends[1]) % in.drivers, Cost: cost()})
	}
	return in
}
