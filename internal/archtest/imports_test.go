package archtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// listed is a package as `go list` tells of it. Imports are those of its files
// that are not tests: tests may import what they like.
type listed struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
}

func TestImports_PointDown(t *testing.T) {
	for _, p := range mustList(t) {
		for _, err := range violations(p) {
			t.Error(err)
		}
	}
}

func TestRules_NameWhatIsThere(t *testing.T) {
	var paths []string
	for _, p := range mustList(t) {
		paths = append(paths, p.path())
	}
	for _, l := range layers {
		for _, pattern := range l.packages {
			if !slices.ContainsFunc(paths, func(path string) bool { return matches([]string{pattern}, path) }) {
				t.Errorf("the rule of %s (%s) is for no package", pattern, l.name)
			}
		}
	}
}

func TestRules_CatchWrongImports(t *testing.T) {
	const own = module + "/"
	for _, wrong := range []struct{ path, imported string }{
		{"geo", own + "internal/fault"},
		{"geo", "github.com/paulmach/orb"},
		{"internal/trip", "context"},
		{"internal/trip", "log/slog"},
		{"internal/fare", "os"},
		{"internal/match", "database/sql"},
		{"internal/driver", own + "internal/wire"},
		{"internal/wire", own + "internal/track"},
		{"internal/track", "net/http"},
		{"internal/track", own + "internal/dispatch"},
		{"internal/dispatch", own + "internal/postgis"},
		{"internal/outbox", "github.com/nats-io/nats.go"},
		{"internal/postgis", own + "internal/sqlite"},
		{"internal/postgis", own + "internal/dispatch"},
		{"internal/redisgeo", "github.com/jackc/pgx/v5/pgxpool"},
		{"internal/api", own + "internal/postgis"},
		{"internal/api", "github.com/redis/go-redis/v9"},
		{"internal/sim", own + "internal/dispatch"},
		{"internal/node", own + "internal/testenv"},
		{"internal/node", own + "internal/storetest"},
		{"cmd/dispatcher", own + "internal/sqlite"},
		{"internal/storetest", own + "internal/api"},
		{"internal/archtest", "fmt"},
	} {
		if len(violations(listed{ImportPath: own + wrong.path, Imports: []string{wrong.imported}})) == 0 {
			t.Errorf("%s may import %s", wrong.path, wrong.imported)
		}
	}
}

func TestRules_AllowRightImports(t *testing.T) {
	const own = module + "/"
	for _, right := range []struct{ path, imported string }{
		{"geo", "github.com/mmcloughlin/geohash"},
		{"internal/trip", own + "geo"},
		{"internal/driver", "sync"},
		{"internal/wire", "encoding/json"},
		{"internal/dispatch", own + "internal/match"},
		{"internal/dispatch", "log/slog"},
		{"internal/postgis", "github.com/jackc/pgx/v5/pgconn"},
		{"internal/natsbus", "github.com/nats-io/nats-server/v2/server"},
		{"internal/api", "net/http"},
		{"internal/node", own + "internal/postgis"},
		{"cmd/dispatcher", own + "internal/node"},
		{"bench/city", own + "internal/testenv"},
	} {
		for _, err := range violations(listed{ImportPath: own + right.path, Imports: []string{right.imported}}) {
			t.Error(err)
		}
	}
}

func TestRules_WantALayer(t *testing.T) {
	got := violations(listed{ImportPath: module + "/internal/util"})
	if len(got) != 1 || !strings.Contains(got[0].Error(), "no rule") {
		t.Errorf("a package without a rule: %v", got)
	}
}

func TestRules_CatchTheClock(t *testing.T) {
	const source = `package p
		import clock "time"
		var _, _ = clock.Now(), clock.Unix(0, 0)`
	got, err := uses("p.go", source, join(clock, timers...))
	if err != nil || !slices.Equal(got, []string{"p.go:3: time.Now"}) {
		t.Errorf("found %q, %v", got, err)
	}
}

// path is the package's path in this module.
func (p listed) path() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

// violations says which rules the package breaks.
func violations(p listed) (broken []error) {
	l, err := layerOf(p.path())
	if err != nil {
		return []error{err}
	}
	for _, imported := range p.Imports {
		if err := l.judge(p.path(), imported); err != nil {
			broken = append(broken, err)
		}
	}
	if !slices.Contains(p.Imports, "time") || len(l.never) == 0 {
		return broken
	}
	for _, name := range p.GoFiles {
		found, err := uses(filepath.Join(p.Dir, name), nil, l.never)
		if err != nil {
			broken = append(broken, err)
		}
		for _, use := range found {
			broken = append(broken, fmt.Errorf("%s (%s): time is passed in, or comes from an injected clock", use, l.name))
		}
	}
	return broken
}

// uses finds where a file uses one of the given functions of package time. With
// source nil the file is read.
func uses(file string, source any, functions []string) (found []string, err error) {
	positions := token.NewFileSet()
	parsed, err := parser.ParseFile(positions, file, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	name := timeIn(parsed)
	ast.Inspect(parsed, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok || !slices.Contains(functions, selector.Sel.Name) {
			return true
		}
		if x, ok := selector.X.(*ast.Ident); ok && x.Name == name {
			at := positions.Position(selector.Pos())
			found = append(found, fmt.Sprintf("%s:%d: time.%s", at.Filename, at.Line, selector.Sel.Name))
		}
		return true
	})
	return found, nil
}

// timeIn is the name that package time goes by in the file.
func timeIn(f *ast.File) string {
	for _, spec := range f.Imports {
		if spec.Path.Value == `"time"` && spec.Name != nil {
			return spec.Name.Name
		}
	}
	return "time"
}

// mustList lists the packages of this module.
func mustList(tb testing.TB) (packages []listed) {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), "go", "list", "-json=ImportPath,Dir,GoFiles,Imports", "./...")
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		tb.Fatalf("go list: %v\n%s", err, exit.Stderr)
	}
	if err != nil {
		tb.Fatal(err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			tb.Fatal(err)
		}
		packages = append(packages, p)
	}
}
