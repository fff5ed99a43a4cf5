package node

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"
)

// versionFlag is of every program. It takes no environment variable: a program
// that only prints its version because somebody exported one would surprise.
type versionFlag struct {
	Version kong.VersionFlag `help:"Print the version and exit." env:"-"`
}

// version is what a program was built from, as far as the build noted it.
func version(name string, info *debug.BuildInfo) string {
	built, revision := "unknown", ""
	if info != nil {
		if info.Main.Version != "" {
			built = info.Main.Version
		}
		settings := map[string]string{}
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		if revision = settings["vcs.revision"]; revision != "" {
			revision = ", revision " + revision
			if settings["vcs.modified"] == "true" {
				revision += " with changes"
			}
		}
	}
	return fmt.Sprintf("%s %s (%s %s/%s%s)", name, built, runtime.Version(), runtime.GOOS, runtime.GOARCH, revision)
}
