package replay

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/orders"
	"github.com/cabstand/cabstand/internal/road"
)

// mustOpen opens a file of the data folder, and skips where it is absent.
func mustOpen(tb testing.TB, name string) *os.File {
	tb.Helper()
	folder := os.Getenv("CABSTAND_DATA")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		tb.Skipf("no data: %v; set CABSTAND_DATA to the folder that has it", err)
	}
	tb.Cleanup(func() { _ = f.Close() })
	return f
}

// mustDay is the hours of New York's recorded Sunday, on its roads.
func mustDay(tb testing.TB, hours ...int) *Scenario {
	tb.Helper()
	whole, _, err := road.Import(road.Source{Nodes: mustOpen(tb, "nyc_nodes.csv.gz"), Links: mustOpen(tb, "nyc_links.csv.gz"), Column: "seconds_20h"})
	if err != nil {
		tb.Fatal(err)
	}
	network := NewRoads(whole.Connected(), eta.DefaultHorizon)
	midnight := time.Date(2013, 9, 1, 0, 0, 0, 0, time.UTC)
	s := &Scenario{
		From: midnight.Add(time.Duration(hours[0]) * time.Hour), To: midnight.Add(time.Duration(hours[1]) * time.Hour),
		Fleet: 2000, Network: network, Dispatch: config(), Behaviour: DefaultBehaviour,
	}
	all, _, err := orders.Read(mustOpen(tb, "nyc_trips.csv.gz"), func(o orders.Order) error {
		if o.At.Before(s.From) || !o.At.Before(s.To) {
			return errors.New("another hour")
		}
		return errors.Join(network.Fits(o.Pickup), network.Fits(o.Dropoff))
	})
	if err != nil {
		tb.Fatal(err)
	}
	if s.Orders, _, err = Prepare(tb.Context(), network, all); err != nil {
		tb.Fatal(err)
	}
	return s
}

// BenchmarkScenario_Hour replays an evening hour of New York with what costs
// most time.
func BenchmarkScenario_Hour(b *testing.B) {
	for name, change := range map[string]func(*dispatch.Policy){
		"Greedy":  func(p *dispatch.Policy) { p.Name = dispatch.Greedy },
		"Optimal": func(*dispatch.Policy) {},
		"Swap":    func(p *dispatch.Policy) { p.Swap = true },
		"Forward": func(p *dispatch.Policy) { p.Forward = time.Minute },
		"All":     func(p *dispatch.Policy) { p.Swap, p.MaxSwaps, p.Forward = true, 3, time.Minute },
	} {
		b.Run(name, func(b *testing.B) {
			s := mustDay(b, 19, 20)
			s.Fleet = 1500
			change(&s.Dispatch.Policy)
			for b.Loop() {
				r := mustRun(b, s, 1)
				b.ReportMetric(100*r.ServedShare, "%served")
				b.ReportMetric(r.Wait.Mean, "s/wait")
			}
		})
	}
}

// BenchmarkScenario_Day replays all of it.
func BenchmarkScenario_Day(b *testing.B) {
	s := mustDay(b, 0, 24)
	for b.Loop() {
		r := mustRun(b, s, 1)
		b.ReportMetric(100*r.ServedShare, "%served")
		b.ReportMetric(r.Wait.Mean, "s/wait")
	}
}

// BenchmarkTravel_Times prices a thousand waiting drivers for one rider.
func BenchmarkTravel_Times(b *testing.B) {
	s := mustDay(b, 19, 20)
	travel := s.Network.Travel()
	defer travel.Close()
	var from []geo.Point
	for _, o := range s.Orders[:1000] {
		from = append(from, o.Dropoff)
	}
	for b.Loop() {
		travel.Times(b.Context(), from, s.Orders[0].Pickup)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(from)), "ns/driver")
}
