package node

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/console"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/places"
)

// Pages is what the pages show the city on, and how they find addresses.
type Pages struct {
	MapTiles   string  `help:"Tiles of the base map, by {z}/{x}/{y}: https://tiles.example/{z}/{x}/{y}.png. They are drawn by the ending: .png, .jpg, .webp as pictures, .pbf, .mvt as vectors. The road graph's streets without it."`
	MapPMTiles string  `name:"map-pmtiles" type:"existingfile" help:"PMTiles file with the base map, in place of --map-tiles."`
	MapCredit  string  `help:"Who must be named on the map of --map-tiles or --map-pmtiles."`
	PlacesURL  string  `help:"Server that finds addresses: https://nominatim.example. None are found without it."`
	PlacesKind string  `enum:"nominatim,photon" default:"nominatim" help:"What kind of server that is: nominatim or photon."`
	PlacesPace float64 `default:"10" help:"Most questions a second to it; 1 for the public one of OpenStreetMap."`
}

func (c Pages) validate() error {
	if c.MapTiles != "" {
		if _, _, err := c.tiles(); err != nil {
			return err
		}
	}
	if c.MapTiles != "" && c.MapPMTiles != "" {
		return &ConfigError{"map-pmtiles", c.MapPMTiles, "one base map: either tiles or a file of them"}
	}
	if c.PlacesURL == "" {
		return nil
	}
	_, err := c.finder()
	return err
}

// tileKinds is how tiles are drawn, by their ending.
var tileKinds = map[string]string{".png": "raster", ".jpg": "raster", ".jpeg": "raster", ".webp": "raster", ".pbf": "vector", ".mvt": "vector"}

// tiles is the kind of the configured tiles, and the origin that they come from.
func (c Pages) tiles() (kind, origin string, err error) {
	refused := &ConfigError{"map-tiles", c.MapTiles, "an address such as https://tiles.example/{z}/{x}/{y}.png, with .png, .jpg, .webp, .pbf or .mvt"}
	for _, part := range []string{"{z}", "{x}", "{y}"} {
		if strings.Count(c.MapTiles, part) != 1 {
			return "", "", refused
		}
	}
	u, err := url.Parse(strings.NewReplacer("{", "", "}", "").Replace(c.MapTiles))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return "", "", refused
	}
	if kind = tileKinds[path.Ext(u.Path)]; kind == "" || !plainHost(u.Host) {
		return "", "", refused
	}
	return kind, u.Scheme + "://" + u.Host, nil
}

// plainHost reports whether the host can stand in a header of the pages as it is:
// it names one host there, and adds nothing else.
func plainHost(host string) bool {
	return strings.Trim(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789.-:[]") == ""
}

func (c Pages) finder() (*places.Finder, error) {
	f, err := places.New(places.Options{URL: c.PlacesURL, Kind: c.PlacesKind, Pace: c.PlacesPace, Now: time.Now})
	var refused *fault.Error
	if errors.As(err, &refused) {
		_, accepted, _ := strings.Cut(refused.Detail, "is not accepted: ")
		return nil, &ConfigError{refused.Field, map[string]string{"places-url": c.PlacesURL, "places-pace": fmt.Sprint(c.PlacesPace)}[refused.Field], accepted}
	}
	return f, err
}

// pages is what was opened for the pages.
type pages struct {
	finder api.Places // nil for none
	tiles  *console.Tiles
	base   *api.BaseMap // nil for the streets
	hosts  console.Hosts
}

// pages opens the base map and the address search.
func (p *parts) pages(c Pages) (*pages, error) {
	opened := &pages{}
	if c.PlacesURL != "" {
		finder, err := c.finder()
		if err != nil {
			return nil, err
		}
		p.node.onClose(finder.Close)
		opened.finder = finder
	}
	switch {
	case c.MapTiles != "":
		kind, origin, err := c.tiles()
		if err != nil {
			return nil, err
		}
		opened.base = &api.BaseMap{Kind: kind, URL: c.MapTiles, Attribution: c.MapCredit}
		opened.hosts = console.Hosts{Images: []string{origin}, Connect: []string{origin}}
	case c.MapPMTiles != "":
		tiles, err := console.OpenTiles(c.MapPMTiles)
		if err != nil {
			return nil, fmt.Errorf("--map-pmtiles: %w", err)
		}
		p.node.onClose(func() { p.closed("map", tiles.Close()) })
		opened.tiles = tiles
		opened.base = &api.BaseMap{Kind: "pmtiles", URL: console.TilesPath, Attribution: c.MapCredit}
	}
	return opened, nil
}

// furnish opens what the pages of the place need.
func (p *parts) furnish(shown *place, c Pages, o OIDC) (err error) {
	if shown.pages, err = p.pages(c); err != nil {
		return err
	}
	if origin := o.origin(); origin != "" {
		shown.pages.hosts.Connect = append(shown.pages.hosts.Connect, origin)
	}
	return nil
}
