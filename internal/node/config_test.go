package node_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/node"
)

// TestMain_Config: a wrong setting is named with its value and what is accepted,
// and the program exits with 2 before it opens anything.
func TestMain_Config(t *testing.T) {
	serve := []string{"--database-url=postgres://u:hush@db/cabstand", "--auth-key=" + sharedKey}
	for name, c := range map[string]struct {
		command string
		args    []string
		says    []string
	}{
		"Address":         {"embedded", []string{"--listen=nonsense"}, []string{"--listen", `"nonsense"`, "host:port"}},
		"OpenProfiles":    {"embedded", []string{"--pprof=0.0.0.0:6060"}, []string{"--pprof", "0.0.0.0:6060", "127.0.0.1"}},
		"ZeroWindow":      {"embedded", []string{"--window=0s"}, []string{"--window", `"0s"`, "1ms to 30s"}},
		"NoWindow":        {"embedded", []string{"--window=999us"}, []string{"--window", `"999µs"`, "1ms to 30s"}},
		"DemoForAll":      {"embedded", []string{"--demo", "--listen=0.0.0.0:8080"}, []string{"--listen", "0.0.0.0:8080", "127.0.0.1"}},
		"NoTrips":         {"embedded", []string{"--max-open-trips=0"}, []string{"--max-open-trips", `"0"`, "above 0"}},
		"NoNewTrips":      {"embedded", []string{"--max-new-trips=0"}, []string{"--max-new-trips", `"0"`, "1 to 1024"}},
		"AllNewTrips":     {"embedded", []string{"--max-new-trips=1025"}, []string{"--max-new-trips", `"1025"`, "1 to 1024"}},
		"NoPace":          {"embedded", []string{"--pace=NaN"}, []string{"--pace", "NaN", "above 0"}},
		"HalfAGraph":      {"embedded", []string{"--nodes=/dev/null"}, []string{"--nodes", "--links"}},
		"TwoGraphs":       {"serve", append(serve, "--osm=a.osm.pbf", "--road=b.road"), []string{"--road", "b.road", "one road graph"}},
		"DemoOnAMap":      {"embedded", []string{"--demo", "--osm=a.osm.pbf"}, []string{"--demo", "no road graph"}},
		"NoOSRM":          {"embedded", []string{"--osrm-url=osrm:5000"}, []string{"--osrm-url", "osrm:5000", "http://"}},
		"NoValhalla":      {"embedded", []string{"--valhalla-url=ftp://u:hush@v"}, []string{"--valhalla-url", "ftp://", "http://"}},
		"OnePoint":        {"embedded", []string{"--osrm-points=1"}, []string{"--osrm-points", `"1"`, "at least 2"}},
		"NoPatience":      {"embedded", []string{"--eta-timeout=0s"}, []string{"--eta-timeout", `"0s"`, "above 0"}},
		"NoSuchZone":      {"embedded", []string{"--timezone=Europe/Atlantis"}, []string{"--timezone", "Europe/Atlantis", "America/New_York"}},
		"NoSuchFile":      {"embedded", []string{"--tariff=no-such-file"}, []string{"--tariff", "no-such-file"}},
		"ShortKey":        {"serve", []string{"--database-url=postgres://db/c", "--auth-key=short"}, []string{"--auth-key", "32 bytes"}},
		"NoKey":           {"serve", []string{"--database-url=postgres://db/c"}, []string{"--auth-key", "--jwks-url"}},
		"ForgeableQuotes": {"serve", []string{"--database-url=postgres://db/c", "--jwks-url=https://id.example/keys"}, []string{"--quote-key", "32 bytes"}},
		"OtherDatabase":   {"serve", []string{"--database-url=mysql://u:hush@db/c", "--auth-key=" + sharedKey}, []string{"--database-url", "postgres://"}},
		"OtherRedis":      {"serve", append(serve, "--redis-url=http://u:hush@redis"), []string{"--redis-url", "redis://"}},
		"OtherNATS":       {"serve", append(serve, "--nats-url=nats://a,http://b"), []string{"--nats-url", "http://b", "nats://"}},
		"NoSpeed":         {"embedded", []string{"--filter-speed=NaN"}, []string{"--filter-speed", "NaN", "m/s"}},
		"Blurred":         {"embedded", []string{"--filter-accuracy=-5"}, []string{"--filter-accuracy", `"-5"`, "metres"}},
		"FromTheFuture":   {"embedded", []string{"--filter-future=-1s"}, []string{"--filter-future", `"-1s"`, "0 to 24h"}},
		"NeverAlive":      {"embedded", []string{"--filter-alive=0s"}, []string{"--filter-alive", `"0s"`, "above 0"}},
		"ParkedIsSilent":  {"embedded", []string{"--filter-static", "--filter-alive=8s"}, []string{"--filter-alive", `"8s"`, "half of --fresh (15s)"}},
		"RareIsSilent":    {"embedded", []string{"--filter-period=8s"}, []string{"--filter-period", `"8s"`, "half of --fresh (15s)"}},
		"TilesNowhere":    {"embedded", []string{"--map-tiles=https://t.example/{z}/{x}.png"}, []string{"--map-tiles", "{z}/{x}/{y}"}},
		"TilesOfAKind":    {"serve", append(serve, "--map-tiles=https://t.example/{z}/{x}/{y}.gif"), []string{"--map-tiles", ".webp"}},
		"TilesInAPolicy":  {"embedded", []string{"--map-tiles=https://t.example;script-src:x/{z}/{x}/{y}.png"}, []string{"--map-tiles", "https://"}},
		"TilesEverywhere": {"embedded", []string{"--map-tiles=https://*/{z}/{x}/{y}.png"}, []string{"--map-tiles", "https://"}},
		"TwoMaps":         {"embedded", []string{"--map-tiles=https://t.example/{z}/{x}/{y}.png", "--map-pmtiles=/dev/null"}, []string{"--map-pmtiles", "one base map"}},
		"NoPlaces":        {"embedded", []string{"--places-url=nominatim"}, []string{"--places-url", `"nominatim"`, "http://"}},
		"PlacesAtOnce":    {"embedded", []string{"--places-url=http://n", "--places-pace=0"}, []string{"--places-pace", `"0"`, "a second"}},
		"NoIssuer":        {"embedded", []string{"--oidc-client-id=pages"}, []string{"--oidc-issuer", "https://"}},
		"NoClient":        {"serve", append(serve, "--oidc-issuer=https://id.example"), []string{"--oidc-client-id", "--oidc-issuer"}},
		"TwoIssuers":      {"embedded", []string{"--oidc-issuer=https://id.example", "--oidc-client-id=p", "--jwks-url=https://id.example/keys"}, []string{"--oidc-issuer", "--jwks-url"}},
		"NoDay":           {"embedded", []string{"--filter-daily-limit=-1"}, []string{"--filter-daily-limit", `"-1"`, "at least 0"}},
		"NoWitness":       {"embedded", []string{"--filter-witnesses=-1"}, []string{"--filter-witnesses", `"-1"`, "at least 0"}},
		"UnknownRole":     {"token", []string{"--role=king", "--sub=k1", "--data=d"}, []string{"--role", `"king"`, "operator"}},
		"BadSubject":      {"token", []string{"--role=rider", "--sub=a b", "--data=d"}, []string{"--sub", `"a b"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			var said bytes.Buffer
			status := node.Main(t.Context(), "dispatcher", "", &grammar{}, append([]string{c.command}, c.args...), node.Std{Out: io.Discard, Err: &said})
			if status != 2 {
				t.Fatalf("exit status %d, want 2; said %s", status, &said)
			}
			for _, word := range c.says {
				if !strings.Contains(said.String(), word) {
					t.Errorf("it says %q, nothing of %s", &said, word)
				}
			}
			if strings.Contains(said.String(), "hush") {
				t.Errorf("it shows a password: %s", &said)
			}
		})
	}
}

// grammar is the dispatcher's, without what it runs.
type grammar struct {
	Embedded embeddedIdle `cmd:""`
	Serve    serveIdle    `cmd:""`
	Token    node.Token   `cmd:""`
}

type embeddedIdle struct{ node.EmbeddedConfig }

func (embeddedIdle) Run() error { return nil }

type serveIdle struct{ node.DispatcherConfig }

func (serveIdle) Run() error { return nil }

// TestFilters_Defaults: what the settings say without any being given is what
// the filter and its documentation say.
func TestFilters_Defaults(t *testing.T) {
	var c node.Filters
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(nil); err != nil {
		t.Fatal(err)
	}
	if got := c.Filter(); got != driver.DefaultFilterConfig {
		t.Errorf("got  %+v\nwant %+v", got, driver.DefaultFilterConfig)
	}
	every := []string{
		"--no-filter-zero", "--no-filter-duplicate", "--no-filter-stale", "--filter-approximate", "--filter-static",
		"--filter-future=1s", "--filter-past=2s", "--filter-accuracy=3", "--filter-distance=4", "--filter-period=5s", "--filter-speed=6",
		"--filter-daily-limit=7", "--filter-daily-interval=8s", "--filter-alive=9s", "--filter-silence=10s", "--filter-witnesses=11",
	}
	if _, err := parser.Parse(every); err != nil {
		t.Fatal(err)
	}
	want := driver.FilterConfig{
		Approximate: true, Static: true, Future: time.Second, Past: 2 * time.Second, Accuracy: 3, Distance: 4, Period: 5 * time.Second, Speed: 6,
		DailyLimit: 7, DailyInterval: 8 * time.Second, Alive: 9 * time.Second, Silence: 10 * time.Second, Witnesses: 11,
	}
	if got := c.Filter(); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
