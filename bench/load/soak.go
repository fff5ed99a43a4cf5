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

// vitals is how the dispatcher is.
type vitals struct {
	memory     float64 // MiB
	goroutines float64
}

// vitals reads the dispatcher's metrics.
func (r *rig) vitals() (v vitals, err error) {
	answer, err := http.Get(r.programs["dispatcher"].url + "/metrics")
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
	fmt.Fprintf(out, "| minute | trips completed | memory, MiB | goroutines |\n|---|---|---|---|\n")
	var memory, goroutines []float64
	for minute := 1; minute <= int(r.config.Soak.Minutes()) && ctx.Err() == nil; minute++ {
		a := r.ask(ctx, o, saturated/2, time.Minute)
		v, err := r.vitals()
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "| %d | %d | %.1f | %.0f |\n", minute, o.completed.Load(), v.memory, v.goroutines)
		say("soak: %v", a)
		memory, goroutines = append(memory, v.memory), append(goroutines, v.goroutines)
	}
	fmt.Fprintf(out, "\nslope: %.2f MiB and %.2f goroutines a minute, over the second half\n", slope(memory[len(memory)/2:]), slope(goroutines[len(goroutines)/2:]))
	return f.err()
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
