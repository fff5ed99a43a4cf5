package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	got, err := parseStat([]byte("42 (a ) b) S 1 1 1 0 -1 4194560 100 0 0 0 250 50 7 7 20 0 5 0"))
	if err != nil || got != 3*time.Second {
		t.Errorf("got %v, %v; want 3s", got, err)
	}
	if _, err := parseStat([]byte("42 (a) S 1")); err == nil {
		t.Error("a line that was cut is taken")
	}
}

func TestParseResident(t *testing.T) {
	got, err := parseResident([]byte("Name:\tx\nVmHWM:\t  9000 kB\nVmRSS:\t    2048 kB\n"))
	if err != nil || got != 2<<20 {
		t.Errorf("got %d, %v; want 2 MiB", got, err)
	}
}

// The kernel tells a process' own time in a second way.
func TestProcesses_Spent(t *testing.T) {
	p := processes{"us": os.Getpid()}
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("skipped: no /proc here")
	}
	before := ourTime(t)
	got, err := p.spent()
	if err != nil {
		t.Fatal(err)
	}
	if after := ourTime(t); got["us"] < before-2*tick || got["us"] > after+2*tick {
		t.Errorf("got %v, want %v to %v", got["us"], before, after)
	}
}

func ourTime(t *testing.T) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestParseSamples(t *testing.T) {
	got, err := parseSamples(strings.NewReader("# HELP x y\n# TYPE x counter\nx{part=\"mirror\"} 12\ny 1.5e+06\n"))
	if err != nil || got[`x{part="mirror"}`] != 12 || got["y"] != 1.5e6 || len(got) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
}
