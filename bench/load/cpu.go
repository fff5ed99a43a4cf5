package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tick is the unit in which /proc counts processor time: a hundredth of a second
// on every Linux of ours.
const tick = 10 * time.Millisecond

// usage is processor time by the name of the program: this process, NATS within
// it, and all that it started.
type usage map[string]time.Duration

// usageNow reads what all of them have used until now. A process that ended
// counts no more.
func usageNow() usage {
	all := map[int]proc{}
	paths, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well-formed
	for _, path := range paths {
		if data, err := os.ReadFile(path); err == nil { // else it has just ended
			if p, ok := parseStat(string(data)); ok {
				all[p.id] = p
			}
		}
	}
	used := usage{}
	for _, p := range all {
		if descends(all, p, os.Getpid()) {
			used[p.name] += p.used
		}
	}
	return used
}

// proc is a process, as /proc/PID/stat tells.
type proc struct {
	id, parent int
	name       string
	used       time.Duration
}

// parseStat reads "id (name) state parent … utime stime …". The name may have
// any characters.
func parseStat(line string) (p proc, ok bool) {
	open, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return p, false
	}
	fields := strings.Fields(line[end+1:])
	if len(fields) < 13 {
		return p, false
	}
	numbers := make([]int, 0, 4)
	for _, text := range []string{strings.TrimSpace(line[:open]), fields[1], fields[11], fields[12]} {
		n, err := strconv.Atoi(text)
		if err != nil {
			return p, false
		}
		numbers = append(numbers, n)
	}
	return proc{numbers[0], numbers[1], line[open+1 : end], time.Duration(numbers[2]+numbers[3]) * tick}, true
}

// descends reports whether p is the ancestor or comes from it.
func descends(all map[int]proc, p proc, ancestor int) bool {
	for range len(all) { // no longer than a chain can be, should ids be used again meanwhile
		if p.id == ancestor {
			return true
		}
		parent, known := all[p.parent]
		if !known {
			return false
		}
		p = parent
	}
	return false
}

// since is what was used after before was read.
func (u usage) since(before usage) usage {
	used := usage{}
	for name, total := range u {
		used[name] = max(0, total-before[name])
	}
	return used
}

// each writes what one of count things cost, the program that took most first.
func (u usage) each(out io.Writer, what string, count float64) {
	names := make([]string, 0, len(u))
	var total time.Duration
	for name, used := range u {
		names, total = append(names, name), total+used
	}
	slices.SortFunc(names, func(a, b string) int { return int(u[b] - u[a]) })
	fmt.Fprintf(out, "processor time of %s: %.0f µs", what, micros(total, count))
	for _, name := range names {
		if share := micros(u[name], count); share >= 0.5 {
			fmt.Fprintf(out, ", %s %.0f", name, share)
		}
	}
	fmt.Fprintln(out)
}

func micros(used time.Duration, count float64) float64 {
	return float64(used.Microseconds()) / max(count, 1)
}
