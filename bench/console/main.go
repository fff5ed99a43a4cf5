// Command console measures what the operator's console costs the browser: the
// work of its main thread while 10,000 drivers move, in Chromium without a
// graphics card. The page, its map and every call are those of the real
// dispatcher; its stream alone comes from here, in the frames of package wire,
// so that the city's own work is not on the same processors. It prints the table
// of docs/benchmarks.md and whether the goal was met. A goal that was missed is
// said; it is no failure of the run.
//
// It builds nothing: `make bench-console` builds the dispatcher into bin/ first.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

type config struct {
	Drivers  int           `default:"10000" help:"Drivers who move."`
	Trips    int           `default:"1000" help:"Trips under way."`
	Lasts    time.Duration `default:"20s" help:"Each measurement."`
	Chromium string        `default:"chromium" help:"The browser."`
	Bin      string        `default:"bin" help:"Folder of the programs."`
	Scripts  string        `default:"internal/console/e2e" help:"Folder of bench.mjs and its packages."`
}

func (c config) validate() error {
	switch {
	case c.Drivers < 1 || c.Drivers > 100_000:
		return fmt.Errorf("--drivers: %d is not accepted: 1 to 100000", c.Drivers)
	case c.Trips < 0 || c.Trips > c.Drivers:
		return fmt.Errorf("--trips: %d is not accepted: 0 to as many as drivers", c.Trips)
	case c.Lasts < time.Second:
		return fmt.Errorf("--lasts: %v is not accepted: 1s or more", c.Lasts)
	}
	return nil
}

func main() {
	var c config
	kong.Parse(&c, kong.Name("bench/console"), kong.Description("Measures what the operator's console costs the browser."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := c.validate()
	if err == nil {
		err = bench(ctx, c, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/console:", err)
		os.Exit(1)
	}
}

// bench runs the dispatcher, puts the stream before it and lets the browser look.
func bench(ctx context.Context, c config, out io.Writer) error {
	fmt.Fprintf(out, "%s, %s/%s, %d cores: %s\n\n", time.Now().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH,
		runtime.NumCPU(), strings.Join(append([]string{"bench/console"}, os.Args[1:]...), " "))
	data, err := os.MkdirTemp("", "cabstand-console-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(data)
	address, end, err := startDispatcher(ctx, c.Bin, data)
	if err != nil {
		return err
	}
	defer end()
	front, err := newFront(address, newFleet(c.Drivers, c.Trips))
	if err != nil {
		return err
	}
	server := httptest.NewServer(front)
	defer server.Close()
	views, err := look(ctx, c, server.URL)
	if err != nil {
		return err
	}
	report(out, c, views)
	return nil
}

// startDispatcher runs the demo, whose city is shown. end stops it.
func startDispatcher(ctx context.Context, bin, data string) (address string, end func(), err error) {
	p := exec.CommandContext(ctx, filepath.Join(bin, "dispatcher"), "embedded", "--demo", "--listen", "127.0.0.1:0", "--data", data)
	stdout, err := p.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := p.Start(); err != nil {
		return "", nil, fmt.Errorf("%w: `make build` makes it", err)
	}
	end = func() {
		_ = p.Process.Signal(syscall.SIGTERM)
		_ = p.Wait()
	}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			go func() { _, _ = io.Copy(io.Discard, stdout) }() // to its end, which end waits for
			return url, end, nil
		}
	}
	end()
	return "", nil, fmt.Errorf("the dispatcher ended before it listened")
}

// view is what was measured while the page looked at the city in one way. Times
// are seconds of the main thread's processor time.
type view struct {
	Name    string  `json:"name"`
	Marks   int     `json:"marks"`
	Seconds float64 `json:"seconds"`
	Task    float64 `json:"task"`
	Script  float64 `json:"script"`
	Layout  float64 `json:"layout"`
	Frames  int     `json:"frames"`
	Heap    float64 `json:"heap"` // bytes
}

// look lets Chromium look at the page; bench.mjs tells what it cost as JSON.
func look(ctx context.Context, c config, url string) ([]view, error) {
	chromium, err := exec.LookPath(c.Chromium)
	if err != nil {
		return nil, err
	}
	p := exec.CommandContext(ctx, "node", "bench.mjs", url, chromium, fmt.Sprint(c.Lasts.Seconds()), fmt.Sprint(c.Drivers))
	p.Dir, p.Stderr = c.Scripts, os.Stderr
	told, err := p.Output()
	if err != nil {
		return nil, fmt.Errorf("bench.mjs: %w", err)
	}
	var views []view
	if err := json.Unmarshal(told, &views); err != nil {
		return nil, fmt.Errorf("bench.mjs told %q: %w", told, err)
	}
	return views, nil
}

const target = 250 // ms of the main thread in each second of updates

func report(out io.Writer, c config, views []view) {
	fmt.Fprintf(out, "%d drivers, each reporting once a second; %d trips\n\n", c.Drivers, c.Trips)
	fmt.Fprintln(out, "| view | marks | main thread, ms a second | of it scripts | layout and style | frames a second | heap, MB |")
	fmt.Fprintln(out, "|---|---:|---:|---:|---:|---:|---:|")
	worst := 0.0
	for _, v := range views {
		each := func(seconds float64) float64 { return 1000 * seconds / v.Seconds }
		fmt.Fprintf(out, "| %s | %d | %.0f | %.0f | %.0f | %.0f | %.0f |\n",
			v.Name, v.Marks, each(v.Task), each(v.Script), each(v.Layout), float64(v.Frames)/v.Seconds, v.Heap/1e6)
		worst = max(worst, each(v.Task))
	}
	verdict := "met"
	if worst > target {
		verdict = "missed"
	}
	fmt.Fprintf(out, "\ngoal console-main-thread-ms measured %.0f target <=%d %s\n", worst, target, verdict)
}
