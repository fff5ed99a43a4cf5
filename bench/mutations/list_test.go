package main

import (
	"os"
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
