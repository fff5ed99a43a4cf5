// Package console serves the pages: the operator's console, the rider's and the
// driver's page, and that of a shared ride. They are plain ES modules with
// MapLibre GL and Preact, all embedded in the binary, and clients like any other:
// they use the public interface with the token of whoever signed in, and have no
// way in of their own. They load nothing from anywhere but this server and what
// the operator configured.
package console

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/cabstand/cabstand/geo"
)

//go:embed web
var web embed.FS

// Options are what the page needs to know of the place that it shows.
type Options struct {
	Name   string    // of the city, for the page's title
	Center geo.Point // where the map opens
	Bounds geo.Box   // what it shows then
	// BaseMap is a GeoJSON FeatureCollection whose features have a property
	// "kind": "land", "water", "park", "street" (with "class": motorway, primary,
	// secondary or residential) or "label" (with "name"). Nil where there is
	// none: the page then draws a graticule. A member "attribution" of the
	// collection is shown on the map.
	BaseMap []byte
	// Demo: the page gets its token from POST /v1/demo/token instead of asking
	// for one.
	Demo bool
	// Tiles is a PMTiles file that is served at TilesPath; nil for none.
	Tiles *Tiles
	// Hosts may be reached from the pages, beside this one.
	Hosts Hosts
}

// Hosts are origins, scheme and host, from which pages may load.
type Hosts struct {
	Images  []string
	Connect []string // whatever scripts ask for
}

// StreetsPath is where the base map is, if there is one.
const StreetsPath = "/v1/map/base"

// mapInfo is the answer of GET /v1/map.
type mapInfo struct {
	Name    string     `json:"name"`
	Center  geo.Point  `json:"center"`
	Bounds  [4]float64 `json:"bounds"` // west, south, east, north
	Demo    bool       `json:"demo"`
	BaseMap bool       `json:"base_map"` // whether GET /v1/map/base has one
}

// addresses are where pages are, beside /assets. The service worker has to lie
// above what it serves.
var addresses = map[string]string{
	"/":          "index.html",
	"/ride":      "ride.html",
	"/drive":     "drive.html",
	"/s/{token}": "share.html",
	"/sw.js":     "sw.js",
}

// Routes adds the page, its assets and what it asks about the map to r. The
// error tells of an embedded file that cannot be read.
func Routes(r chi.Router, o Options) error {
	pages, err := loadWeb()
	if err != nil {
		return err
	}
	info, err := json.Marshal(mapInfo{
		Name: o.Name, Center: o.Center, Demo: o.Demo, BaseMap: o.BaseMap != nil,
		Bounds: [4]float64{o.Bounds.West, o.Bounds.South, o.Bounds.East, o.Bounds.North},
	})
	if err != nil {
		return fmt.Errorf("console: the map's description: %w", err)
	}

	r.Group(func(r chi.Router) {
		r.Use(protect(o.Hosts))
		for path, page := range addresses {
			serve(r, path, pages[page])
		}
		serve(r, "/v1/map", newAsset("map.json", info))
		if o.BaseMap != nil {
			serve(r, StreetsPath, newAsset("base.geojson", o.BaseMap))
		}
		if o.Tiles != nil {
			r.Method(http.MethodGet, TilesPath, o.Tiles)
			r.Method(http.MethodHead, TilesPath, o.Tiles)
		}
		for name, page := range pages {
			serve(r, "/assets/"+name, page)
		}
	})
	return nil
}

func serve(r chi.Router, pattern string, a *asset) {
	r.Method(http.MethodGet, pattern, a)
	r.Method(http.MethodHead, pattern, a)
}

// loadWeb is every embedded file by its path below web.
func loadWeb() (map[string]*asset, error) {
	root, err := fs.Sub(web, "web")
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	pages := map[string]*asset{}
	err = fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, path)
		pages[path] = newAsset(path, content)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("console: embedded files: %w", err)
	}
	return pages, nil
}

// policy allows what the pages are made of and nothing else: their own scripts,
// styles, workers and interface, and the hosts that are configured. MapLibre's
// controls have their icons as data:.
func (h Hosts) policy() string {
	from := func(hosts []string) string { return strings.Join(append([]string{"'self'"}, hosts...), " ") }
	return "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; " +
		"img-src " + from(h.Images) + " data:; connect-src " + from(h.Connect) + "; " +
		"manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// protect sets the headers that keep the page, and the token in it, to itself.
func protect(hosts Hosts) func(http.Handler) http.Handler {
	policy := hosts.policy()
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Content-Security-Policy", policy)
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "no-referrer")
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
			next.ServeHTTP(w, r)
		})
	}
}
