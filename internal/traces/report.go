package traces

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
)

// Report is what a filter made of a recording.
type Report struct {
	Fixes     int     `json:"fixes"`
	Kept      int     `json:"kept"`
	KeptShare float64 `json:"kept_share"` // of all fixes
	Classes   []Class `json:"refused"`    // every refusal there is, in the order in which they are looked for
	Leaps     Class   `json:"leaps"`      // kept, though no car gets there from the last kept: after a silence, or by witnesses
	Cabs      []Cab   `json:"cabs"`       // the one that lost the largest share first
}

// Class counts the fixes of one kind.
type Class struct {
	Code     driver.Refusal `json:"code,omitempty"`
	Count    int            `json:"count"`
	Share    float64        `json:"share"`              // of all fixes
	Examples []Example      `json:"examples,omitempty"` // the fastest few
}

// Example is a fix with its way from the last of its cab that was kept.
type Example struct {
	Cab      string    `json:"cab"`
	At       time.Time `json:"at"`
	Lat      float64   `json:"lat"`
	Lon      float64   `json:"lon"`
	FromM    float64   `json:"from_m"` // 0 where nothing was kept before
	AfterS   float64   `json:"after_s"`
	SpeedMPS float64   `json:"speed_mps"` // of the straight way; less than a second counts as one
}

// Cab is what became of one cab's fixes.
type Cab struct {
	Cab     string  `json:"cab"`
	Fixes   int     `json:"fixes"`
	Refused int     `json:"refused"`
	Share   float64 `json:"refused_share"`
}

// note counts the fix, and keeps it where it is one of the fastest.
func (c *Class) note(e Example) {
	c.Count++
	c.Examples = append(c.Examples, e)
	slices.SortStableFunc(c.Examples, func(a, b Example) int { return cmp.Compare(b.SpeedMPS, a.SpeedMPS) })
	c.Examples = c.Examples[:min(len(c.Examples), examplesEach)]
}

// worstCabs is how many cabs the text names.
const worstCabs = 5

// Write tells of the report in text.
func (r Report) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "fixes\t%d\t\t\n", r.Fixes)
	fmt.Fprintf(t, "kept\t%d\t%.3f %%\t\n", r.Kept, 100*r.KeptShare)
	for _, c := range r.Classes {
		fmt.Fprintf(t, "%s\t%d\t%.3f %%\t\n", c.Code, c.Count, 100*c.Share)
	}
	fmt.Fprintf(t, "leaps kept\t%d\t%.3f %%\t\n", r.Leaps.Count, 100*r.Leaps.Share)
	if err := t.Flush(); err != nil {
		return err
	}
	for _, c := range append(slices.Clone(r.Classes), r.Leaps) {
		if err := c.write(w); err != nil {
			return err
		}
	}
	return r.writeCabs(w)
}

func (c Class) write(w io.Writer) error {
	if len(c.Examples) == 0 {
		return nil
	}
	fmt.Fprintf(w, "\n%s, the fastest of %d:\n", cmp.Or(string(c.Code), "leaps kept"), c.Count)
	for _, e := range c.Examples {
		_, err := fmt.Fprintf(w, "  %s %s (%.5f, %.5f): %.1f km in %.0f s, %.0f m/s\n",
			e.Cab, e.At.Format(time.RFC3339), e.Lat, e.Lon, e.FromM/1000, e.AfterS, e.SpeedMPS)
		if err != nil {
			return err
		}
	}
	return nil
}

func (r Report) writeCabs(w io.Writer) error {
	untouched := 0
	for _, c := range r.Cabs {
		if c.Refused == 0 {
			untouched++
		}
	}
	if _, err := fmt.Fprintf(w, "\n%d of %d cabs lost nothing; those that lost most:\n", untouched, len(r.Cabs)); err != nil {
		return err
	}
	for _, c := range r.Cabs[:min(worstCabs, len(r.Cabs)-untouched)] {
		if _, err := fmt.Fprintf(w, "  %s: %d of %d, %.1f %%\n", c.Cab, c.Refused, c.Fixes, 100*c.Share); err != nil {
			return err
		}
	}
	return nil
}
