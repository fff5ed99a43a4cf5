package node

import (
	"bytes"
	"runtime/debug"
	"strings"
	"testing"
)

func TestMain_Version(t *testing.T) {
	t.Setenv("CABSTAND_VERSION", "true") // of something else
	var commands struct {
		Run struct {
			Needed string `required:""`
		} `cmd:""`
	}
	var out, errs bytes.Buffer
	if status := Main(t.Context(), "tracker", "", &commands, []string{"--version"}, Std{Out: &out, Err: &errs}); status != 0 {
		t.Errorf("status %d, %s", status, &errs)
	}
	if !strings.HasPrefix(out.String(), "tracker ") || strings.Count(out.String(), "\n") != 1 || errs.Len() != 0 {
		t.Errorf("printed %q, and %q", &out, &errs)
	}
	if status := Main(t.Context(), "tracker", "", &commands, []string{"run"}, Std{Out: &out, Err: &errs}); status != 2 {
		t.Errorf("without the flag status %d", status)
	}
}

func TestVersion(t *testing.T) {
	info := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"},
	}}
	if got := version("tracker", info); !strings.HasPrefix(got, "tracker v1.2.3 (go") || !strings.HasSuffix(got, ", revision abc with changes)") {
		t.Errorf("version %q", got)
	}
	if got := version("tracker", nil); !strings.HasPrefix(got, "tracker unknown (") {
		t.Errorf("version %q", got)
	}
}
