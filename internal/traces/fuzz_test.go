package traces_test

import (
	"bytes"
	"testing"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/traces"
)

// Whatever a recording says, the filter judges each fix once.
func FuzzRead(f *testing.F) {
	f.Add([]byte(table))
	f.Add([]byte("unix,cab,lat,lon\n9223372036854775807,a,NaN,Inf\n-9223372036854775808,a,1e308,0x1p9\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, fixes := traces.NewAudit(driver.DefaultFilterConfig), 0
		if _, err := traces.Read(bytes.NewReader(data), func(fix traces.Fix) {
			if fix.Cab == "" {
				t.Error("a fix of no cab")
			}
			fixes++
			a.Judge(fix)
		}); err != nil {
			return
		}
		var out bytes.Buffer
		if err := a.Report().Write(&out); err != nil || out.Len() == 0 {
			t.Errorf("%d fixes: %v", fixes, err)
		}
	})
}
