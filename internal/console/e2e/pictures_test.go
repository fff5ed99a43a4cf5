package e2e_test

import (
	"os"
	"testing"
)

// TestPictures takes the pictures of the documentation, into the folder that
// PICTURES_INTO names: `make pictures`. It is no test, and does nothing without it.
func TestPictures(t *testing.T) {
	folder := os.Getenv("PICTURES_INTO")
	if folder == "" {
		t.Skip("PICTURES_INTO names no folder for them: `make pictures` does")
	}
	look := mustBrowser(t)
	city := start(t, mustBuild(t), "--demo", "--swap", "--data", t.TempDir())
	look("pictures.mjs", city, "OF=console")
	if os.Getenv("ONLY") != "" {
		return
	}
	quiet := start(t, mustBuild(t), "--demo", "--demo-fleet", "0", "--require-pin", "--data", t.TempDir())
	look("pictures.mjs", quiet, "OF=people")
}
