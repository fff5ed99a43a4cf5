package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Format names the form of a Report, so that what reads one knows what it has.
const Format = "cabstand-replay/1"

// Report is the file that a replay writes: `simulator compare` reads several.
type Report struct {
	Format  string  `json:"format"`
	Options Options `json:"options"`
	Input   Input   `json:"input"`
	Summary Summary `json:"summary"`
	Runs    []Run   `json:"runs"`
}

// Options is what was asked for. Times are in seconds.
type Options struct {
	Label    string    `json:"label"` // of the policy with what was set of it
	Policy   string    `json:"policy"`
	Settings []Setting `json:"settings"`
	Fleet    int       `json:"fleet"`
	Network  string    `json:"network"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
}

// Setting is one setting, as its flag is named and written.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Input is what was read, and what of it could not be used.
type Input struct {
	Requests   int      `json:"requests"`
	BadTrips   BadRows  `json:"bad_trips"`
	BadDrivers BadRows  `json:"bad_drivers"`
	BadRoads   BadRows  `json:"bad_roads"`
	NoWay      BadRows  `json:"no_way"`
	Notes      []string `json:"notes,omitempty"`
}

// BadRows are rows that could not be used, the first few of them named.
type BadRows struct {
	Rows  int      `json:"rows"`
	First []string `json:"first,omitempty"`
}

// Write writes the report.
func (r Report) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(r)
}

// ReadReport reads what Write wrote.
func ReadReport(r io.Reader) (Report, error) {
	var report Report
	d := json.NewDecoder(r)
	if err := d.Decode(&report); err != nil {
		return report, fmt.Errorf("not the result of a replay, or cut short: %w", err)
	}
	_, end := d.Token()
	switch {
	case !errors.Is(end, io.EOF):
		return report, errors.New("something follows the result: one file holds one")
	case report.Format != Format:
		return report, fmt.Errorf("format %q: only %q is understood", report.Format, Format)
	case len(report.Runs) == 0:
		return report, errors.New("no runs")
	case report.Options.Fleet < 1:
		return report, fmt.Errorf("options: fleet: %d: at least one vehicle drove", report.Options.Fleet)
	}
	return report, nil
}
