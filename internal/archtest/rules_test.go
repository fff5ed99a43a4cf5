package archtest

import (
	"fmt"
	"slices"
	"strings"
)

const module = "github.com/cabstand/cabstand"

// layer is a set of packages that may import the same. Packages of this module
// are named by their path in it; a name that ends in "/..." stands for all
// packages below it, too.
type layer struct {
	name     string
	packages []string
	inside   []string // packages of this module that it may import, beside its own
	outside  []string // other modules, by the beginning of the import path; "" for any
	not      []string // packages of the standard library that it may not import
	never    []string // functions of package time that it may not use
}

var (
	core        = []string{"internal/fault", "internal/audit", "internal/driver", "internal/figures", "internal/area", "internal/trip", "internal/account", "internal/fare", "internal/match", "internal/road", "internal/orders", "internal/traces"}
	pure        = join(core, "geo")
	vocabulary  = join(pure, "internal/wire", "internal/phones")
	application = join(vocabulary, "internal/track", "internal/dispatch", "internal/outbox", "internal/watch", "internal/nearby", "internal/numbers", "internal/signin")
	adapters    = []string{"internal/eta", "internal/osm", "internal/memgeo", "internal/memtrips", "internal/redisgeo", "internal/postgis", "internal/sqlite", "internal/natsbus", "internal/detour", "internal/places"}
	edges       = []string{"internal/api", "internal/console", "internal/auth", "internal/poller"}
	everything  = join(application, join(adapters, join(edges, "internal/sim/...", "internal/streets", "internal/replay/...", "internal/node", "sql")...)...)
	suites      = []string{"internal/indextest", "internal/storetest", "internal/bustest"}
)

var (
	effects = []string{"context", "database/...", "log/...", "net/...", "os/...", "syscall", "testing/..."}
	network = []string{"database/...", "net/...", "testing/..."}
	tests   = []string{"testing/..."}

	clock  = []string{"Now", "Since", "Until"}
	timers = []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Sleep", "Tick"}
)

// layers is the table of docs/architecture.md.
var layers = []layer{
	{name: "geo", packages: []string{"geo"}, outside: []string{"github.com/mmcloughlin/geohash"},
		not: effects, never: join(clock, timers...)},
	{name: "pure", packages: core, inside: pure, not: effects, never: join(clock, timers...)},
	{name: "model", packages: []string{"internal/model"}, inside: pure, not: effects, never: join(clock, timers...)},
	{name: "wire", packages: []string{"internal/wire"}, inside: pure, not: effects, never: join(clock, timers...)},

	// Reads forms of addresses (net/url), and nothing else of the network.
	{name: "phones", packages: []string{"internal/phones"}, inside: pure, never: join(clock, timers...),
		not: []string{"context", "database/...", "log/...", "net", "net/http/...", "os/...", "syscall", "testing/..."}},

	use("internal/track"), use("internal/dispatch"), use("internal/outbox"), use("internal/watch"), use("internal/nearby"), use("internal/numbers"), use("internal/signin"),

	adapter("internal/eta", "github.com/sony/gobreaker/v2"),
	adapter("internal/osm", "google.golang.org/protobuf/encoding/protowire"),
	adapter("internal/memgeo"),
	adapter("internal/memtrips"),
	adapter("internal/redisgeo", "github.com/redis/go-redis/v9"),
	adapter("internal/postgis", "github.com/jackc/pgx/v5", "github.com/pressly/goose/v3"),
	adapter("internal/sqlite", "modernc.org/sqlite", "github.com/pressly/goose/v3"),
	adapter("internal/natsbus", "github.com/nats-io/"),
	adapter("internal/detour"),
	adapter("internal/places", "github.com/sony/gobreaker/v2"),
	{name: "migrations", packages: []string{"sql"}, not: join(network, "context")},

	edge("internal/auth", "github.com/golang-jwt/jwt/v5", "github.com/MicahParks/"),
	edge("internal/api", "github.com/go-chi/chi/v5", "github.com/danielgtaylor/huma/v2", "github.com/coder/websocket",
		"github.com/prometheus/client_golang", "github.com/google/uuid"),
	{name: "sockets", packages: []string{"internal/poller"}, not: join(tests, "database/...", "log/...", "net/http/...")},
	edge("internal/console", "github.com/go-chi/chi/v5"),

	// The files of a road graph, for all programs.
	{name: "streets", packages: []string{"internal/streets"}, inside: join(pure, "internal/osm"), not: join(network, "log/..."), never: join(clock, timers...)},
	{name: "simulator", packages: []string{"internal/sim/..."}, inside: join(vocabulary, "internal/sim/...", "internal/streets"),
		outside: []string{"github.com/coder/websocket", "github.com/google/uuid", "golang.org/x/"}, not: tests},
	// The replay is a composition of its own: the real dispatcher in a simulated world.
	{name: "replay", packages: []string{"internal/replay/..."}, inside: join(vocabulary, "internal/dispatch", "internal/eta", "internal/memtrips", "internal/replay/..."),
		outside: []string{"golang.org/x/"}, not: network, never: join(clock, timers...)},
	{name: "composition", packages: []string{"internal/node"}, inside: everything, outside: []string{""}, not: tests},
	// The simulator is its own composition root: files to streets, a key to tokens.
	{name: "program", packages: []string{"cmd/simulator"}, inside: join(pure, "internal/node", "internal/sim/...", "internal/auth", "internal/streets", "internal/replay/...", "internal/dispatch", "internal/eta"),
		outside: []string{"github.com/alecthomas/kong"}, not: tests},
	{name: "program", packages: []string{"cmd/..."}, inside: []string{"internal/node", "internal/sim/..."},
		outside: []string{"github.com/alecthomas/kong"}, not: tests},

	// What is done to a running city, and how it is judged: it starts nothing itself.
	{name: "faults", packages: []string{"internal/faults"}, inside: vocabulary, outside: []string{"github.com/anishathalye/porcupine"},
		not: effects, never: join(clock, timers...)},
	{name: "contract suite", packages: suites, inside: join(application, join(adapters, "internal/testenv")...), outside: []string{""}},
	{name: "test servers", packages: []string{"internal/testenv"}, outside: []string{""}},
	{name: "tests only", packages: []string{"internal/archtest", "internal/console/e2e"}, not: []string{"..."}},
	{name: "benchmark", packages: []string{"bench/..."}, inside: join(everything, "internal/testenv"), outside: []string{""}},
}

