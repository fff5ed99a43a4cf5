// Package compare sets the results of replays beside each other: as a table for
// a terminal, and as one page with charts that needs nothing but itself.
package compare

import (
	"fmt"
	"slices"

	"github.com/cabstand/cabstand/internal/replay"
)

// Set is results to be compared. Those of one label are one policy with
// different fleets; the first label is what the others are held against.
type Set struct {
	reports []replay.Report
	labels  []string // in the order of their first results
	fleets  []int    // ascending
}

// New makes a set. Two results of one label and one fleet are an error: they
// could not be told apart.
func New(reports []replay.Report) (*Set, error) {
	s := &Set{reports: reports}
	for i, r := range reports {
		for _, other := range reports[:i] {
			if other.Options.Label == r.Options.Label && other.Options.Fleet == r.Options.Fleet {
				return nil, fmt.Errorf("two results are called %q with %d vehicles: name them apart by --label", r.Options.Label, r.Options.Fleet)
			}
		}
		if !slices.Contains(s.labels, r.Options.Label) {
			s.labels = append(s.labels, r.Options.Label)
		}
		if !slices.Contains(s.fleets, r.Options.Fleet) {
			s.fleets = append(s.fleets, r.Options.Fleet)
		}
	}
	slices.Sort(s.fleets)
	return s, nil
}

// Cautions says where results are not about the same thing.
func (s *Set) Cautions() []string {
	var cautions []string
	first := s.reports[0]
	for _, r := range s.reports[1:] {
		of := fmt.Sprintf("%s with %d vehicles", r.Options.Label, r.Options.Fleet)
		switch {
		case r.Input.Requests != first.Input.Requests || !r.Options.From.Equal(first.Options.From) || !r.Options.To.Equal(first.Options.To):
			cautions = append(cautions, of+" had other requests than the first result")
		case r.Options.Network != first.Options.Network:
			cautions = append(cautions, of+" drove on "+r.Options.Network+", the first result on "+first.Options.Network)
		case len(r.Runs) != len(first.Runs):
			cautions = append(cautions, fmt.Sprintf("%s has %d seeds, the first result %d", of, len(r.Runs), len(first.Runs)))
		}
	}
	return cautions
}

// find is the result of the label with the fleet, nil if there is none.
func (s *Set) find(label string, fleet int) *replay.Report {
	for i := range s.reports {
		if o := s.reports[i].Options; o.Label == label && o.Fleet == fleet {
			return &s.reports[i]
		}
	}
	return nil
}

// shown is the fleet that the hours and the map are shown for: the one with the
// most results, of several the middle one.
func (s *Set) shown() int {
	most := 0
	var best []int
	for _, fleet := range s.fleets {
		n := 0
		for _, label := range s.labels {
			if s.find(label, fleet) != nil {
				n++
			}
		}
		if n > most {
			most, best = n, nil
		}
		if n == most {
			best = append(best, fleet)
		}
	}
	return best[len(best)/2]
}

// against is how a result differs from that of the first label with the same
// fleet: the mean over the seeds that both have, of the difference of each pair
// of runs. Both met the same riders, so that it is known better than each of the
// two. ok is false where there is nothing to hold it against.
func (s *Set) against(r *replay.Report, value func(replay.Run) float64) (difference replay.Interval, ok bool) {
	base := s.find(s.labels[0], r.Options.Fleet)
	if base == nil || r.Options.Label == s.labels[0] {
		return difference, false
	}
	var differences []float64
	for _, run := range r.Runs {
		i := slices.IndexFunc(base.Runs, func(b replay.Run) bool { return b.Seed == run.Seed })
		if i >= 0 {
			differences = append(differences, value(run)-value(base.Runs[i]))
		}
	}
	return replay.IntervalOf(differences), len(differences) > 0
}

func servedShare(r replay.Run) float64 { return r.ServedShare }
func meanWait(r replay.Run) float64    { return r.Wait.Mean }
