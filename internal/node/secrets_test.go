package node_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/node"
)

// sharedLog is what a program logged.
type sharedLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *sharedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *sharedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// everything logs as fully as there is to log.
func (l *sharedLog) everything() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// tokenLike is any JSON Web Token, with its signature or without, and any hash of
// a password.
var tokenLike = regexp.MustCompile(`eyJ[\w-]{8,}\.[\w-]{8,}|\$argon2id`)

// wantNone looks for secrets, as they are and as they are in an address.
func wantNone(tb testing.TB, where, text string, secrets map[string]string) {
	tb.Helper()
	for what, secret := range secrets {
		if secret == "" {
			tb.Errorf("there is no %s to look for", what)
			continue
		}
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
			if at := strings.Index(text, form); at >= 0 {
				tb.Errorf("%s has the %s: …%s…", where, what, text[max(0, at-80):at])
			}
		}
	}
	if found := tokenLike.FindString(text); found != "" {
		tb.Errorf("%s has %.12s…", where, found)
	}
}

// A whole ride, sign-ins, a device, and refusals of all kinds, logged as fully as
// they can be: whoever reads the log, or the metrics, cannot act for anybody.
func TestEmbedded_SecretsAreNotLogged(t *testing.T) {
	dir, log := t.TempDir(), &sharedLog{}
	c := parse[node.EmbeddedConfig](t, "--listen=127.0.0.1:0", "--data="+dir)
	address, stop := run(t, func(ctx context.Context, _ *slog.Logger) (*node.Node, error) {
		return node.OpenEmbedded(ctx, c, log.everything())
	})
	s := site{tb: t, riders: address, drivers: address, tokenArg: []string{"--data", dir}}
	s.ride("d1", "r1")
	operator := s.token("operator", "op")
	secrets := map[string]string{"password": operatorsPassword, "new password": "staple correct battery", "wrong password": "wrong horse battery"}
	var device struct{ Token string }
	want := func(status int, method, path, token string, body, into any) {
		t.Helper()
		if got := s.call(method, path, token, body, into); got != status {
			t.Errorf("%s %.30s: %d, want %d", method, path, got, status)
		}
	}
	want(201, "POST", "/v1/drivers/d1/devices", operator, map[string]string{"name": "x"}, &device)
	want(201, "POST", "/v1/accounts", operator, map[string]string{"id": "ana", "role": "rider", "password": operatorsPassword}, nil)
	want(401, "POST", "/v1/auth/login", "", map[string]string{"id": "ana", "password": secrets["wrong password"]}, nil)
	type signedIn struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	var first, second, third signedIn
	want(200, "POST", "/v1/auth/login", "", map[string]string{"id": "ana", "password": operatorsPassword}, &first)
	want(204, "POST", "/v1/auth/password", first.Access, map[string]string{"old": operatorsPassword, "new": secrets["new password"]}, nil)
	want(200, "POST", "/v1/auth/refresh", "", map[string]string{"refresh_token": first.Refresh}, &second)
	want(200, "POST", "/v1/auth/refresh", "", map[string]string{"refresh_token": second.Refresh}, &third)
	want(401, "POST", "/v1/auth/refresh", "", map[string]string{"refresh_token": first.Refresh}, nil) // a theft, which is logged
	secrets["device token"], secrets["refresh token"], secrets["next refresh token"], secrets["last refresh token"] = device.Token, first.Refresh, second.Refresh, third.Refresh

	for _, path := range []string{"/v1/stream?access_token=" + operator, "/v1/driver/stream?access_token=" + s.token("driver", "d1")} {
		conn, _, err := websocket.Dial(t.Context(), address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		conn.CloseNow()
	}
	want(401, "GET", "/v1/drivers", operator+"x", nil, nil)
	want(401, "GET", "/v1/stream?access_token="+operator+"x", "", nil, nil)
	want(422, "GET", "/v1/drivers?token="+operator, operator, nil, nil)
	want(404, "GET", "/v1/"+operator, operator, nil, nil)
	want(404, "GET", "/v1/trips/"+first.Refresh, operator, nil, nil)
	want(200, "POST", "/osmand?id="+device.Token+"&lat=40.75&lon=-73.98", "", nil, nil)
	want(401, "POST", "/osmand?id="+device.Token+"x&lat=40.75&lon=-73.98", "", nil, nil)
	want(404, "GET", "/"+device.Token, "", nil, nil)
	told := s.metrics()
	stop()
	logged := log.String()
	if !strings.Contains(logged, "level=DEBUG") || !strings.Contains(logged, "a refresh token came twice") {
		t.Fatalf("the log does not tell enough to judge it:\n%s", logged)
	}
	key, err := os.ReadFile(filepath.Join(dir, "auth.key"))
	if err != nil {
		t.Fatal(err)
	}
	secrets["signing key"] = strings.TrimSpace(string(key))
	wantNone(t, "the log", logged, secrets)
	wantNone(t, "the metrics", told, secrets)
	if strings.Contains(logged, "access_token=") {
		t.Error("the log has addresses with tokens")
	}
}

// storesSecret is the password of every part that is not there.
const storesSecret = "s3cret+of/stores"

// Programs that reach none of the parts that they stand on say so again and
// again, and the passwords of those parts never.
func TestServices_SecretsOfPartsAreNotLogged(t *testing.T) {
	password := url.QueryEscape(storesSecret)
	nowhere := []string{
		"--listen=127.0.0.1:0", "--log-level=debug", "--redis-url=redis://me:" + password + "@127.0.0.1:1/0", "--nats-url=nats://me:" + password + "@127.0.0.1:1",
	}
	secrets := map[string]string{"password of a part": storesSecret, "password as written": password}
	t.Run("Dispatcher", func(t *testing.T) {
		log := &sharedLog{}
		c := parse[node.DispatcherConfig](t, append(nowhere, "--auth-key="+sharedKey, "--database-url=postgres://me:"+password+"@127.0.0.1:1/none",
			"--osrm-url=http://me:"+password+"@127.0.0.1:1", "--valhalla-url=http://me:"+password+"@127.0.0.1:1")...)
		address, _, stop := begin(t, func(ctx context.Context, _ *slog.Logger) (*node.Node, error) {
			return node.OpenDispatcher(ctx, c, log.everything())
		})
		s := site{tb: t, riders: address, tokenArg: []string{"--auth-key", sharedKey}}
		order := map[string]any{"pickup": pickup, "dropoff": geo.Destination(pickup, 0, 3000)}
		for _, call := range []struct {
			method, path, role string
			body               any
		}{
			{"GET", "/v1/trips", "rider", nil}, {"GET", "/v1/drivers/nearby?lat=40.75&lon=-73.98", "rider", nil}, {"POST", "/v1/quotes", "rider", order},
			{"GET", "/v1/accounts", "operator", nil}, {"GET", "/v1/policy", "operator", nil},
			{"POST", "/v1/auth/login", "rider", map[string]string{"id": "ana", "password": operatorsPassword}},
		} {
			s.call(call.method, call.path, s.token(call.role, "x"), call.body, nil)
		}
		told := s.metrics()
		log.await(t, "part=store", "part=redis", "part=nats", "part=osrm", "part=valhalla", "waiting for what the program cannot do without")
		stop()
		secrets := map[string]string{"key": sharedKey, "account's password": operatorsPassword, "password of a part": storesSecret, "password as written": password}
		wantNone(t, "the log", log.String(), secrets)
		wantNone(t, "the metrics", told, secrets)
	})
	t.Run("Tracker", func(t *testing.T) {
		log := &sharedLog{}
		c := parse[node.TrackerConfig](t, append(nowhere, "--jwks-url=http://me:"+password+"@127.0.0.1:1/keys?key="+password)...)
		address, _, stop := begin(t, func(ctx context.Context, _ *slog.Logger) (*node.Node, error) {
			return node.OpenTracker(ctx, c, log.everything())
		})
		s := site{tb: t, riders: address}
		told := s.metrics()
		log.await(t, "part=redis", "part=nats", "keys not refreshed")
		stop()
		wantNone(t, "the log", log.String(), secrets)
		wantNone(t, "the metrics", told, secrets)
	})
	for name, bad := range map[string]string{
		"DatabaseOption": "--database-url=postgres://me:" + password + "@127.0.0.1/none?sslmode=bogus", "DatabasePort": "--database-url=postgres://me:" + password + "@127.0.0.1:port/none",
		"DatabaseScheme": "--database-url=mysql://me:" + password + "@127.0.0.1/none", "RedisDatabase": "--redis-url=redis://me:" + password + "@127.0.0.1/zero",
		"NATSPort": "--nats-url=nats://me:" + password + "@127.0.0.1:port", "JWKSScheme": "--jwks-url=ftp://me:" + password + "@127.0.0.1/keys",
		"ShortKey": "--auth-key=" + password, "ShortQuoteKey": "--quote-key=" + password,
	} {
		t.Run("Refused"+name, func(t *testing.T) {
			var out bytes.Buffer
			var grammar struct {
				Serve serving `cmd:""`
			}
			args := append([]string{"serve", "--auth-key=" + sharedKey, "--database-url=postgres://127.0.0.1:1/none"}, append(nowhere, bad)...)
			if status := node.Main(t.Context(), "dispatcher", "", &grammar, args, node.Std{Out: &out, Err: &out}); status == 0 {
				t.Error("accepted")
			}
			if out.Len() == 0 {
				t.Error("nothing is said")
			}
			wantNone(t, "what is said", out.String(), secrets)
		})
	}
}

// serving is `dispatcher serve`.
type serving struct{ node.DispatcherConfig }

func (c *serving) Run(ctx context.Context, std node.Std) error {
	n, err := node.OpenDispatcher(ctx, c.DispatcherConfig, c.Logger(std.Err))
	if err == nil {
		n.Close()
	}
	return err
}

// await waits until the log tells of all these.
func (l *sharedLog) await(tb testing.TB, words ...string) {
	tb.Helper()
	again, limit := time.NewTicker(20*time.Millisecond), time.After(patience)
	defer again.Stop()
	for _, word := range words {
		for !strings.Contains(l.String(), word) {
			select {
			case <-again.C:
			case <-limit:
				tb.Fatalf("the log does not tell of %s:\n%s", word, l.String())
			}
		}
	}
}
