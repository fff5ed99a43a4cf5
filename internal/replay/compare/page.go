package compare

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/cabstand/cabstand/internal/replay"
)

//go:embed page.html
var source string

var page = template.Must(template.New("page").Parse(source))

// colors is how many colors of lines the page has.
const colors = 8

// WritePage writes the comparison as one HTML page that loads nothing.
func (s *Set) WritePage(out io.Writer) error { return page.Execute(out, s.content()) }

// content is what the page shows.
type content struct {
	From, To string
	Requests int
	Network  string
	Seeds    int
	Fleet    int // that the hours and maps are of
	Legend   []key
	Header   []string
	Rows     []tableRow
	Cautions []string
	Charts   []figure
	Maps     []figure
	Most     string // lost in one square
	Settings []settings
}

type key struct {
	Name  string
	Color int
}

type tableRow struct {
	Color int
	Begin bool // of another fleet than the row before
	Cells []string
}

type figure struct {
	Title, Note string
	Color       int
	SVG         template.HTML
}

type settings struct {
	Title string
	Color int
	Hash  string
	List  []replay.Setting
	Bad   []string
}

func (s *Set) content() content {
	first := s.reports[0]
	c := content{
		From: first.Options.From.Format("2006-01-02 15:04"), To: first.Options.To.Format("2006-01-02 15:04"),
		Requests: first.Input.Requests, Network: first.Options.Network, Seeds: len(first.Runs), Fleet: s.shown(),
		Header: header, Cautions: s.Cautions(), Charts: s.figures(), Settings: s.settings(),
	}
	for i, label := range s.labels {
		c.Legend = append(c.Legend, key{label, i % colors})
	}
	for _, fleet := range s.fleets {
		begin := true
		for i, label := range s.labels {
			if r := s.find(label, fleet); r != nil {
				c.Rows = append(c.Rows, tableRow{i % colors, begin, s.row(r)})
				begin = false
			}
		}
	}
	c.Maps, c.Most = s.maps()
	return c
}

func (s *Set) figures() []figure {
	served := s.byFleet("served, %", 100, 2, func(m replay.Summary) replay.Interval { return m.ServedShare })
	served.share = true
	wait := s.byFleet("mean wait, s", 1, 1, func(m replay.Summary) replay.Interval { return m.WaitMean })
	return []figure{
		{Title: "Riders served", Note: "Share of all requests that ended with a ride; bars are 95 % intervals over the seeds.", SVG: served.svg()},
		{Title: "Wait until the driver is there", Note: "From the request, of those who were served.", SVG: wait.svg()},
		{Title: "Served against wait", Note: "Further up and further left is better in both. A policy that serves more riders also serves those who have to wait longer.", SVG: s.tradeOff().svg()},
		{Title: "Waits over the day", Note: fmt.Sprintf("Mean wait by the hour of the request, with %d vehicles.", s.shown()), SVG: s.byHour().svg()},
	}
}

// maps is a map for each policy at the shown fleet, all on one scale.
func (s *Set) maps() (maps []figure, scale string) {
	most := 0.0
	of := map[string][]square{}
	for _, label := range s.labels {
		if r := s.find(label, s.shown()); r != nil {
			of[label] = squaresOf(r)
			most = max(most, mostLost(of[label]))
		}
	}
	for i, label := range s.labels {
		if squares := of[label]; len(squares) > 0 {
			maps = append(maps, figure{
				Title: label, Note: fmt.Sprintf("%.0f riders lost", lostOf(squares)), Color: i % colors, SVG: lostMap(squares, most),
			})
		}
	}
	return maps, fmt.Sprintf("%.0f", most)
}

func (s *Set) settings() []settings {
	var all []settings
	for _, r := range s.reports {
		i := 0
		for s.labels[i] != r.Options.Label {
			i++
		}
		one := settings{Title: fmt.Sprintf("%s, %d vehicles", r.Options.Label, r.Options.Fleet), Color: i % colors, List: r.Options.Settings}
		one.Hash = r.Runs[0].DecisionHash
		for _, b := range []struct {
			what string
			rows replay.BadRows
		}{{"of the trips", r.Input.BadTrips}, {"of the drivers", r.Input.BadDrivers}, {"of the roads", r.Input.BadRoads}, {"without a way", r.Input.NoWay}} {
			if b.rows.Rows > 0 {
				one.Bad = append(one.Bad, fmt.Sprintf("%d rows %s were not used: %s …", b.rows.Rows, b.what, b.rows.First[0]))
			}
		}
		all = append(all, one)
	}
	return all
}
