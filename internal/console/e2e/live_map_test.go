// Package e2e_test looks at the live map of the real program in a real browser.
package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	startWithin = 60 * time.Second // the program says where it listens
	watchWithin = 8 * time.Minute  // the browser is done, on a slow machine without a graphics card
	stopWithin  = 20 * time.Second
)

// fleet is how many drivers a demo has whose size is not the subject.
const fleet = "80"

// TestLiveMap lets e2e.mjs look at a demo city.
func TestLiveMap(t *testing.T) {
	look := mustBrowser(t)
	address := start(t, mustBuild(t), "--demo", "--demo-fleet", fleet, "--swap", "--data", t.TempDir())
	look("e2e.mjs", address)
}

// TestViews lets views.mjs look into every view, with axe on each.
func TestViews(t *testing.T) {
	look := mustBrowser(t)
	address := start(t, mustBuild(t), "--demo", "--demo-fleet", fleet, "--swap", "--data", t.TempDir())
	look("views.mjs", address)
}

// TestSignIn lets signin.mjs try to get in where there is no demo.
func TestSignIn(t *testing.T) {
	look := mustBrowser(t)
	bin, data := mustBuild(t), t.TempDir()
	address := start(t, bin, "--data", data)
	look("signin.mjs", address,
		"OPERATOR_TOKEN="+mustToken(t, bin, data, "operator"), "RIDER_TOKEN="+mustToken(t, bin, data, "rider"))
}

// mustBrowser makes sure that everything is installed. What it gives back runs a
// script on an address, with more environment.
func mustBrowser(tb testing.TB) func(script, address string, env ...string) {
	tb.Helper()
	node, chromium := mustFind(tb, "node"), mustFindChromium(tb)
	mustHavePackages(tb)
	return func(script, address string, env ...string) {
		tb.Helper()
		ctx, cancel := context.WithTimeout(tb.Context(), watchWithin)
		defer cancel()
		run := exec.CommandContext(ctx, node, script, address, chromium)
		run.Env = append(os.Environ(), env...)
		out, err := run.CombinedOutput()
		tb.Logf("%s", out)
		if err != nil {
			tb.Fatalf("node %s: %v", script, err)
		}
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
	_, playwright := os.Stat("node_modules/playwright-core/package.json")
	_, axe := os.Stat("node_modules/axe-core/package.json")
	if playwright == nil && axe == nil {
		return
	}
	out, err := exec.Command(mustFind(tb, "npm"), "ci", "--no-audit", "--no-fund", "--ignore-scripts").CombinedOutput()
	if err != nil {
		tb.Fatalf("npm ci: %v\n%s`make deps` tells what is missing", err, out)
	}
}

// folder is where the program is built, for as long as the tests run.
var folder string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if folder, err = os.MkdirTemp("", "cabstand-e2e-"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	return m.Run()
}

// build builds the program, once for all tests, and gives back its path.
var build = sync.OnceValues(func() (string, error) {
	bin := filepath.Join(folder, "dispatcher")
	if out, err := exec.Command("go", "build", "-o", bin, "github.com/cabstand/cabstand/cmd/dispatcher").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, nil
})

func mustBuild(tb testing.TB) string {
	tb.Helper()
	bin, err := build()
	if err != nil {
		tb.Fatal(err)
	}
	return bin
}

// mustToken is a token by the key in the data folder.
func mustToken(tb testing.TB, bin, data, role string) string {
	tb.Helper()
	out, err := exec.Command(bin, "token", "--data", data, "--role", role, "--sub", "e2e", "--ttl", "1h").Output()
	if err != nil {
		tb.Fatalf("dispatcher token: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// start starts the embedded program, and stops it when the test is over. It
// gives back where the program listens.
func start(tb testing.TB, bin string, args ...string) string {
	tb.Helper()
	var log bytes.Buffer
	program := exec.Command(bin, append([]string{"embedded", "--listen", "127.0.0.1:0"}, args...)...)
	program.Stderr = &log
	stdout, err := program.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := program.Start(); err != nil {
		tb.Fatal(err)
	}
	exited := make(chan error, 1)
	address := make(chan string, 1)
	go func() {
		tell(stdout, address)
		exited <- program.Wait()
	}()
	tb.Cleanup(func() {
		stop(tb, program.Process, exited)
		if tb.Failed() {
			tb.Logf("the program's log:\n%s", &log)
		}
	})

	select {
	case url, ok := <-address:
		if ok {
			return url
		}
		tb.Fatal("the program ended before it listened")
	case <-time.After(startWithin):
		tb.Fatalf("the program did not listen within %v", startWithin)
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
			tb.Errorf("the program ended with %v", err)
		}
	case <-time.After(stopWithin):
		_ = p.Kill()
		tb.Errorf("the program did not end within %v; killed: %v", stopWithin, <-exited)
	}
}
