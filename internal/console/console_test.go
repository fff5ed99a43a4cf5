package console_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/console"
)

var baseMap = []byte(`{"type":"FeatureCollection","features":[` + strings.Repeat(`{"type":"Feature"},`, 100) + `{"type":"Feature"}]}`)

func options() console.Options {
	return console.Options{
		Name: "Testville", Center: geo.Point{Lat: 47.5, Lon: 7.6}, Bounds: geo.Box{West: 7.5, South: 47.4, East: 7.7, North: 47.6},
		BaseMap: baseMap, Demo: true,
	}
}

func newSite(tb testing.TB, o console.Options) http.Handler {
	tb.Helper()
	r := chi.NewRouter()
	if err := console.Routes(r, o); err != nil {
		tb.Fatal(err)
	}
	return r
}

func do(site http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	return w
}

func TestRoutes_Page(t *testing.T) {
	site := newSite(t, options())
	page := do(site, "GET", "/", "")
	if page.Code != 200 || !strings.HasPrefix(page.Header().Get("Content-Type"), "text/html") {
		t.Fatalf("page: %d %v", page.Code, page.Header())
	}

	t.Run("EverythingItNamesIsServed", func(t *testing.T) {
		for _, m := range regexp.MustCompile(`(?:href|src)="(/[^"]+)"`).FindAllStringSubmatch(page.Body.String(), -1) {
			got := do(site, "GET", m[1], "")
			if got.Code != 200 || got.Body.Len() == 0 || got.Header().Get("Content-Type") == "" {
				t.Errorf("%s: %d, %d bytes of %q", m[1], got.Code, got.Body.Len(), got.Header().Get("Content-Type"))
			}
		}
	})
	t.Run("NothingIsNamedElsewhere", func(t *testing.T) {
		if m := regexp.MustCompile(`(?:href|src)="(?:https?:)?//[^"]*`).FindString(page.Body.String()); m != "" {
			t.Errorf("the page loads from outside: %s", m)
		}
	})
	t.Run("PolicyAllowsNothingForeignOrInline", func(t *testing.T) {
		policy := page.Header().Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || regexp.MustCompile(`unsafe|blob:|https?:|\*`).MatchString(policy) {
			t.Errorf("policy: %s", policy)
		}
	})
	t.Run("Head", func(t *testing.T) {
		if got := do(site, "HEAD", "/", ""); got.Code != 200 || got.Body.Len() != 0 {
			t.Errorf("%d with %d bytes", got.Code, got.Body.Len())
		}
	})
	t.Run("NoDirectoryListing", func(t *testing.T) {
		for _, path := range []string{"/assets/", "/assets/js/", "/assets/../console.go", "/assets/index.htm"} {
			if got := do(site, "GET", path, ""); got.Code != 404 {
				t.Errorf("%s: %d", path, got.Code)
			}
		}
	})
}

func TestRoutes_Caching(t *testing.T) {
	site := newSite(t, options())
	for _, path := range []string{"/", "/assets/js/console/main.js", "/v1/map/base"} {
		plain := do(site, "GET", path, "")
		zipped := do(site, "GET", path, "", "Accept-Encoding", "br, gzip")
		t.Run(path, func(t *testing.T) {
			r, err := gzip.NewReader(zipped.Body)
			if err != nil || zipped.Header().Get("Content-Encoding") != "gzip" {
				t.Fatalf("not gzip: %v %v", err, zipped.Header())
			}
			if content, err := io.ReadAll(r); err != nil || string(content) != plain.Body.String() {
				t.Errorf("gzip has other content (%v)", err)
			}
			if plain.Header().Get("Content-Encoding") != "" || plain.Header().Get("ETag") == zipped.Header().Get("ETag") {
				t.Errorf("plain and gzip cannot be told apart: %v and %v", plain.Header(), zipped.Header())
			}
			again := do(site, "GET", path, "", "Accept-Encoding", "gzip", "If-None-Match", zipped.Header().Get("ETag"))
			if again.Code != 304 || again.Body.Len() != 0 {
				t.Errorf("with its ETag: %d, %d bytes", again.Code, again.Body.Len())
			}
			if other := do(site, "GET", path, "", "If-None-Match", `"another"`); other.Code != 200 {
				t.Errorf("with another ETag: %d", other.Code)
			}
		})
	}
	t.Run("GzipRefused", func(t *testing.T) {
		if got := do(site, "GET", "/", "", "Accept-Encoding", "gzip;q=0, *"); got.Header().Get("Content-Encoding") != "" {
			t.Error("got gzip")
		}
	})
}

func TestRoutes_Map(t *testing.T) {
	type info struct {
		Name    string
		Center  geo.Point
		Bounds  []float64
		Demo    bool
		BaseMap bool `json:"base_map"`
	}
	t.Run("OK", func(t *testing.T) {
		var got info
		if err := json.Unmarshal(do(newSite(t, options()), "GET", "/v1/map", "").Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got.Name != "Testville" || got.Center.Lon != 7.6 || len(got.Bounds) != 4 || got.Bounds[1] != 47.4 || !got.Demo || !got.BaseMap {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("NoBaseMap", func(t *testing.T) {
		o := options()
		o.BaseMap = nil
		site := newSite(t, o)
		var got info
		if err := json.Unmarshal(do(site, "GET", "/v1/map", "").Body.Bytes(), &got); err != nil || got.BaseMap {
			t.Errorf("got %+v, %v", got, err)
		}
		if got := do(site, "GET", "/v1/map/base", ""); got.Code != 404 {
			t.Errorf("base: %d", got.Code)
		}
	})
}

// TestVendor holds the embedded files of others against the checksums that were
// pinned when they were fetched.
func TestVendor(t *testing.T) {
	const dir = "web/vendor/"
	var pinned struct {
		Libraries []struct {
			Name, Version, License string
			Files                  map[string]struct{ SHA256 string }
		}
	}
	data, err := os.ReadFile(dir + "vendor.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &pinned); err != nil {
		t.Fatalf("vendor.json: %v", err)
	}
	known := map[string]string{"vendor.json": ""}
	for _, l := range pinned.Libraries {
		if l.Version == "" || l.License == "" || l.Files["LICENSE.txt"].SHA256 == "" {
			t.Errorf("%s lacks a version or a licence", l.Name)
		}
		for name, f := range l.Files {
			known[l.Name+"/"+name] = f.SHA256
		}
	}
	found := 0
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		found++
		want, ok := known[name]
		if !ok {
			t.Errorf("%s is not in vendor.json", name)
		}
		content, err := os.ReadFile(dir + name)
		if sum := sha256.Sum256(content); want != "" && hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s is not what was pinned", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if found != len(known) {
		t.Errorf("%d files, %d known", found, len(known))
	}
}
