package traces_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/traces"
)

// mustDay is a day of cabs as they were recorded.
func mustDay(tb testing.TB) (byCab map[string][]traces.Fix) {
	tb.Helper()
	dir := os.Getenv("CABSTAND_DATA")
	if dir == "" {
		tb.Skip("CABSTAND_DATA is not set: no recorded positions here")
	}
	f, err := os.Open(filepath.Join(dir, "sf_gps.csv.gz"))
	if errors.Is(err, fs.ErrNotExist) {
		tb.Skipf("no recorded positions here: %v", err)
	} else if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	byCab = map[string][]traces.Fix{}
	bad, err := traces.Read(f, func(f traces.Fix) { byCab[f.Cab] = append(byCab[f.Cab], f) })
	if err != nil || bad.Rows > 0 {
		tb.Fatal(err, bad)
	}
	return byCab
}

// drives reports whether a car of that speed, in m/s, gets from a to b.
func drives(a, b traces.Fix, speed float64) bool {
	return geo.Distance(a.Point, b.Point) <= speed*max(1, b.At.Sub(a.At).Seconds())
}

// unexplained is the least number of fixes to leave out so that one car could
// have driven through all others: no filter that does not know the future finds
// fewer. It is the longest chain, the way back of which is cut short where no
// better one can come.
func unexplained(fixes []traces.Fix, speed float64) int {
	longest := make([]int, len(fixes)) // of the chains that end with the fix
	best := make([]int, len(fixes)+1)  // of longest, before the fix
	for i := range fixes {
		for j := i - 1; j >= 0 && longest[i] < best[j+1]; j-- {
			if longest[j] > longest[i] && drives(fixes[j], fixes[i], speed) {
				longest[i] = longest[j]
			}
		}
		longest[i]++
		best[i+1] = max(best[i], longest[i])
	}
	return len(fixes) - best[len(fixes)]
}

// spike reports whether the middle fix is far from both of its neighbours, which
// are near each other: nothing but an error explains it.
func spike(fixes []traces.Fix) bool {
	a, b, c := fixes[0], fixes[1], fixes[2]
	return drives(a, c, 60) && !drives(a, b, 75) && !drives(b, c, 75)
}

// The two halves hold each other in check: a filter that keeps everything fails
// at the spikes, one that refuses much at the cabs that drove as cars do.
func TestAudit_RecordedDay(t *testing.T) {
	day := mustDay(t)
	speed := driver.DefaultFilterConfig.Speed
	audit := traces.NewAudit(driver.DefaultFilterConfig)
	impossible, spikes, sane := 0, 0, 0
	for cab, fixes := range day {
		least := unexplained(fixes, speed)
		impossible += least
		kept := make([]bool, len(fixes))
		lost := 0
		for i, f := range fixes {
			if kept[i] = audit.Judge(f) == driver.Believed; !kept[i] {
				lost++
			}
		}
		if least == 0 {
			if sane++; lost > 0 {
				t.Errorf("%s drove like a car and lost %d of %d fixes", cab, lost, len(fixes))
			}
		}
		if 10*least > len(fixes) { // two phones under one name: which of them is the car?
			continue
		}
		for i := 1; i+1 < len(fixes); i++ {
			if !spike(fixes[i-1 : i+2]) {
				continue
			}
			if spikes++; kept[i] {
				t.Errorf("%s is believed to be at %v at %v, between %v and %v", cab, fixes[i].Point, fixes[i].At, fixes[i-1].Point, fixes[i+1].Point)
			}
		}
	}
	r := audit.Report()
	refused := r.Fixes - r.Kept
	t.Logf("%d fixes, %.4f kept, %d refused, %d leaps, %d unexplained, %d spikes, %d cabs like cars", r.Fixes, r.KeptShare, refused, r.Leaps.Count, impossible, spikes, sane)
	if r.Fixes < 400_000 || sane < 100 || spikes < 20 {
		t.Fatal("this is not the day that the test is about")
	}
	if r.KeptShare < 0.995 {
		t.Errorf("%.4f of all fixes kept, want 0.995", r.KeptShare)
	}
	// Refused at most a tenth more than has to be; what has to be and was not, was
	// believed for its witnesses or after a silence.
	if refused > impossible+impossible/10 || refused+r.Leaps.Count < impossible || r.Leaps.Count > impossible/20 {
		t.Errorf("%d refused and %d leaps, where %d fixes cannot be", refused, r.Leaps.Count, impossible)
	}
	for _, c := range r.Classes {
		if c.Code != driver.RefusedSpeed && c.Count > 0 {
			t.Errorf("%d refused as %q: the recording is in order and on the earth", c.Count, c.Code)
		}
	}
}
