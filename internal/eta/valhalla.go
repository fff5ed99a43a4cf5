package eta

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/match"
)

// NewValhalla asks the matrix service of a Valhalla server. By default it is
// given 50 points in a request.
func NewValhalla(s Server) (*Engine, error) {
	return newEngine(dialect{
		rung: match.Valhalla, atOnce: 50, ping: "/status",
		request: valhallaRequest, response: valhallaResponse,
	}, s)
}

type valhallaPoint struct {
	Lat    float64 `json:"lat"`
	Lon    float64 `json:"lon"`
	Cutoff int     `json:"search_cutoff"` // metres: farther from any street is off the map
}

func valhallaRequest(ctx context.Context, base string, q question) (*http.Request, error) {
	ask := struct {
		Sources []valhallaPoint `json:"sources"`
		Targets []valhallaPoint `json:"targets"`
		Costing string          `json:"costing"`
		Units   string          `json:"units"`
	}{Targets: []valhallaPoint{valhallaAt(q.to)}, Costing: "auto", Units: "kilometers"}
	for _, p := range q.from {
		ask.Sources = append(ask.Sources, valhallaAt(p))
	}
	body, err := json.Marshal(ask)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/sources_to_targets", bytes.NewReader(body))
	if err == nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, err
}

func valhallaAt(p geo.Point) valhallaPoint {
	return valhallaPoint{Lat: p.Lat, Lon: p.Lon, Cutoff: offMap}
}

// valhallaMatrix is what the service answers, as far as it matters here: cells
// of its long form, which every version of it knows.
type valhallaMatrix struct {
	Rows [][]struct {
		Time     *float64 `json:"time"`     // seconds; null without a way
		Distance *float64 `json:"distance"` // kilometres
	} `json:"sources_to_targets"`
	ErrorCode int    `json:"error_code"`
	Error     string `json:"error"`
}

// Codes of refusals that are about where the points are: too far from each
// other, in regions that no road joins, far from any street.
var valhallaPlaces = []int{154, 170, 171}

func valhallaResponse(status int, body []byte, q question) ([]Drive, error) {
	var m valhallaMatrix
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, fmt.Errorf("HTTP status %d, and the answer is no matrix: %w", status, err)
	}
	switch {
	case slices.Contains(valhallaPlaces, m.ErrorCode):
		return nil, fmt.Errorf("%w: error %d: %s", errPlace, m.ErrorCode, m.Error)
	case status != http.StatusOK || m.ErrorCode != 0:
		return nil, fmt.Errorf("HTTP status %d, error %d: %s", status, m.ErrorCode, m.Error)
	case len(m.Rows) != len(q.from):
		return nil, fmt.Errorf("sources_to_targets: %d rows for %d points", len(m.Rows), len(q.from))
	}
	drives := make([]Drive, len(m.Rows))
	for i, row := range m.Rows {
		if len(row) != 1 {
			return nil, fmt.Errorf("sources_to_targets[%d]: %d columns instead of 1", i, len(row))
		}
		var err error
		if drives[i], err = driveOf(row[0].Time, kilometres(row[0].Distance)); err != nil {
			return nil, fmt.Errorf("sources_to_targets[%d]: %w", i, err)
		}
	}
	return drives, nil
}

func kilometres(km *float64) *float64 {
	if km == nil {
		return nil
	}
	metres := *km * 1000
	return &metres
}

// longest and farthest, in metres, are the longest drive that is believed.
const (
	longest  = 7 * 24 * time.Hour
	farthest = 50_000_000
)

// driveOf is a cell of an answer: seconds, nil for no way, and metres, nil for
// not told.
func driveOf(seconds, metres *float64) (Drive, error) {
	if seconds == nil {
		return Drive{Takes: NoWay}, nil
	}
	if !(*seconds >= 0 && *seconds <= longest.Seconds()) {
		return Drive{}, fmt.Errorf("%v is no driving time in seconds", *seconds)
	}
	d := Drive{Takes: time.Duration(math.Round(*seconds*1000)) * time.Millisecond}
	if metres != nil {
		if !(*metres >= 0 && *metres <= farthest) {
			return Drive{}, fmt.Errorf("%v is no distance in metres", *metres)
		}
		d.Metres = *metres
	}
	return d, nil
}
