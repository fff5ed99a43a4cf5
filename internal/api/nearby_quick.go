package api

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/go-chi/chi/v5"
)

// Who is near is asked more often than all else together: riders' apps show the
// cars around, every few seconds. For questions that are as they should be there
// is a way without reflection. Whatever is unusual goes the way of all other
// routes, which knows how to refuse it; a test holds both ways to the same
// answers.

const nearbyPath = "/v1/drivers/nearby"

// quick answers questions for drivers nearby that are plain and right.
func (a *API) quick(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == nearbyPath && chi.RouteContext(r.Context()).RoutePattern() == nearbyPath {
			if in, ok := plainNearby(r.URL.RawQuery); ok && in.check(a) == nil {
				a.answerNearby(w, r, &in)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// plainNearby reads a query that has each parameter at most once, and nothing to
// be unescaped.
func plainNearby(query string) (in nearbyInput, ok bool) {
	in = nearbyInput{RadiusM: defaultRadius, Limit: defaultNearby}
	var seen [5]bool
	for query != "" {
		var part string
		part, query, _ = strings.Cut(query, "&")
		name, value, _ := strings.Cut(part, "=")
		var which int
		var err error
		switch name {
		case "lat":
			in.Lat, err = strconv.ParseFloat(value, 64)
		case "lon":
			which = 1
			in.Lon, err = strconv.ParseFloat(value, 64)
		case "radius_m":
			which = 2
			in.RadiusM, err = strconv.ParseFloat(value, 64)
		case "limit":
			which = 3
			in.Limit, err = strconv.Atoi(value)
		case "class":
			which = 4
			in.Class = value
		default:
			return in, false
		}
		if err != nil || seen[which] || !isPlain(value) {
			return in, false
		}
		seen[which] = true
	}
	return in, seen[0] && seen[1] && in.Limit >= 1 && in.Limit <= mostNearby
}

// isPlain reports whether the value is of letters, digits and "-._" alone: what
// means the same everywhere.
func isPlain(value string) bool {
	for i := range len(value) {
		c := value[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return value != ""
}

var nearbyBuffers = sync.Pool{New: func() any { return new([]byte) }}

func (a *API) answerNearby(w http.ResponseWriter, r *http.Request, in *nearbyInput) {
	out, err := a.nearby(r.Context(), in)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	buffer := nearbyBuffers.Get().(*[]byte)
	defer nearbyBuffers.Put(buffer)
	*buffer = appendNearby((*buffer)[:0], out)
	h := w.Header()
	h["Content-Type"] = jsonType
	h["Content-Length"] = []string{strconv.Itoa(len(*buffer))}
	if _, err := w.Write(*buffer); err != nil {
		a.Log.Debug("answer not written", "err", err)
	}
}

var jsonType = []string{"application/json"}

// appendNearby writes out as encoding/json does.
func appendNearby(b []byte, out *nearbyOutput) []byte {
	b = append(b, `{"drivers":[`...)
	for i := range out.Body.Drivers {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendNear(b, &out.Body.Drivers[i])
	}
	b = append(b, ']')
	if out.Body.Partial {
		b = append(b, `,"partial":true`...)
	}
	for i, cell := range out.Body.MissingCells {
		if i == 0 {
			b = append(b, `,"missing_cells":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendText(b, string(cell))
	}
	if len(out.Body.MissingCells) > 0 {
		b = append(b, ']')
	}
	return append(b, "}\n"...)
}

func appendNear(b []byte, d *nearDriver) []byte {
	b = append(b, '{')
	if d.ID != "" {
		b = append(appendText(append(b, `"id":`...), d.ID), ',')
	}
	b = appendText(append(b, `"class":`...), d.Class)
	b = strconv.AppendBool(append(b, `,"available":`...), d.Available)
	b = appendNumber(append(b, `,"distance_m":`...), d.DistanceM)
	b = appendNumber(append(b, `,"lat":`...), d.Lat)
	b = appendNumber(append(b, `,"lon":`...), d.Lon)
	b = appendNumber(append(b, `,"heading":`...), d.Heading)
	b = appendNumber(append(b, `,"speed":`...), d.Speed)
	b = appendNumber(append(b, `,"accuracy":`...), d.Accuracy)
	b = appendNumber(append(b, `,"age_s":`...), d.AgeS)
	return append(b, '}')
}

// appendText writes s as a string of JSON. Names of drivers and classes have
// nothing to escape.
func appendText(b []byte, s string) []byte {
	if !isPlain(s) {
		quoted, err := json.Marshal(s)
		if err != nil {
			panic("api: " + err.Error()) // a string always has a form
		}
		return append(b, quoted...)
	}
	return append(append(append(b, '"'), s...), '"')
}

// appendNumber writes f as encoding/json does: the shortest decimal that reads
// back as f. Of at most 15 digits there is one such decimal, so one with up to
// seven places that reads back is it, and is found without a search.
func appendNumber(b []byte, f float64) []byte {
	const places = 1e7
	scaled := math.Round(f * places)
	if size := math.Abs(f); scaled/places != f || math.Abs(scaled) >= 1e15 || size < 1e-6 {
		return appendAnyNumber(b, f)
	}
	n := int64(scaled)
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	b = strconv.AppendInt(b, n/places, 10)
	fraction := n % places
	if fraction == 0 {
		return b
	}
	var digits [8]byte
	digits[0] = '.'
	for i := 7; i > 0; i-- {
		digits[i] = byte('0' + fraction%10)
		fraction /= 10
	}
	last := 7
	for digits[last] == '0' {
		last--
	}
	return append(b, digits[:last+1]...)
}

// appendAnyNumber is for numbers with many places, very small ones, and 0.
func appendAnyNumber(b []byte, f float64) []byte {
	if f == 0 && !math.Signbit(f) {
		return append(b, '0')
	}
	number, err := json.Marshal(f)
	if err != nil {
		return append(b, '0') // not a number: no distance and no position is
	}
	return append(b, number...)
}
