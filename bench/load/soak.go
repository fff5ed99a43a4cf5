package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// vitals is how a program is.
type vitals struct {
	memory     float64 // MiB
	goroutines float64
}

// vitals reads the dispatcher's metrics.
func (r *rig) vitals() (vitals, error) { return r.vitalsOf("dispatcher") }

func (r *rig) vitalsOf(program string) (v vitals, err error) {
	answer, err := http.Get(r.programs[program].url + "/metrics")
	if err != nil {
		return v, err
	}
	defer answer.Body.Close()
	return parseVitals(answer.Body)
}

func parseVitals(page io.Reader) (v vitals, err error) {
	lines := bufio.NewScanner(page)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		n, bad := strconv.ParseFloat(value, 64)
		switch {
		case bad != nil:
		case name == "process_resident_memory_bytes":
			v.memory = n / (1 << 20)
		case name == "go_goroutines":
			v.goroutines = n
		}
	}
	if v.memory == 0 || v.goroutines == 0 {
		return v, fmt.Errorf("metrics: memory %v MiB, %v goroutines: not found", v.memory, v.goroutines)
	}
	return v, lines.Err()
}

// highest is the most of each that was seen until ctx ends.
func (r *rig) highest(ctx context.Context) (most vitals) {
	for ctx.Err() == nil {
		if v, err := r.vitals(); err == nil {
			most = vitals{max(most.memory, v.memory), max(most.goroutines, v.goroutines)}
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return most
}

// soak loads the city at half of what it can take, for long.
func (r *rig) soak(ctx context.Context, out io.Writer) error {
	o, f, err := r.openCity(ctx)
	if err != nil {
		return err
	}
	saturated, err := r.saturation(ctx, o)
	if err != nil {
		return err
	}
	programs := []string{"dispatcher", "tracker"}
	fmt.Fprintf(out, "%.1f requests a second, %d drivers; memory in MiB\n\n", saturated/2, r.config.Drivers)
	fmt.Fprintf(out, "| minute | trips completed | dispatcher: memory | goroutines | tracker: memory | goroutines | not served |\n|---|---|---|---|---|---|---|\n")
	seen := map[string][]vitals{}
	for minute := 1; minute <= int(r.config.Soak.Minutes()) && ctx.Err() == nil; minute++ {
		a := r.ask(ctx, o, saturated/2, time.Minute)
		fmt.Fprintf(out, "| %d | %d |", minute, o.completed.Load())
		for _, name := range programs {
			v, err := r.vitalsOf(name)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, " %.1f | %.0f |", v.memory, v.goroutines)
			seen[name] = append(seen[name], v)
		}
		fmt.Fprintf(out, " %d |\n", a.shed+a.failed+a.waiting)
		say("soak: %v", a)
	}
	fmt.Fprintln(out)
	for _, name := range programs {
		memory, goroutines := trend(seen[name])
		fmt.Fprintf(out, "%s: %.2f MiB and %.2f goroutines a minute, over the second half\n", name, memory, goroutines)
	}
	return f.err()
}

// trend is the slopes over the second half: the first has caches to fill.
func trend(seen []vitals) (memory, goroutines float64) {
	var m, g []float64
	for _, v := range seen[len(seen)/2:] {
		m, g = append(m, v.memory), append(g, v.goroutines)
	}
	return slope(m), slope(g)
}

// slope is the least-squares line's, from one value to the next.
func slope(values []float64) float64 {
	n := float64(len(values))
	var sx, sy, sxy, sxx float64
	for i, y := range values {
		x := float64(i)
		sx, sy, sxy, sxx = sx+x, sy+y, sxy+x*y, sxx+x*x
	}
	if n < 2 {
		return 0
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}
