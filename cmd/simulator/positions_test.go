package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/internal/traces"
)

func TestPositions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gps.csv")
	rows := "unix,cab,lat,lon,occupied\n1000,a,37.7,-122.4,0\n1004,a,37.9,-122.4,0\n1008,a,37.701,-122.4,1\nnever,a,1,1,0\n"
	if err := os.WriteFile(path, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("Text", func(t *testing.T) {
		status, said, errs := call(t, "positions", "--gps="+path)
		if status != 0 || !strings.Contains(said, "66.667 %") || !strings.Contains(said, "22.2 km in 4 s, 5561 m/s") {
			t.Errorf("status %d, said\n%s%s", status, said, errs)
		}
		if !strings.Contains(errs, "1 bad rows: positions line 5") {
			t.Errorf("nothing of the bad row: %s", errs)
		}
	})
	t.Run("JSONAndSettings", func(t *testing.T) {
		status, said, errs := call(t, "positions", "--gps="+path, "--json", "--filter-speed=6000", "--filter-distance=500")
		var r traces.Report
		if err := json.Unmarshal([]byte(said), &r); err != nil || status != 0 {
			t.Fatal(status, err, errs)
		}
		if r.Fixes != 3 || r.Kept != 3 || len(r.Cabs) != 1 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("ErrSetting", func(t *testing.T) {
		if status, _, errs := call(t, "positions", "--gps="+path, "--filter-speed=-1"); status != 2 || !strings.Contains(errs, `--filter-speed: "-1" is not accepted: a number of m/s`) {
			t.Errorf("status %d, said %s", status, errs)
		}
	})
	t.Run("ErrEmpty", func(t *testing.T) {
		empty := filepath.Join(t.TempDir(), "empty.csv")
		if err := os.WriteFile(empty, []byte("unix,cab,lat,lon\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if status, _, errs := call(t, "positions", "--gps="+empty); status != 1 || !strings.Contains(errs, "no usable position") {
			t.Errorf("status %d, said %s", status, errs)
		}
	})
}
