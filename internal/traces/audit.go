package traces

import (
	"cmp"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// examplesEach is how many fixes the report names of each kind.
const examplesEach = 3

// Audit is a filter at work on recorded fixes, one filter a cab. Each fix is
// taken to have been received when it was fixed; one that is recorded out of
// order, when the one before it was.
type Audit struct {
	config driver.FilterConfig
	cabs   map[string]*cab
	report Report
	kinds  map[driver.Refusal]*Class
}

// cab is one recorded cab.
type cab struct {
	Cab
	filter *driver.Filter
	clock  time.Time
	last   Fix // the last that was believed
	before bool
}

// NewAudit is an audit of a filter so configured.
func NewAudit(c driver.FilterConfig) *Audit {
	a := &Audit{config: c, cabs: map[string]*cab{}, kinds: map[driver.Refusal]*Class{}}
	for _, r := range driver.Refusals {
		a.kinds[r] = &Class{Code: r}
	}
	return a
}

// Judge gives the fix to the filter of its cab.
func (a *Audit) Judge(f Fix) driver.Refusal {
	c := a.cab(f.Cab)
	if f.At.After(c.clock) {
		c.clock = f.At
	}
	verdict := c.filter.Judge(f.position(), c.clock)
	a.report.Fixes++
	c.Fixes++
	if verdict == driver.Believed {
		a.kept(c, f)
	} else {
		a.refused(c, f, verdict)
	}
	return verdict
}

func (a *Audit) cab(name string) *cab {
	c, known := a.cabs[name]
	if !known {
		c = &cab{Cab: Cab{Cab: name}, filter: driver.NewFilter(a.config)}
		a.cabs[name] = c
	}
	return c
}

func (a *Audit) kept(c *cab, f Fix) {
	if leap := c.example(f); c.before && a.config.Speed > 0 && leap.SpeedMPS > a.config.Speed {
		a.report.Leaps.note(leap)
	}
	c.last, c.before = f, true
	a.report.Kept++
}

func (a *Audit) refused(c *cab, f Fix, why driver.Refusal) {
	c.Refused++
	a.kinds[why].note(c.example(f))
}

// example is the fix with its way from the last that was believed.
func (c *cab) example(f Fix) Example {
	e := Example{Cab: f.Cab, At: f.At, Lat: f.Lat, Lon: f.Lon}
	if !c.before || !f.Valid() {
		return e
	}
	took := f.At.Sub(c.last.At).Seconds()
	e.FromM, e.AfterS = geo.Distance(c.last.Point, f.Point), took
	e.SpeedMPS = e.FromM / max(1, took)
	return e
}

// Report is what came of all fixes so far.
func (a *Audit) Report() Report {
	r := a.report
	r.Leaps.Examples = slices.Clone(r.Leaps.Examples)
	r.Leaps.Share = share(r.Leaps.Count, r.Fixes)
	r.KeptShare = share(r.Kept, r.Fixes)
	r.Classes = make([]Class, len(driver.Refusals))
	for i, code := range driver.Refusals {
		r.Classes[i] = *a.kinds[code]
		r.Classes[i].Share = share(r.Classes[i].Count, r.Fixes)
	}
	r.Cabs = make([]Cab, 0, len(a.cabs))
	for _, c := range a.cabs {
		c.Share = share(c.Refused, c.Fixes)
		r.Cabs = append(r.Cabs, c.Cab)
	}
	slices.SortFunc(r.Cabs, func(a, b Cab) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Cab, b.Cab))
	})
	return r
}

func share(n, of int) float64 { return float64(n) / float64(max(1, of)) }
