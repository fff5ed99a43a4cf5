package replay

import (
	"errors"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/geo"
)

func TestReadFleet(t *testing.T) {
	const table = "driver_id,lat,lon,available_at\n" +
		"d1,40.75,-73.98,2026-05-01T08:00:00Z\n" +
		"d1,40.75,-73.98,2026-05-01T08:00:00Z\n" +
		"no spaces,40.75,-73.98,2026-05-01T08:00:00Z\n" +
		"d2,99,-73.98,2026-05-01T08:00:00Z\n" +
		"d3,40.75,-73.98,noon\n" +
		"d4,10,-73.98,1777622400\n" +
		"d5,40.76,-73.98,1777622400\n"
	fleet, bad, err := ReadFleet(strings.NewReader(table), func(p geo.Point) error {
		if p.Lat == 10 {
			return errors.New("off the network")
		}
		return nil
	})
	if err != nil || len(fleet) != 2 || fleet[1].ID != "d5" || !fleet[1].From.Equal(start) {
		t.Fatalf("%+v, %v", fleet, err)
	}
	if bad.Rows != 5 {
		t.Errorf("%d bad rows", bad.Rows)
	}
	for i, want := range []string{"line 3: driver_id d1 comes twice", "line 4: driver_id", "line 5: 99", "line 6: \"noon\"", "line 7: off the network"} {
		if !strings.Contains(bad.First[i], want) {
			t.Errorf("%q does not say %q", bad.First[i], want)
		}
	}
}

func TestSampled_LargerBeginsWithSmaller(t *testing.T) {
	all := crowded(50, 1).Orders
	few, many := sampled(5, all, start, 1), sampled(20, all, start, 1)
	for i := range few {
		if few[i] != many[i] {
			t.Errorf("driver %d starts at %v and at %v", i, few[i], many[i])
		}
	}
	if other := sampled(5, all, start, 2); other[0] == few[0] && other[1] == few[1] {
		t.Error("two seeds have the same fleet")
	}
}
