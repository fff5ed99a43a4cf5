package main

import (
	"fmt"
	"syscall"
	"time"
)

// spent is what a turn took: of the processor, which says the same on a busy
// machine as on an idle one, and by the clock on the wall.
type spent struct{ processor, wall time.Duration }

// moment is when a turn began.
type moment struct {
	processor time.Duration
	wall      time.Time
}

func now() moment { return moment{processor(), time.Now()} }

func (m moment) since() spent { return spent{processor() - m.processor, time.Since(m.wall)} }

// processor is the processor time that this program has used, with the garbage
// collector's.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(fmt.Sprintf("getrusage of this process: %v", err)) // it cannot fail
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
