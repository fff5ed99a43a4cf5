// Command mutations takes what enforces the guarantees out of the code, one piece
// at a time, and runs the test that docs/guarantees.md names for it: the test must
// fail. It prints the table of that page, and exits 1 where a test passed without
// the piece that it is there for.
//
// Nothing is written to the tree: the Go command is given the mutated file in
// place of the real one (-overlay). Name mutations as arguments to run only those.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	survived, err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutations:", err)
		os.Exit(1)
	}
	if survived > 0 {
		fmt.Fprintf(os.Stderr, "mutations: %d survived\n", survived)
		os.Exit(1)
	}
}

// run tries the mutations of the names, all of them where there are none, and
// returns how many survived.
func run(ctx context.Context, names []string, w io.Writer) (survived int, err error) {
	scratch, err := os.MkdirTemp("", "cabstand-mutations-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(scratch)
	fmt.Fprintln(w, "| | what is taken out | where | the test that fails | |")
	fmt.Fprintln(w, "|---|---|---|---|---|")
	var errs []error
	for _, m := range mutations {
		if len(names) > 0 && !slices.Contains(names, m.name) {
			continue
		}
		killed, err := m.try(ctx, scratch)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", m.name, err))
			continue
		}
		verdict := "killed"
		if !killed {
			verdict = "**survived**"
			survived++
		}
		fmt.Fprintf(w, "| %s | %s | `%s` | `%s` | %s |\n", m.guarantee, m.name, m.file, m.test, verdict)
	}
	return survived, errors.Join(errs...)
}

// mutated is the file with the piece taken out.
func (m mutation) mutated() (string, error) {
	code, err := os.ReadFile(m.file)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(code), m.old); n != 1 {
		return "", fmt.Errorf("%s has %q %d times: bring bench/mutations/list.go up to date", m.file, m.old, n)
	}
	return strings.Replace(string(code), m.old, m.new, 1), nil
}

// try runs the test on the mutated code, and reports whether it failed.
func (m mutation) try(ctx context.Context, scratch string) (killed bool, err error) {
	overlay, err := m.overlay(scratch)
	if err != nil {
		return false, err
	}
	name, sub, _ := strings.Cut(m.test, "/")
	pattern := "^" + name + "$"
	if sub != "" {
		pattern += "/^" + sub + "$"
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-overlay", overlay, "-v", "-count=1", "-timeout=3m", "-run", pattern, "./"+m.pkg)
	said, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	return m.verdict(string(said), err)
}

// verdict reads what the Go command said of the test. Only a test that ran says
// anything: one that was skipped, for lack of a server perhaps, killed nothing, and
// its mutation did not survive it.
func (m mutation) verdict(said string, err error) (killed bool, _ error) {
	var failed *exec.ExitError
	ran := func(end string) bool { return strings.Contains(said, "--- "+end+": "+m.test+" (") }
	switch {
	case err == nil && ran("PASS") && !strings.Contains(said, "--- SKIP: "):
		return false, nil
	case err == nil:
		return false, fmt.Errorf("%s did not run all of %s:\n%s", m.pkg, m.test, said)
	case errors.As(err, &failed) && (ran("FAIL") || strings.Contains(said, "panic: ")):
		return true, nil
	}
	return false, fmt.Errorf("%w\n%s", err, said)
}

// overlay writes what the Go command is to read in place of the real file.
func (m mutation) overlay(scratch string) (path string, err error) {
	code, err := m.mutated()
	if err != nil {
		return "", err
	}
	real, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	stand := filepath.Join(scratch, "mutated"+filepath.Ext(m.file))
	index, err := json.Marshal(map[string]map[string]string{"Replace": {real: stand}})
	if err != nil {
		return "", err
	}
	path = filepath.Join(scratch, "overlay.json")
	return path, errors.Join(os.WriteFile(stand, []byte(code), 0o600), os.WriteFile(path, index, 0o600))
}
