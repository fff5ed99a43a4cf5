package node

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/streets"
)

// ConfigError names a setting whose value is not accepted. Programs exit with
// status 2 on it.
type ConfigError struct{ Setting, Value, Accepted string }

func (e *ConfigError) Error() string {
	return fmt.Sprintf("--%s: %q is not accepted: %s", e.Setting, e.Value, e.Accepted)
}

// Log is how a program logs.
type Log struct {
	LogLevel  string `enum:"debug,info,warn,error" default:"info" help:"Least level that is logged: debug, info, warn or error."`
	LogFormat string `enum:"text,json" default:"text" help:"Form of the log on standard error: text or json."`
}

// Logger logs to w as configured.
func (l Log) Logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l.LogLevel)) // the enum above lets only levels through
	options := &slog.HandlerOptions{Level: level}
	if l.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// Listen is where a program serves HTTP.
type Listen struct {
	Listen         string        `default:"127.0.0.1:8080" help:"Address to serve on, host:port; port 0 takes a free one."`
	AllowedOrigins []string      `help:"Origins, besides the server's own, whose pages may read answers and open sockets (https://fleet.example)."`
	TrustedProxies []string      `help:"Addresses and networks of the proxies before this program (10.0.0.0/8), whose X-Forwarded-For is believed."`
	AddressPace    float64       `default:"500" help:"Requests a second from one address, five seconds' worth at once; 0: no limit. None for this machine itself."`
	AddressSockets int           `default:"2000" help:"Most sockets open at once from one address; 0: no limit. None for this machine itself."`
	MaxSockets     int           `default:"0" help:"Most sockets open at once; more get 503. 0: as many as the limit of open files permits, less a reserve."`
	DrainTimeout   time.Duration `default:"10s" help:"How long open requests and sockets have to end at shutdown."`
	Pprof          string        `help:"Address of this machine to serve Go's profiles on, 127.0.0.1:port; port 0 takes a free one, the log says which. None without it."`
}

// onLoopback reports whether nobody but this machine can come in.
func (l Listen) onLoopback() bool {
	return onLoopback(l.Listen)
}

func onLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
}

func (l Listen) validate() error {
	if _, _, err := net.SplitHostPort(l.Listen); err != nil {
		return &ConfigError{"listen", l.Listen, "host:port, for example 127.0.0.1:8080"}
	}
	if l.MaxSockets < 0 {
		return &ConfigError{"max-sockets", fmt.Sprint(l.MaxSockets), "a number above 0, or 0 for as many as the limit of open files permits"}
	}
	if !(l.AddressPace >= 0 && l.AddressPace <= 1e6) {
		return &ConfigError{"address-pace", fmt.Sprint(l.AddressPace), "a number of requests a second, or 0"}
	}
	if l.AddressSockets < 0 {
		return &ConfigError{"address-sockets", fmt.Sprint(l.AddressSockets), "a number of sockets, or 0"}
	}
	if _, err := api.ParseProxies(l.TrustedProxies); err != nil {
		return &ConfigError{"trusted-proxies", strings.Join(l.TrustedProxies, ","), "addresses and networks with commas, such as 10.0.0.0/8"}
	}
	if l.Pprof != "" && !onLoopback(l.Pprof) {
		return &ConfigError{"pprof", l.Pprof, "an address of this machine alone, since profiles show what the program holds: 127.0.0.1:6060"}
	}
	return positive("drain-timeout", l.DrainTimeout)
}

// Keys is how tokens are checked.
type Keys struct {
	AuthKey  string   `help:"Secret that signs tokens (HS256), at least 32 bytes. Better given by the environment than on the command line."`
	AuthKeys []string `name:"auth-keys-accepted" help:"Other secrets whose tokens are accepted while keys are changed, with commas: the one before, or the one to come."`
	JWKSURL  string   `name:"jwks-url" help:"Address of a JSON Web Key Set that checks tokens instead of a secret."`
}

const minKey = 32

