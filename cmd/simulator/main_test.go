package main

import (
	"context"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/internal/node"
)

// call runs the program with the arguments.
func call(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e strings.Builder
	status = node.Main(t.Context(), "simulator", description, &commands{}, args, node.Std{Out: &o, Err: &e})
	return status, o.String(), e.String()
}

func TestDrive_WrongSettings(t *testing.T) {
	key := "--auth-key=a secret of the tests, of 32 bytes or more"
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"NoKey":        {nil, "--data: \"\" is not accepted: a data folder, or --auth-key"},
		"NodesAlone":   {[]string{key, "--nodes=x"}, "--links"},
		"Drivers":      {[]string{key, "--drivers=-1"}, "--drivers: \"-1\" is not accepted: 0 to 100000"},
		"Riders":       {[]string{key, "--riders-per-min=NaN"}, "--riders-per-min"},
		"Duration":     {[]string{key, "--duration=-1s"}, "--duration"},
		"Drain":        {[]string{key, "--drain=-1s"}, "--drain"},
		"Interval":     {[]string{key, "--position-interval=1ms"}, "--position-interval"},
		"From":         {[]string{key, "--from=yesterday"}, "--from"},
		"UnknownFlag":  {[]string{key, "--faster"}, "--faster"},
		"NotANumber":   {[]string{key, "--drivers=many"}, "--drivers"},
		"NotADuration": {[]string{key, "--duration=long"}, "--duration"},
	} {
		t.Run(name, func(t *testing.T) {
			status, _, errs := call(t, append([]string{"drive"}, c.args...)...)
			if status != 2 || !strings.Contains(errs, c.want) {
				t.Fatalf("status %d, said %q", status, errs)
			}
		})
	}
}

func TestDrive_Environment(t *testing.T) {
	t.Setenv("CABSTAND_DRIVERS", "-5")
	status, _, errs := call(t, "drive", "--auth-key=a secret of the tests, of 32 bytes or more")
	if status != 2 || !strings.Contains(errs, `"-5"`) {
		t.Fatalf("status %d, said %q", status, errs)
	}
}

func TestDrive_Help(t *testing.T) {
	status, out, _ := call(t, "drive", "--help")
	for _, want := range []string{"--riders-per-min", "$CABSTAND_RIDERS_PER_MIN", "--trips", "pickup_unix"} {
		if status != 0 || !strings.Contains(out, want) {
			t.Errorf("status %d; help does not say %s", status, want)
		}
	}
}

func TestDrive_MissingFile(t *testing.T) {
	status, _, errs := call(t, "drive", "--auth-key=a secret of the tests, of 32 bytes or more", "--trips=/nowhere/trips.csv")
	if status != 1 || !strings.Contains(errs, "/nowhere/trips.csv") {
		t.Fatalf("status %d, said %q", status, errs)
	}
}

// TestDrive_Interrupted ends well while the engine cannot be reached.
func TestDrive_Interrupted(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, errs strings.Builder
	args := []string{"drive", "--auth-key=a secret of the tests, of 32 bytes or more", "--target=http://127.0.0.1:1", "--drivers=2"}
	status := node.Main(ctx, "simulator", description, &commands{}, args, node.Std{Out: &out, Err: &errs})
	if status != 0 || !strings.Contains(out.String(), "violations             0") {
		t.Fatalf("status %d, said %q and %q", status, out.String(), errs.String())
	}
}
