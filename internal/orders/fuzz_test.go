package orders_test

import (
	"bytes"
	"testing"

	"github.com/cabstand/cabstand/internal/orders"
)

// What is read from a table of anybody's are rides on the earth, in order.
func FuzzRead(f *testing.F) {
	const header = "requested_at,pickup_lat,pickup_lon,dropoff_lat,dropoff_lon\n"
	for _, rows := range []string{"", "2013-09-01T20:00:05Z,40.1,-74,40.2,-74\n", "1,NaN,0,1e400,-0\n", "9223372036854775807,1,2,3,4\n-9223372036854775808,1,2,3,4\n", "\"\n1,1,1,2,2"} {
		f.Add([]byte(header + rows))
	}
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, table []byte) {
		all, bad, err := orders.Read(bytes.NewReader(table), nil)
		if err != nil {
			return
		}
		for i, o := range all {
			if !o.Pickup.Valid() || !o.Dropoff.Valid() || o.Pickup == o.Dropoff || i > 0 && o.At.Before(all[i-1].At) {
				t.Errorf("order %d is %+v", i, o)
			}
			if _, err := o.At.MarshalText(); err != nil {
				t.Errorf("order %d: %v", i, err)
			}
		}
		if lines := bytes.Count(table, []byte("\n")) + 1; table[0] != 0x1f && len(all)+bad.Rows > lines {
			t.Errorf("%d orders and %d bad rows in %d lines", len(all), bad.Rows, lines)
		}
	})
}
