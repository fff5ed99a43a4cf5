package traces_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/traces"
)

const table = `unix,cab,lat,lon,occupied
1211301600,a,37.7,-122.4,0
1211301610,b,37.8,-122.4,1
1211301604,a,0,0,0
1211301608,a,37.701,-122.4,0
yesterday,a,37.7,-122.4,0
1211301612,a,north,-122.4,0
1211301612,a,37.7,west,0
1211301612,,37.7,-122.4,0
1211301612,a,38.7,-122.4,0
1211301611,a,37.702,-122.4,0
1211301616,a,37.702,-122.4,0
`

func audit(tb testing.TB, c driver.FilterConfig, table string) traces.Report {
	tb.Helper()
	a := traces.NewAudit(c)
	if _, err := traces.Read(strings.NewReader(table), func(f traces.Fix) { a.Judge(f) }); err != nil {
		tb.Fatal(err)
	}
	return a.Report()
}

func TestRead(t *testing.T) {
	var fixes []traces.Fix
	bad, err := traces.Read(strings.NewReader(table), func(f traces.Fix) { fixes = append(fixes, f) })
	if err != nil {
		t.Fatal(err)
	}
	if len(fixes) != 7 || fixes[1] != (traces.Fix{Cab: "b", At: time.Unix(1211301610, 0).UTC(), Point: geo.Point{Lat: 37.8, Lon: -122.4}}) {
		t.Errorf("read %v", fixes)
	}
	if bad.Rows != 4 || !strings.Contains(bad.String(), "line 6: \"yesterday\"") || !strings.Contains(bad.String(), "line 9: no cab") {
		t.Errorf("%v", bad)
	}
	t.Run("ErrColumn", func(t *testing.T) {
		if _, err := traces.Read(strings.NewReader("unix,lat,lon\n"), nil); err == nil || !strings.Contains(err.Error(), "cab") {
			t.Errorf("got %v", err)
		}
	})
}

func TestAudit(t *testing.T) {
	r := audit(t, driver.DefaultFilterConfig, table)
	if r.Fixes != 7 || r.Kept != 5 || r.KeptShare != 5.0/7 {
		t.Errorf("%+v", r)
	}
	counts := map[driver.Refusal]int{}
	for _, c := range r.Classes {
		if counts[c.Code] = c.Count; c.Count != len(c.Examples) || c.Share != float64(c.Count)/7 {
			t.Errorf("%+v", c)
		}
	}
	if len(r.Classes) != len(driver.Refusals) || counts[driver.RefusedZero] != 1 || counts[driver.RefusedSpeed] != 1 {
		t.Errorf("%v", counts)
	}
	for _, c := range r.Classes {
		if c.Code != driver.RefusedSpeed {
			continue
		}
		e := c.Examples[0]
		if e.AfterS != 4 || e.FromM < 110_000 || e.FromM > 112_000 || e.SpeedMPS != e.FromM/4 || e.At.Unix() != 1211301612 {
			t.Errorf("%+v", e)
		}
	}
	if want := []traces.Cab{{Cab: "a", Fixes: 6, Refused: 2, Share: 2.0 / 6}, {Cab: "b", Fixes: 1}}; len(r.Cabs) != 2 || r.Cabs[0] != want[0] || r.Cabs[1] != want[1] {
		t.Errorf("%+v", r.Cabs)
	}
	t.Run("OutOfOrderIsStaleAndNotPast", func(t *testing.T) {
		r := audit(t, driver.DefaultFilterConfig, "cab,unix,lat,lon\na,1000,37,-122\na,990,37,-122\nb,10,37,-122\n")
		if r.Kept != 2 || r.Cabs[0].Refused != 1 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("LeapsAreTold", func(t *testing.T) {
		r := audit(t, driver.DefaultFilterConfig, "cab,unix,lat,lon\na,1000,37,-122\na,1100,39,-122\na,1101,39,-122\n")
		if r.Kept != 3 || r.Leaps.Count != 1 || r.Leaps.Examples[0].At.Unix() != 1100 {
			t.Errorf("%+v", r)
		}
	})
}

func TestReport_Write(t *testing.T) {
	var first, second bytes.Buffer
	for _, w := range []*bytes.Buffer{&first, &second} {
		if err := audit(t, driver.DefaultFilterConfig, table).Write(w); err != nil {
			t.Fatal(err)
		}
	}
	if first.String() != second.String() {
		t.Error("two reports of the same differ")
	}
	for _, want := range []string{"kept  5  71.429 %", "speed  1  14.286 %", "daily_limit  0", "(38.70000, -122.40000): 111.1 km in 4 s, 27", "1 of 2 cabs lost nothing", "a: 2 of 6, 33.3 %"} {
		if !strings.Contains(first.String(), want) {
			t.Errorf("nothing of %q in\n%s", want, &first)
		}
	}
}