// use is the layer of one package of the application: it knows the domain and
// its own ports, and none of its peers.
func use(path string) layer {
	return layer{
		name: "application", packages: []string{path}, inside: vocabulary, not: network, never: join(clock, "Sleep"),
		outside: []string{"github.com/google/uuid", "github.com/prometheus/client_golang", "golang.org/x/"},
	}
}

// adapter is the layer of one package that speaks to the outside through a
// library of its own. It fits the application's interfaces without knowing them.
func adapter(path string, libraries ...string) layer {
	return layer{
		name: "adapter", packages: []string{path}, inside: join(vocabulary, "sql"), not: tests,
		outside: join(libraries, "github.com/google/uuid", "github.com/prometheus/client_golang", "golang.org/x/"),
	}
}

// edge is the layer of one package that takes requests from outside.
func edge(path string, libraries ...string) layer {
	return layer{name: "edge", packages: []string{path}, inside: join(application, "internal/auth", "internal/poller"), outside: join(libraries, "golang.org/x/"), not: tests}
}

// layerOf finds the layer of a package of this module.
func layerOf(path string) (layer, error) {
	for _, l := range layers {
		if matches(l.packages, path) {
			return l, nil
		}
	}
	return layer{}, fmt.Errorf("%s has no rule: give it a layer in internal/archtest and in docs/architecture.md", path)
}

// judge says why the package may not import the given import path; nil if it
// may.
func (l layer) judge(path, imported string) error {
	if name, ok := strings.CutPrefix(imported, module+"/"); ok {
		if name == path || matches(l.inside, name) {
			return nil
		}
		return fmt.Errorf("%s (%s) imports %s: of this module it may import %s only", path, l.name, name, list(l.inside))
	}
	if standard(imported) {
		if matches(l.not, imported) || matches(l.not, "...") {
			return fmt.Errorf("%s (%s) imports %s: it may not import %s", path, l.name, imported, list(l.not))
		}
		return nil
	}
	if slices.ContainsFunc(l.outside, func(m string) bool { return strings.HasPrefix(imported, m) }) {
		return nil
	}
	return fmt.Errorf("%s (%s) imports %s: of other modules it may import %s only", path, l.name, imported, list(l.outside))
}

// matches reports whether one of the patterns names the path.
func matches(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		below, all := strings.CutSuffix(p, "/...")
		return path == below || all && strings.HasPrefix(path, below+"/")
	})
}

// standard reports whether the import path is of the standard library, whose
// first element has no dot.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

func list(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// join is a new slice: appending to a shared one could write into another's.
func join(some []string, more ...string) []string { return slices.Concat(some, more) }
