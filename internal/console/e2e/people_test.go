package e2e_test

import (
	"os"
	"os/exec"
	"testing"
)

// TestPeople lets people.mjs play rides with the pages of riders and drivers, in
// a city whose only drivers are the test's.
func TestPeople(t *testing.T) {
	look := mustBrowser(t)
	address := start(t, mustBuild(t), "--demo", "--demo-fleet", "0", "--require-pin", "--data", t.TempDir())
	look("people.mjs", address)
}

// TestAccounts lets accounts.mjs sign riders in and out by their passwords.
func TestAccounts(t *testing.T) {
	const password = "correct horse battery staple"
	look := mustBrowser(t)
	bin, data := mustBuild(t), t.TempDir()
	mustAccount(t, bin, data, "rider", "rita", password)
	mustAccount(t, bin, data, "driver", "dan", password)
	address := start(t, bin, "--data", data)
	look("accounts.mjs", address, "PASSWORD="+password)
}

// mustAccount lets somebody sign in by a password.
func mustAccount(tb testing.TB, bin, data, role, id, password string) {
	tb.Helper()
	create := exec.Command(bin, "account", "create", "--data", data, "--role", role, "--id", id)
	create.Env = append(os.Environ(), "CABSTAND_PASSWORD="+password)
	if out, err := create.CombinedOutput(); err != nil {
		tb.Fatalf("dispatcher account create: %v\n%s", err, out)
	}
}
