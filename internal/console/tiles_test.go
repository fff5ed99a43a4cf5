package console_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/internal/console"
)

func mustTiles(tb testing.TB, content []byte) (*console.Tiles, error) {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "city.pmtiles")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		tb.Fatal(err)
	}
	tiles, err := console.OpenTiles(path)
	if err == nil {
		tb.Cleanup(func() { _ = tiles.Close() })
	}
	return tiles, err
}

// A browser reads the parts of the file that it needs, and none of another one.
func TestTiles(t *testing.T) {
	content := append([]byte("PMTiles\x03"), bytes.Repeat([]byte("0123456789"), 100)...)
	tiles, err := mustTiles(t, content)
	if err != nil {
		t.Fatal(err)
	}
	o := options()
	o.Tiles = tiles
	site := newSite(t, o)
	part := do(site, "GET", console.TilesPath, "", "Range", "bytes=8-27")
	if part.Code != 206 || part.Body.String() != "01234567890123456789" || part.Header().Get("Content-Range") != "bytes 8-27/1008" {
		t.Errorf("%d %q %v", part.Code, part.Body, part.Header())
	}
	if part.Header().Get("ETag") == "" || part.Header().Get("Content-Encoding") != "" {
		t.Errorf("headers %v", part.Header())
	}
	if other := do(site, "GET", console.TilesPath, "", "Range", "bytes=8-27", "If-Range", `"another"`); other.Code != 200 || other.Body.Len() != len(content) {
		t.Errorf("of another file: %d, %d bytes", other.Code, other.Body.Len())
	}
	if beyond := do(site, "GET", console.TilesPath, "", "Range", "bytes=5000-"); beyond.Code != 416 {
		t.Errorf("beyond the end: %d", beyond.Code)
	}
	if none := do(newSite(t, options()), "GET", console.TilesPath, ""); none.Code != 404 {
		t.Errorf("without a file: %d", none.Code)
	}
}

func TestOpenTiles_Refuses(t *testing.T) {
	for _, content := range []string{"", "PMTiles", "PMTiles\x02 and more", "<html>"} {
		if _, err := mustTiles(t, []byte(content)); err == nil || !strings.Contains(err.Error(), "version 3") {
			t.Errorf("%q: %v", content, err)
		}
	}
	if _, err := console.OpenTiles("no-such-file"); err == nil {
		t.Error("a file that is not there is opened")
	}
}

// The pages may reach the configured hosts, each for what it is for, and nobody
// else.
func TestRoutes_Hosts(t *testing.T) {
	o := options()
	o.Hosts = console.Hosts{Images: []string{"https://tiles.example"}, Connect: []string{"https://tiles.example", "https://id.example:8443"}}
	policy := do(newSite(t, o), "GET", "/", "").Header().Get("Content-Security-Policy")
	for _, want := range []string{
		"default-src 'none'", "script-src 'self'", "img-src 'self' https://tiles.example data:", "connect-src 'self' https://tiles.example https://id.example:8443",
	} {
		found := false
		for directive := range strings.SplitSeq(policy, ";") {
			found = found || strings.TrimSpace(directive) == want
		}
		if !found {
			t.Errorf("%q is not in %s", want, policy)
		}
	}
	if plain := do(newSite(t, options()), "GET", "/", "").Header().Get("Content-Security-Policy"); strings.Contains(plain, "http") {
		t.Errorf("without hosts: %s", plain)
	}
}
