package compare

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/cabstand/cabstand/internal/replay"
)

// header names the columns of the table.
var header = []string{
	"policy", "vehicles", "seeds", "served %", "± first", "wait s", "± first", "p95 s", "pickup s", "swaps", "idle %", "empty km", "tick p99 ms",
}

// rows is the table: a row for each result, by fleet, in the order of labels.
func (s *Set) rows() [][]string {
	var rows [][]string
	for _, fleet := range s.fleets {
		for _, label := range s.labels {
			if r := s.find(label, fleet); r != nil {
				rows = append(rows, s.row(r))
			}
		}
	}
	return rows
}

func (s *Set) row(r *replay.Report) []string {
	m := r.Summary
	served, wait := "", ""
	if d, ok := s.against(r, servedShare); ok {
		served = signed(d, 100, 2)
	}
	if d, ok := s.against(r, meanWait); ok {
		wait = signed(d, 1, 1)
	}
	return []string{
		r.Options.Label, fmt.Sprint(r.Options.Fleet), fmt.Sprint(m.Seeds),
		measured(m.ServedShare, 100, 2), served, measured(m.WaitMean, 1, 1), wait, measured(m.WaitP95, 1, 0), measured(m.PickupMean, 1, 1),
		fmt.Sprintf("%.2f", m.SwapsPerTrip.Mean), fmt.Sprintf("%.1f", 100*m.IdleShare.Mean), fmt.Sprintf("%.2f", m.DeadheadKm.Mean),
		fmt.Sprintf("%.1f", m.TickP99.Mean),
	}
}

// measured is an interval in words.
func measured(i replay.Interval, scale float64, digits int) string {
	if i.Half == 0 {
		return fmt.Sprintf("%.*f", digits, scale*i.Mean)
	}
	return fmt.Sprintf("%.*f ± %.*f", digits, scale*i.Mean, digits, scale*i.Half)
}

// signed is a difference in words. One whose interval holds zero may be none.
func signed(i replay.Interval, scale float64, digits int) string {
	text := fmt.Sprintf("%+.*f", digits, scale*i.Mean)
	if i.Half > 0 {
		text += fmt.Sprintf(" ± %.*f", digits, scale*i.Half)
	}
	if i.Half > 0 && math.Abs(i.Mean) <= i.Half {
		text += " ?"
	}
	return text
}

// Print prints the table.
func (s *Set) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	print := func(cells []string) {
		for _, c := range cells {
			fmt.Fprintf(w, "%s\t", c)
		}
		fmt.Fprintln(w)
	}
	print(header)
	for _, row := range s.rows() {
		print(row)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out, "± after a value: 95 % interval over seeds. ± first: against the first policy with as many vehicles, by pairs of seeds; ?: may be none.")
	for _, caution := range s.Cautions() {
		fmt.Fprintln(out, "caution:", caution)
	}
	return nil
}
