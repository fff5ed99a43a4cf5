// Package e2e_test looks at the live map of the real program in a real browser.
package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	startWithin = 60 * time.Second // the demo says where it listens
	watchWithin = 8 * time.Minute  // the browser is done, on a slow machine without a graphics card
	stopWithin  = 20 * time.Second
)

// TestLiveMap starts a demo city and lets e2e.mjs look at it.
func TestLiveMap(t *testing.T) {
	node, chromium := mustFind(t, "node"), mustFindChromium(t)
	mustHavePackages(t)
	address := startDemo(t)

	ctx, cancel := context.WithTimeout(t.Context(), watchWithin)
	defer cancel()
	out, err := exec.CommandContext(ctx, node, "e2e.mjs", address, chromium).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("node e2e.mjs: %v", err)
	}
}

func mustFind(tb testing.TB, names ...string) string {
	tb.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	tb.Fatalf("%s is not installed; `make deps` installs it", strings.Join(names, " or "))
	return ""
}

func mustFindChromium(tb testing.TB) string {
	tb.Helper()
	return mustFind(tb, "chromium", "chromium-browser", "google-chrome",
		"/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
}

// mustHavePackages installs what package-lock.json pins, if it is not there.
func mustHavePackages(tb testing.TB) {
	tb.Helper()
	if _, err := os.Stat("node_modules/playwright-core/package.json"); err == nil {
		return
	}
	out, err := exec.Command(mustFind(tb, "npm"), "ci", "--no-audit", "--no-fund", "--ignore-scripts").CombinedOutput()
	if err != nil {
		tb.Fatalf("npm ci: %v\n%s`make deps` tells what is missing", err, out)
	}
}

// startDemo builds and starts the program, and stops it when the test is over.
// It gives back where the program listens.
func startDemo(tb testing.TB) string {
	tb.Helper()
	bin := filepath.Join(tb.TempDir(), "dispatcher")
	if out, err := exec.Command("go", "build", "-o", bin, "github.com/cabstand/cabstand/cmd/dispatcher").CombinedOutput(); err != nil {
		tb.Fatalf("go build: %v\n%s", err, out)
	}
	var log bytes.Buffer
	demo := exec.Command(bin, "embedded", "--demo", "--listen", "127.0.0.1:0", "--data", tb.TempDir())
	demo.Stderr = &log
	stdout, err := demo.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := demo.Start(); err != nil {
		tb.Fatal(err)
	}
	exited := make(chan error, 1)
	address := make(chan string, 1)
	go func() {
		tell(stdout, address)
		exited <- demo.Wait()
	}()
	tb.Cleanup(func() {
		stop(tb, demo.Process, exited)
		if tb.Failed() {
			tb.Logf("the demo's log:\n%s", &log)
		}
	})

	select {
	case url, ok := <-address:
		if ok {
			return url
		}
		tb.Fatal("the demo ended before it listened")
	case <-time.After(startWithin):
		tb.Fatalf("the demo did not listen within %v", startWithin)
	}
	return ""
}

// tell reads the program's output to its end, so that it never blocks on it,
// and tells the address that the program prints once it is ready.
func tell(stdout io.Reader, address chan<- string) {
	defer close(address)
	told := false
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok && !told {
			told = true
			address <- url
		}
	}
}

// stop asks the program to end, and ends it if it does not.
func stop(tb testing.TB, p *os.Process, exited <-chan error) {
	_ = p.Signal(syscall.SIGTERM)
	select {
	case err := <-exited:
		if err != nil {
			tb.Errorf("the demo ended with %v", err)
		}
	case <-time.After(stopWithin):
		_ = p.Kill()
		tb.Errorf("the demo did not end within %v; killed: %v", stopWithin, <-exited)
	}
}
