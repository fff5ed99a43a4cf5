package orders_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/orders"
)

func TestRead(t *testing.T) {
	const table = "requested_at,pickup_lat,pickup_lon,dropoff_lat,dropoff_lon\n" +
		"2013-09-01T20:00:05Z,40.1,-74,40.2,-74\n" +
		"2013-09-01T20:00:00.5Z,40.3,-74,40.2,-74\n" + // earlier
		"2013-09-01T20:00:01Z,40.1,-74,40.1,-74\n" + // nowhere to go
		"2013-09-01T20:00:02Z,50,-74,40.1,-74\n" // does not fit
	all, bad, err := orders.Read(strings.NewReader(table), func(o orders.Order) error {
		if o.Pickup.Lat == 50 {
			return errors.New("off the network")
		}
		return nil
	})
	if err != nil || len(all) != 2 || all[0].Pickup.Lat != 40.3 || all[1].At.Sub(all[0].At) != 4500*time.Millisecond {
		t.Fatalf("%+v, %v", all, err)
	}
	want := []string{"trips line 4: the pickup and the drop-off are one place", "trips line 5: off the network"}
	if bad.Rows != 2 || strings.Join(bad.First, "; ") != strings.Join(want, "; ") {
		t.Errorf("%v", bad)
	}
	if _, _, err := orders.Read(strings.NewReader("when,pickup_lat\n"), nil); err == nil || !strings.Contains(err.Error(), "requested_at or pickup_unix") {
		t.Errorf("error %v", err)
	}
}
