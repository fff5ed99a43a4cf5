package road_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/road"
)

func TestHourOf(t *testing.T) {
	utc := time.Date(2013, 9, 1, 23, 59, 59, 0, time.UTC) // a Sunday
	if h := road.HourOf(utc); h != 167 {
		t.Errorf("the last hour of Sunday is %d", h)
	}
	if h := road.HourOf(utc.Add(time.Second)); h != 0 {
		t.Errorf("the first hour of Monday is %d", h)
	}
	if h := road.HourOf(utc.In(time.FixedZone("", 2*3600))); h != 1 {
		t.Errorf("two hours further east it is hour %d", h)
	}
}

func TestHours_Scale(t *testing.T) {
	h := road.Hours{5: 0.5, 6: 1.5}
	for hour, want := range map[int]time.Duration{4: 10 * time.Second, 5: 20 * time.Second, 6: 6667 * time.Millisecond} {
		if got := h.Scale(10*time.Second, hour); got != want {
			t.Errorf("hour %d: %v, not %v", hour, got, want)
		}
	}
}

func TestReadHours(t *testing.T) {
	h, err := road.ReadHours(strings.NewReader("factor,hour\n0.5,0\n2,167\n"))
	if err != nil || h[0] != 0.5 || h[167] != 2 || h[1] != 0 {
		t.Fatalf("%v, %v", h, err)
	}
	for name, c := range map[string]struct{ table, want string }{
		"NoColumn":  {"hour,speed\n1,1\n", "no column factor"},
		"Hour":      {"hour,factor\n168,1\n", `line 2: hour "168"`},
		"NoHour":    {"hour,factor\nnoon,1\n", `hour "noon"`},
		"Negative":  {"hour,factor\n-1,1\n", `hour "-1"`},
		"TooSlow":   {"hour,factor\n1,0.09\n", "0.1 to 10"},
		"NotNumber": {"hour,factor\n1,NaN\n", `factor "NaN"`},
		"Twice":     {"hour,factor\n1,1\n1,2\n", "hour 1 comes twice"},
		"Empty":     {"", "names the columns"},
		"NoLine":    {"hour,factor\n", "not one hour"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := road.ReadHours(strings.NewReader(c.table)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v does not say %q", err, c.want)
			}
		})
	}
}
