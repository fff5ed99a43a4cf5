package e2e_test

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// TestLoad lets load.mjs watch a city of 200 drivers on three pages at once, for
// as long as E2E_LOAD says: 20 s, or what a release is held to, 2m.
func TestLoad(t *testing.T) {
	length := 20 * time.Second
	if text := os.Getenv("E2E_LOAD"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatalf("E2E_LOAD: %q is not accepted: a duration such as 2m", text)
		}
	}
	look := mustBrowser(t)
	address := start(t, mustBuild(t), "--demo", "--demo-fleet", "200", "--swap", "--require-pin", "--data", t.TempDir())
	look("load.mjs", address, fmt.Sprintf("SECONDS=%.0f", length.Seconds()))
}
