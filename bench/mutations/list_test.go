package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMutations_AreUpToDate sees to it that each piece that is to be taken out is
// there, and the test that is to notice. Whether it does takes minutes: `make
// test-mutations`.
func TestMutations_AreUpToDate(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	for _, m := range mutations {
		if code, err := m.mutated(); err != nil {
			t.Errorf("%s: %v", m.name, err)
		} else if m.old == m.new || code == "" {
			t.Errorf("%s changes nothing", m.name)
		}
		name, _, _ := strings.Cut(m.test, "/")
		if !m.hasTest(t, "func "+name+"(") {
			t.Errorf("%s: %s has no %s", m.name, m.pkg, m.test)
		}
	}
}

func (m mutation) hasTest(tb testing.TB, declared string) bool {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(m.pkg, "*_test.go"))
	if err != nil {
		tb.Fatal(err)
	}
	for _, file := range files {
		if code, err := os.ReadFile(file); err != nil {
			tb.Fatal(err)
		} else if strings.Contains(string(code), declared) {
			return true
		}
	}
	return false
}

// A test that did not run is no verdict.
func TestMutation_Verdict(t *testing.T) {
	m := mutation{pkg: "internal/postgis", test: "TestStore/Once"}
	failed := &exec.ExitError{}
	for name, c := range map[string]struct {
		said           string
		err            error
		killed, failed bool
	}{
		"Killed":     {said: "--- FAIL: TestStore (1.00s)\n    --- FAIL: TestStore/Once (0.90s)\nFAIL\n", err: failed, killed: true},
		"Panicked":   {said: "panic: test timed out after 3m0s\nFAIL\n", err: failed, killed: true},
		"Survived":   {said: "--- PASS: TestStore (1.00s)\n    --- PASS: TestStore/Once (0.90s)\nPASS\n"},
		"Skipped":    {said: "--- SKIP: TestStore (0.00s)\n    no PostgreSQL\nPASS\n", failed: true},
		"PartOfIt":   {said: "--- PASS: TestStore (1.00s)\n    --- PASS: TestStore/Once (0.90s)\n        --- SKIP: TestStore/Once/Race (0.00s)\n", failed: true},
		"NoSuchTest": {said: "testing: warning: no tests to run\nPASS\n", failed: true},
		"OtherTest":  {said: "--- PASS: TestStore/OnceMore (1.00s)\nPASS\n", failed: true},
		"NoBuild":    {said: "FAIL internal/postgis [build failed]\n", err: failed, failed: true},
		"NoServer":   {said: "--- FAIL: TestMain (0.00s)\nFAIL\n", err: failed, failed: true},
		"NoGo":       {err: errors.New("executable not found"), failed: true},
	} {
		killed, err := m.verdict(c.said, c.err)
		if killed != c.killed || (err != nil) != c.failed {
			t.Errorf("%s: %v, %v", name, killed, err)
		}
	}
}
