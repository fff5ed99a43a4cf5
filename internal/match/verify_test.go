package match_test

import (
	"slices"
	"testing"

	"github.com/cabstand/cabstand/internal/match"
)

// TestVerify_Refutes hands in an optimal solution with one thing wrong. Where a
// dual is wrong the total is in step with it, so that the sum alone tells nothing.
func TestVerify_Refutes(t *testing.T) {
	in := instance{
		unserved: []match.Cost{100, 100, 20},
		drivers:  3,
		arcs: []match.Arc{
			{Request: 0, Driver: 0, Cost: 10}, {Request: 0, Driver: 1, Cost: 30},
			{Request: 1, Driver: 0, Cost: 15}, {Request: 1, Driver: 1, Cost: 60},
			{Request: 2, Driver: 0, Cost: 19},
		},
	}
	for name, spoil := range map[string]func(s *match.Solution){
		"WrongTotal":          func(s *match.Solution) { s.Total++ },
		"DearerPairs":         func(s *match.Solution) { s.DriverOf[0], s.DriverOf[1] = 0, 1 },
		"LeftOut":             func(s *match.Solution) { s.DriverOf[0] = match.None },
		"DriverTwice":         func(s *match.Solution) { s.DriverOf[1] = s.DriverOf[0] },
		"NoSuchDriver":        func(s *match.Solution) { s.DriverOf[0] = 3 },
		"NoArc":               func(s *match.Solution) { s.DriverOf[2] = 2 },
		"ServedDualTooHigh":   func(s *match.Solution) { s.RequestDual[0]++; s.Total++ },
		"ServedDualTooLow":    func(s *match.Solution) { s.RequestDual[0]--; s.Total-- },
		"UnservedDualTooHigh": func(s *match.Solution) { s.RequestDual[2]++; s.Total++ },
		"UnservedDualTooLow":  func(s *match.Solution) { s.RequestDual[2]--; s.Total-- },
		"BusyDualTooLow":      func(s *match.Solution) { s.DriverDual[0]--; s.Total-- },
		"IdleDualTooLow":      func(s *match.Solution) { s.DriverDual[2]--; s.Total-- },
		"DriverDualPositive":  func(s *match.Solution) { s.DriverDual[2]++; s.Total++ },
		"TooFewRequests":      func(s *match.Solution) { s.DriverOf = s.DriverOf[:2] },
		"TooFewDrivers":       func(s *match.Solution) { s.DriverDual = s.DriverDual[:2] },
	} {
		t.Run(name, func(t *testing.T) {
			var solver match.Solver
			solution := solver.Solve(in.problem())
			if want := []int{1, 0, match.None}; !slices.Equal(solution.DriverOf, want) {
				t.Fatalf("drivers = %v, want %v", solution.DriverOf, want)
			}
			if err := match.Verify(in.problem(), solution); err != nil {
				t.Fatalf("unspoilt: %v", err)
			}
			spoil(&solution)
			if err := match.Verify(in.problem(), solution); err == nil {
				t.Error("it is taken for optimal")
			}
		})
	}
}
