package main

import (
	"fmt"
	"runtime"
	"syscall"
	"time"

	"github.com/cabstand/cabstand/internal/match"
)

// ours is our solver, cold, on so many threads: a new one for each solve.
func ours(threads int, inputs []input) func(k int) (answer, error) {
	return func(k int) (answer, error) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
		runtime.GC() // what others left behind is not ours to sweep
		var solver match.Solver
		return timed(&solver, inputs[k].problem)
	}
}

// timed solves a problem. What it takes to put the list of arcs into rows is
// counted; the check of the certificate is not.
func timed(solver *match.Solver, problem func() match.Problem) (answer, error) {
	spent, begin := processor(), time.Now()
	found := solver.Solve(problem())
	a := answer{int64(found.Total), time.Since(begin), processor() - spent}
	if err := match.Verify(problem(), found); err != nil {
		return answer{}, fmt.Errorf("certificate: %w", err)
	}
	return a, nil
}

// processor is the processor time that this program has used, all its threads
// together.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // it has no way to fail with these arguments
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
