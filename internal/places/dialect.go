package places

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/wire"
)

func degrees(d float64) string { return strconv.FormatFloat(d, 'f', -1, 64) }

// edge is that of a box, without what subtracting leaves in the last digits.
func edge(d float64) string { return degrees(round(d, 100)) }

// nearby is how far around a point Nominatim prefers places, in degrees.
const nearby = 0.5

var nominatim = dialect{
	search: func(q string, near *geo.Point) (string, url.Values) {
		v := url.Values{"q": {q}, "format": {"jsonv2"}, "limit": {strconv.Itoa(mostPlaces)}}
		if near != nil {
			v.Set("viewbox", strings.Join([]string{
				edge(near.Lon - nearby), edge(near.Lat + nearby), edge(near.Lon + nearby), edge(near.Lat - nearby),
			}, ","))
		}
		return "/search", v
	},
	reverse: func(p geo.Point) (string, url.Values) {
		return "/reverse", url.Values{"lat": {degrees(p.Lat)}, "lon": {degrees(p.Lon)}, "format": {"jsonv2"}}
	},
	read: readNominatim,
}

type nominatimPlace struct {
	Lat  json.Number `json:"lat"` // a text
	Lon  json.Number `json:"lon"`
	Name string      `json:"name"`
	Full string      `json:"display_name"`
}

// readNominatim reads a list of places, or the one of a reverse search.
func readNominatim(body []byte) ([]wire.Place, error) {
	var list []nominatimPlace
	if err := json.Unmarshal(body, &list); err != nil {
		var one nominatimPlace
		if json.Unmarshal(body, &one) != nil {
			return nil, err
		}
		list = []nominatimPlace{one}
	}
	var found []wire.Place
	for _, p := range list {
		lat, noLat := p.Lat.Float64()
		lon, noLon := p.Lon.Float64()
		if noLat != nil || noLon != nil {
			continue // nothing is there, says a reverse search
		}
		name, rest, _ := strings.Cut(p.Full, ", ")
		if p.Name != "" {
			name, rest = p.Name, strings.TrimPrefix(strings.TrimPrefix(p.Full, p.Name), ", ")
		} else if house := strings.IndexFunc(name, unicode.IsLetter) < 0; house { // "12, Main Street, …"
			street, more, _ := strings.Cut(rest, ", ")
			name, rest = strings.TrimSpace(street+" "+name), more
		}
		found = append(found, wire.Place{Name: name, Detail: rest, Lat: lat, Lon: lon})
	}
	return found, nil
}

var photon = dialect{
	search: func(q string, near *geo.Point) (string, url.Values) {
		v := url.Values{"q": {q}, "limit": {strconv.Itoa(mostPlaces)}}
		if near != nil {
			v.Set("lat", degrees(near.Lat))
			v.Set("lon", degrees(near.Lon))
		}
		return "/api", v
	},
	reverse: func(p geo.Point) (string, url.Values) {
		return "/reverse", url.Values{"lat": {degrees(p.Lat)}, "lon": {degrees(p.Lon)}}
	},
	read: readPhoton,
}

type photonAnswer struct {
	Features []struct {
		Geometry struct {
			Coordinates []float64 `json:"coordinates"`
		} `json:"geometry"`
		Properties struct {
			Name     string `json:"name"`
			Street   string `json:"street"`
			House    string `json:"housenumber"`
			District string `json:"district"`
			Postcode string `json:"postcode"`
			City     string `json:"city"`
			State    string `json:"state"`
			Country  string `json:"country"`
		} `json:"properties"`
	} `json:"features"`
}

func readPhoton(body []byte) ([]wire.Place, error) {
	var answer photonAnswer
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	var found []wire.Place
	for _, f := range answer.Features {
		if len(f.Geometry.Coordinates) < 2 {
			continue
		}
		p := f.Properties
		street := strings.TrimSpace(p.Street + " " + p.House)
		town := strings.TrimSpace(p.Postcode + " " + p.City)
		name := cmp.Or(p.Name, street, p.City, p.State, p.Country)
		detail := slices.DeleteFunc([]string{street, p.District, town, p.State, p.Country}, func(s string) bool { return s == "" || s == name })
		found = append(found, wire.Place{Name: name, Detail: strings.Join(slices.Compact(detail), ", "), Lat: f.Geometry.Coordinates[1], Lon: f.Geometry.Coordinates[0]})
	}
	return found, nil
}

// fit leaves out places without a name or not on the earth, and makes texts fit
// for people and for the interface.
func fit(found []wire.Place) []wire.Place {
	fitting := make([]wire.Place, 0, len(found))
	for _, p := range found {
		p.Name, p.Detail = text(p.Name), text(p.Detail)
		if at := (geo.Point{Lat: p.Lat, Lon: p.Lon}); p.Name != "" && at.Valid() && len(fitting) < mostPlaces {
			fitting = append(fitting, p)
		}
	}
	return fitting
}

func text(s string) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "")))
	return strings.TrimSpace(string(runes[:min(len(runes), driver.MaxText)]))
}