func (k Keys) validate() error {
	switch {
	case k.AuthKey == "" && k.JWKSURL == "":
		return &ConfigError{"auth-key", "", "a secret of at least 32 bytes, or --jwks-url"}
	case k.AuthKey != "" && len(k.AuthKey) < minKey:
		return &ConfigError{"auth-key", "…", fmt.Sprintf("at least %d bytes, it has %d", minKey, len(k.AuthKey))}
	case k.JWKSURL != "":
		return address("jwks-url", k.JWKSURL, "http", "https")
	}
	for _, key := range k.AuthKeys {
		if len(key) < minKey {
			return &ConfigError{"auth-keys-accepted", "…", fmt.Sprintf("secrets of at least %d bytes, one has %d", minKey, len(key))}
		}
	}
	return nil
}

// wellKnown reports whether the secret is the one for a try-out with Docker.
func (k Keys) wellKnown() bool { return strings.HasPrefix(k.AuthKey, "INSECURE") }

// older is the secrets that only check.
func (k Keys) older() (keys [][]byte) {
	for _, key := range k.AuthKeys {
		keys = append(keys, []byte(key))
	}
	return keys
}

// Shared is where the services size keeps its shared state.
type Shared struct {
	RedisURL     string `default:"redis://127.0.0.1:6379/0" help:"Redis that keeps where drivers are: redis://host:port/db, rediss:// for TLS."`
	RedisCluster bool   `help:"The address names a node of a Redis Cluster; more of them with ?addr=host:port&addr=host:port."`
	NATSURL      string `name:"nats-url" default:"nats://127.0.0.1:4222" help:"NATS with JetStream: nats://host:port, several with commas."`
}

func (s Shared) validate() error {
	if err := address("redis-url", s.RedisURL, "redis", "rediss", "unix"); err != nil {
		return err
	}
	for one := range strings.SplitSeq(s.NATSURL, ",") {
		if err := address("nats-url", one, "nats", "tls", "ws", "wss"); err != nil {
			return err
		}
	}
	return nil
}

// Tracking tunes the path of a position.
type Tracking struct {
	Flush     time.Duration `default:"50ms" help:"How long positions are gathered before they leave together."`
	Heartbeat time.Duration `default:"4s" help:"How often a phone is asked to send its position."`
	Filters
}

func (t Tracking) validate() error {
	if err := positive("flush", t.Flush); err != nil {
		return err
	}
	if t.Heartbeat < time.Second {
		return &ConfigError{"heartbeat", t.Heartbeat.String(), "at least 1s"}
	}
	return t.Filters.Validate()
}

// Matching tunes the dispatcher.
type Matching struct {
	PolicyFlags
	SearchTimeout time.Duration `default:"300s" help:"How long to look for a driver before a trip expires."`
	DeliverWindow time.Duration `default:"3s" help:"How long a phone has to confirm an offer."`
	AcceptWindow  time.Duration `default:"15s" help:"How long a driver has to answer a confirmed offer."`
	Fresh         time.Duration `default:"15s" help:"Older positions take no part in matching."`
	LostAfter     time.Duration `default:"60s" help:"A driver on the way to a pickup who is silent for longer is replaced."`
	ScheduleLead  time.Duration `default:"10m" help:"A scheduled trip is searched for this long before its time."`
	RequirePIN    bool          `help:"A ride starts with the PIN that the rider tells the driver."`
	MaxOpenTrips  int           `default:"5" help:"Most unfinished trips of one rider. An account that books for many, a hotel's, needs more."`
	MaxNewTrips   int           `default:"128" help:"Most requests for new trips in hand at once, of 1024 of all kinds; more get 503 with Retry-After."`
	Pace          float64       `default:"20" help:"Requests a second of one rider or driver, at each dispatcher; three seconds' worth at once."`
	OperatorPace  float64       `default:"200" help:"Requests a second of one operator, at each dispatcher; two seconds' worth at once."`
	Tariff        string        `type:"existingfile" help:"Tariff file, JSON; a built-in tariff without it."`
	QuoteKey      string        `help:"Secret that seals quotes; the same at every dispatcher. The key of --auth-key without it."`
}

