package e2e_test

import "testing"

// TestPeople lets people.mjs play rides with the pages of riders and drivers, in
// a city whose only drivers are the test's.
func TestPeople(t *testing.T) {
	look := mustBrowser(t)
	address := start(t, mustBuild(t), "--demo", "--demo-fleet", "0", "--require-pin", "--data", t.TempDir())
	look("people.mjs", address)
}
