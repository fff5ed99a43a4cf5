package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of /proc/<pid>/stat: Linux fixes it for every program.
const tick = time.Second / 100

// processor is the processor time that a process has used, in user mode and in
// the kernel for it, with all its threads.
func processor(pid int) (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseStat(data)
}

// parseStat reads utime and stime. The program's name, in brackets, may hold
// anything.
func parseStat(data []byte) (time.Duration, error) {
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/<pid>/stat: %q has too few fields", data)
	}
	var sum uint64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseUint(f, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("/proc/<pid>/stat: %w", err)
		}
		sum += n
	}
	return time.Duration(sum) * tick, nil
}

// resident is the memory of a process that is in use, in bytes.
func resident(pid int) (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	return parseResident(data)
}

func parseResident(data []byte) (int64, error) {
	for line := range strings.Lines(string(data)) {
		var kib int64
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kib); err == nil {
			return kib << 10, nil
		}
	}
	return 0, fmt.Errorf("/proc/<pid>/status: no VmRSS")
}

// processes are those whose processor time is measured, by their part.
type processes map[string]int

// spending is processor time by part.
type spending map[string]time.Duration

func (p processes) spent() (spending, error) {
	s := spending{}
	for part, pid := range p {
		t, err := processor(pid)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part, err)
		}
		s[part] = t
	}
	return s, nil
}

func (s spending) since(began spending) spending {
	d := spending{}
	for part := range s {
		d[part] = s[part] - began[part]
	}
	return d
}

// each is microseconds for one of n, of the given parts together.
func (s spending) each(n float64, parts ...string) float64 {
	var sum time.Duration
	for _, p := range parts {
		sum += s[p]
	}
	return float64(sum.Microseconds()) / n
}