func (m Matching) validate() error {
	if err := m.PolicyFlags.Validate(); err != nil {
		return err
	}
	for name, d := range map[string]time.Duration{
		"search-timeout": m.SearchTimeout, "deliver-window": m.DeliverWindow,
		"accept-window": m.AcceptWindow, "fresh": m.Fresh, "lost-after": m.LostAfter, "schedule-lead": m.ScheduleLead,
	} {
		if err := positive(name, d); err != nil {
			return err
		}
	}
	if m.MaxOpenTrips < 1 {
		return &ConfigError{"max-open-trips", fmt.Sprint(m.MaxOpenTrips), "a number above 0"}
	}
	if m.MaxNewTrips < 1 || m.MaxNewTrips > api.DefaultRequests {
		return &ConfigError{"max-new-trips", fmt.Sprint(m.MaxNewTrips), fmt.Sprintf("1 to %d", api.DefaultRequests)}
	}
	for name, pace := range map[string]float64{"pace": m.Pace, "operator-pace": m.OperatorPace} {
		if !(pace > 0 && pace <= 1e6) {
			return &ConfigError{name, fmt.Sprint(pace), "a number of requests a second, above 0"}
		}
	}
	if m.QuoteKey != "" && len(m.QuoteKey) < minKey {
		return &ConfigError{"quote-key", "…", fmt.Sprintf("at least %d bytes, it has %d", minKey, len(m.QuoteKey))}
	}
	return nil
}

func (m Matching) limits() dispatch.Limits {
	limits := dispatch.DefaultLimits
	limits.Search, limits.Deliver, limits.Accept = m.SearchTimeout, m.DeliverWindow, m.AcceptWindow
	limits.Fresh, limits.Lost, limits.Lead = m.Fresh, m.LostAfter, m.ScheduleLead
	return limits
}

// Streets is the road graph: the console draws it, and travel times come from
// it.
type Streets struct {
	streets.Files
	City string `default:"Cabstand" help:"Name of the city, shown on the map."`
}

func (s Streets) validate() error {
	var wrong *streets.SettingError
	if err := s.Check(); errors.As(err, &wrong) {
		return &ConfigError{wrong.Setting, wrong.Value, wrong.Accepted}
	}
	return nil
}

// DispatcherConfig is `dispatcher serve`: the services size.
type DispatcherConfig struct {
	Log
	Listen
	Keys
	Shared
	Matching
	Streets
	Travel
	Pages
	OIDC
	DatabaseURL string `required:"" help:"PostgreSQL with PostGIS: postgres://user:password@host/database."`
	MaxConns    int32  `default:"16" help:"Most connections to the database."`
	ID          string `name:"id" help:"Name of this dispatcher, unique; the host's name and the port without it."`
}

// Validate checks every setting.
func (c *DispatcherConfig) Validate() error {
	if c.ID == "" {
		c.ID = hostID(c.Listen.Listen)
	}
	if err := address("database-url", c.DatabaseURL, "postgres", "postgresql"); err != nil {
		return err
	}
	if c.MaxConns < 4 {
		return &ConfigError{"max-conns", fmt.Sprint(c.MaxConns), "at least 4"}
	}
	if err := firstError(c.Listen.validate, c.Keys.validate, c.Shared.validate, c.Matching.validate, c.Streets.validate, c.Travel.validate, c.Pages.validate, c.OIDC.beside(c.JWKSURL)); err != nil {
		return err
	}
	if c.AuthKey == "" && c.QuoteKey == "" {
		return &ConfigError{"quote-key", "", fmt.Sprintf("a secret of at least %d bytes beside --jwks-url: anybody could forge quotes without it", minKey)}
	}
	return nil
}

// TrackerConfig is `tracker serve`: the services size.
type TrackerConfig struct {
	Log
	Listen
	Keys
	Shared
	Tracking
	OIDC
	DispatcherURL []string `name:"dispatcher-url" help:"Addresses of the dispatchers, each one's own, with commas: they are called over HTTP while NATS is away. Without it no driver gets offers meanwhile."`
}

