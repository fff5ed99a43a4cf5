package console_test

import (
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"
)

var (
	named    = regexp.MustCompile(`(?:href|src)="(/[^"]+)"`)
	imported = regexp.MustCompile(`(?m)(?:from |^import )'(\.[^']+)'`)
	icons    = regexp.MustCompile(`"src": "(/[^"]+)"`)
)

// TestRoutes_People follows everything that the pages of riders, drivers and
// friends are made of, down to the last module and icon.
func TestRoutes_People(t *testing.T) {
	site := newSite(t, options())
	for _, address := range []string{"/ride", "/drive", "/s/2kYb8Qm0Zx3LwR7nVt5PaJ"} {
		t.Run(address, func(t *testing.T) {
			seen := map[string]bool{}
			follow(t, site, address, seen)
			if page := do(site, "GET", address, ""); !strings.Contains(page.Header().Get("Content-Security-Policy"), "manifest-src 'self'") {
				t.Errorf("policy: %v", page.Header())
			}
			if len(seen) < 20 {
				t.Errorf("only %d files make the page: %v", len(seen), seen)
			}
		})
	}
	t.Run("Worker", func(t *testing.T) {
		got := do(site, "GET", "/sw.js", "")
		if got.Code != 200 || !strings.HasPrefix(got.Header().Get("Content-Type"), "text/javascript") {
			t.Errorf("%d %v", got.Code, got.Header())
		}
	})
}

// follow gets the file and all that it names.
func follow(t *testing.T, site http.Handler, name string, seen map[string]bool) {
	t.Helper()
	if seen[name] {
		return
	}
	seen[name] = true
	got := do(site, "GET", name, "")
	if got.Code != 200 || got.Body.Len() == 0 || got.Header().Get("Content-Type") == "" {
		t.Errorf("%s: %d, %d bytes of %q", name, got.Code, got.Body.Len(), got.Header().Get("Content-Type"))
		return
	}
	var found [][]string
	switch path.Ext(name) {
	case ".js":
		if !strings.Contains(name, "/vendor/") {
			found = imported.FindAllStringSubmatch(got.Body.String(), -1)
		}
	case ".webmanifest":
		found = icons.FindAllStringSubmatch(got.Body.String(), -1)
	case "":
		found = named.FindAllStringSubmatch(got.Body.String(), -1)
	}
	for _, m := range found {
		next := m[1]
		if strings.HasPrefix(next, ".") {
			next = path.Join(path.Dir(name), next)
		}
		follow(t, site, next, seen)
	}
}
