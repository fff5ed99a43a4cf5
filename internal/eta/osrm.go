package eta

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/match"
)

// NewOSRM asks the table service of an OSRM server. By default it accepts 100
// points in a request (its --max-table-size).
//
// OSRM places every point on its map, however far away; what is more than a
// kilometre from a street by the server's own account is unknown here.
func NewOSRM(s Server) (*Engine, error) {
	return newEngine(dialect{
		rung: match.OSRM, atOnce: 100, ping: "/nearest/v1/driving/0,0",
		request: osrmRequest, response: osrmResponse,
	}, s)
}

func osrmRequest(ctx context.Context, base string, q question) (*http.Request, error) {
	var u strings.Builder
	u.WriteString(base + "/table/v1/driving/")
	for _, p := range q.from {
		writeLonLat(&u, p)
		u.WriteByte(';')
	}
	writeLonLat(&u, q.to)
	u.WriteString("?sources=0")
	for i := 1; i < len(q.from); i++ {
		u.WriteString(";" + strconv.Itoa(i))
	}
	u.WriteString("&destinations=" + strconv.Itoa(len(q.from)) + "&generate_hints=false&annotations=duration")
	if q.metres {
		u.WriteString(",distance")
	}
	return http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
}

// writeLonLat writes to about a decimetre.
func writeLonLat(u *strings.Builder, p geo.Point) {
	u.WriteString(strconv.FormatFloat(p.Lon, 'f', 6, 64) + "," + strconv.FormatFloat(p.Lat, 'f', 6, 64))
}

// osrmTable is what the service answers, as far as it matters here.
type osrmTable struct {
	Code         string         `json:"code"`
	Message      string         `json:"message"`
	Durations    [][]*float64   `json:"durations"` // seconds; null without a way
	Distances    [][]*float64   `json:"distances"` // metres
	Sources      []osrmWaypoint `json:"sources"`
	Destinations []osrmWaypoint `json:"destinations"`
}

type osrmWaypoint struct {
	Distance float64 `json:"distance"` // metres from the point that was asked for
}

func osrmResponse(status int, body []byte, q question) ([]Drive, error) {
	var t osrmTable
	if err := json.Unmarshal(body, &t); err != nil {
		return nil, fmt.Errorf("HTTP status %d, and the answer is no table: %w", status, err)
	}
	switch t.Code {
	case "Ok":
		return t.drives(q)
	case "NoSegment":
		return nil, fmt.Errorf("%w: %s", errPlace, t.Message)
	}
	return nil, fmt.Errorf("HTTP status %d, code %q: %s", status, t.Code, t.Message)
}

func (t osrmTable) drives(q question) ([]Drive, error) {
	takes, err := column("durations", t.Durations, len(q.from))
	if err != nil {
		return nil, err
	}
	metres := make([]*float64, len(q.from))
	if q.metres {
		if metres, err = column("distances", t.Distances, len(q.from)); err != nil {
			return nil, err
		}
	}
	lost := len(t.Destinations) == 1 && t.Destinations[0].Distance > offMap
	drives := make([]Drive, len(q.from))
	for i := range drives {
		if drives[i], err = driveOf(takes[i], metres[i]); err != nil {
			return nil, fmt.Errorf("durations[%d]: %w", i, err)
		}
		if lost || i < len(t.Sources) && t.Sources[i].Distance > offMap {
			drives[i] = Drive{Takes: Unknown}
		}
	}
	return drives, nil
}

// column is the only column of a matrix of n rows.
func column(name string, rows [][]*float64, n int) ([]*float64, error) {
	if len(rows) != n {
		return nil, fmt.Errorf("%s: %d rows for %d points", name, len(rows), n)
	}
	cells := make([]*float64, n)
	for i, row := range rows {
		if len(row) != 1 {
			return nil, fmt.Errorf("%s[%d]: %d columns instead of 1", name, i, len(row))
		}
		cells[i] = row[0]
	}
	return cells, nil
}