// Validate checks every setting.
func (c *TrackerConfig) Validate() error {
	return firstError(c.Listen.validate, c.Keys.validate, c.Shared.validate, c.Tracking.validate, c.OIDC.beside(c.JWKSURL), c.detourable)
}

// detourable checks that dispatchers can be called over HTTP.
func (c *TrackerConfig) detourable() error {
	for _, u := range c.DispatcherURL {
		if err := address("dispatcher-url", u, "http", "https"); err != nil {
			return err
		}
	}
	if len(c.DispatcherURL) > 0 && c.AuthKey == "" {
		return &ConfigError{"auth-key", "", "the secret of the dispatchers, beside --dispatcher-url and --jwks-url too: by it they know a tracker"}
	}
	return nil
}

// EmbeddedConfig is `dispatcher embedded`: everything in one process.
type EmbeddedConfig struct {
	Log
	Listen
	Tracking
	Matching
	Streets
	Travel
	Pages
	OIDC
	Data      string `env:"CABSTAND_DATA_DIR" type:"path" default:"cabstand-data" help:"Folder that keeps everything: trips, events, the key that signs tokens."`
	JWKSURL   string `name:"jwks-url" help:"Address of a JSON Web Key Set that checks tokens, instead of the key in the data folder."`
	Demo      bool   `help:"Live in a synthetic city: simulated drivers and riders use the real interface."`
	DemoSeed  uint64 `default:"1" help:"Seed of the synthetic city."`
	DemoFleet int    `default:"200" help:"Simulated drivers."`
}

// Validate checks every setting.
func (c *EmbeddedConfig) Validate() error {
	switch {
	case c.Data == "":
		return &ConfigError{"data", c.Data, "a folder"}
	case c.DemoFleet < 0 || c.DemoFleet > 10_000:
		return &ConfigError{"demo-fleet", fmt.Sprint(c.DemoFleet), "0 to 10000"}
	case c.Demo && c.Given():
		return &ConfigError{"demo", "true", "no road graph beside --demo, which makes its own city"}
	case c.Demo && !c.onLoopback():
		return &ConfigError{"listen", c.Listen.Listen, "an address of this machine alone beside --demo, which lets everybody in as an operator: 127.0.0.1:8080"}
	case c.JWKSURL != "":
		if err := address("jwks-url", c.JWKSURL, "http", "https"); err != nil {
			return err
		}
	}
	return firstError(c.Listen.validate, c.Tracking.validate, c.Matching.validate, c.Streets.validate, c.Travel.validate, c.Pages.validate, c.OIDC.beside(c.JWKSURL),
		func() error { return c.parkedWithin(c.Fresh) })
}

func firstError(checks ...func() error) error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func atLeast(setting string, n, least int) error {
	if n < least {
		return &ConfigError{setting, fmt.Sprint(n), fmt.Sprintf("a number of at least %d", least)}
	}
	return nil
}

func positive(setting string, d time.Duration) error {
	if d <= 0 {
		return &ConfigError{setting, d.String(), "a duration above 0, for example 500ms"}
	}
	return nil
}

// address checks the form of an URL without showing the password that it may
// hold.
func address(setting, value string, schemes ...string) error {
	accepted := "an address that starts with " + strings.Join(schemes, ":// or ") + "://"
	u, err := url.Parse(value)
	if err != nil {
		return &ConfigError{setting, "…", accepted}
	}
	for _, scheme := range schemes {
		if u.Scheme == scheme && (u.Host != "" || u.Path != "") {
			return nil
		}
	}
	return &ConfigError{setting, u.Redacted(), accepted}
}

func hostID(listen string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "dispatcher"
	}
	_, port, _ := net.SplitHostPort(listen)
	if port == "" || port == "0" {
		port = newID() // a free port is not known yet, and two programs of one name would not hear each other
	}
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || (r >= '0' && r <= '9') || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') {
			return r
		}
		return '-'
	}, host+"-"+port)
}
