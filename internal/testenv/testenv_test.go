package testenv_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/cabstand/cabstand/internal/testenv"
)

func TestMain(m *testing.M) {
	if os.Getenv(crashing) != "" {
		crash()
	}
	goleak.VerifyTestMain(m)
}

func TestPostgres_EachTestHasItsOwn(t *testing.T) {
	a, b := mustConnect(t, testenv.Postgres(t)), mustConnect(t, testenv.Postgres(t))
	mustExec(t, a, "CREATE EXTENSION IF NOT EXISTS postgis")
	mustExec(t, a, "CREATE TABLE mine (at geography(Point))")
	if _, err := b.Exec(t.Context(), "SELECT * FROM mine"); err == nil {
		t.Error("one test sees the table of another")
	}
}

func TestServer_PostgresKeepsItsDataOverKill(t *testing.T) {
	s := mustStart(t, testenv.StartPostgres)
	mustExec(t, mustConnect(t, s.URL), "CREATE TABLE kept (n int)")
	mustDo(t, s.Kill)
	if _, err := pgx.Connect(t.Context(), s.URL); err == nil {
		t.Fatal("a killed server takes connections")
	}
	mustDo(t, s.Start)
	mustExec(t, mustConnect(t, s.URL), "INSERT INTO kept VALUES (1)")
}

func TestServer_PausedPostgresDoesNotAnswer(t *testing.T) {
	s := mustStart(t, testenv.StartPostgres)
	conn := mustConnect(t, s.URL)
	mustDo(t, s.Pause)
	answered := make(chan error, 1)
	go func() { answered <- conn.Ping(context.Background()) }()
	select {
	case err := <-answered:
		t.Errorf("a paused server answers: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	mustDo(t, s.Resume)
	if err := <-answered; err != nil {
		t.Errorf("resumed: %v", err)
	}
	mustDo(t, s.Pause)
	mustDo(t, s.Kill) // it ends all the same
}

func TestServer_PausedRedisDoesNotAnswer(t *testing.T) {
	s := mustStart(t, testenv.StartRedis)
	client := mustRedis(t, s.URL)
	mustDo(t, s.Pause)
	hasty, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := client.Ping(hasty).Err(); err == nil {
		t.Error("a paused server answers")
	}
	mustDo(t, s.Resume)
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Errorf("resumed: %v", err)
	}
	mustDo(t, s.Pause)
	mustDo(t, s.Kill) // it ends all the same
	mustDo(t, s.Start)
}

func TestRedis_EachTestHasItsOwn(t *testing.T) {
	a, b := mustRedis(t, testenv.Redis(t)), mustRedis(t, testenv.Redis(t))
	if err := a.Set(t.Context(), "mine", "1", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if n := b.DBSize(t.Context()).Val(); n != 0 {
		t.Errorf("another test's database has %d keys", n)
	}
}

func TestRedis_BorrowedLeavesOthersDataAlone(t *testing.T) {
	s := mustStart(t, testenv.StartRedis)
	t.Setenv("TEST_REDIS_URL", s.URL)
	others := mustRedis(t, strings.TrimSuffix(s.URL, "0")+"1")
	if err := others.Set(t.Context(), "precious", "1", 0).Err(); err != nil {
		t.Fatal(err)
	}
	var used string
	t.Run("Borrow", func(t *testing.T) {
		used = testenv.Redis(t)
		if used == testenv.Redis(t) {
			t.Error("two tests got the same database")
		}
		mustRedis(t, used).Set(t.Context(), "mine", "1", 0)
	})
	if n := mustRedis(t, used).DBSize(t.Context()).Val(); n != 0 {
		t.Errorf("%d keys were left behind", n)
	}
	if others.Get(t.Context(), "precious").Val() != "1" {
		t.Error("a database that was not empty was flushed")
	}
}

func TestServer_RedisRestarts(t *testing.T) {
	s := mustStart(t, testenv.StartRedis)
	c := mustRedis(t, s.URL)
	if err := c.Set(t.Context(), "kept", "1", 0).Err(); err != nil {
		t.Fatal(err)
	}
	mustDo(t, s.Stop)
	if err := c.Ping(t.Context()).Err(); err == nil {
		t.Error("a stopped server answers")
	}
	mustDo(t, s.Start)
	if got := c.Get(t.Context(), "kept").Val(); got != "1" {
		t.Errorf("kept = %q after a restart", got)
	}
}

func TestServer_NATSKeepsStreams(t *testing.T) {
	s := mustStart(t, testenv.StartNATS)
	stream := jetstream.StreamConfig{Name: "KEPT", Subjects: []string{"kept"}}
	withJetStream(t, s.URL, func(js jetstream.JetStream) error {
		if _, err := js.CreateStream(t.Context(), stream); err != nil {
			return err
		}
		_, err := js.Publish(t.Context(), "kept", []byte("1"))
		return err
	})
	mustDo(t, s.Kill)
	mustDo(t, s.Start)
	withJetStream(t, s.URL, func(js jetstream.JetStream) error {
		kept, err := js.Stream(t.Context(), "KEPT")
		if err == nil && kept.CachedInfo().State.Msgs != 1 {
			err = fmt.Errorf("%d messages after a restart", kept.CachedInfo().State.Msgs)
		}
		return err
	})
}

// crashing tells the test binary to start servers and die without a cleanup.
const crashing = "CABSTAND_TESTENV_CRASH"

func crash() {
	for _, start := range []func() (*testenv.Server, error){testenv.StartRedis, testenv.StartPostgres} {
		s, err := start()
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(s.URL)
	}
	self, _ := os.FindProcess(os.Getpid())
	_ = self.Kill()
	select {}
}

func TestServer_EndsWithTheTests(t *testing.T) {
	temp := t.TempDir()
	if err := os.Chmod(temp, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(temp+"/..", 0o755); err != nil { // the servers may run as another user
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashing+"=1", "TMPDIR="+temp)
	out, err := cmd.Output()
	urls := strings.Fields(string(out))
	if err == nil || len(urls) != 2 {
		t.Fatalf("the crash ended with %v, after %q", err, out)
	}
	eventually(t, "the servers' folders are gone", func() bool {
		left, err := os.ReadDir(temp)
		return err == nil && len(left) == 0
	})
	if _, err := pgx.Connect(t.Context(), urls[1]); err == nil {
		t.Error("PostgreSQL outlived the tests")
	}
}

func mustStart(tb testing.TB, start func() (*testenv.Server, error)) *testenv.Server {
	tb.Helper()
	s, err := start()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { mustDo(tb, s.Close) })
	return s
}

func mustDo(tb testing.TB, do func() error) {
	tb.Helper()
	if err := do(); err != nil {
		tb.Fatal(err)
	}
}

func mustConnect(tb testing.TB, url string) *pgx.Conn {
	tb.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func mustExec(tb testing.TB, conn *pgx.Conn, statement string) {
	tb.Helper()
	if _, err := conn.Exec(context.Background(), statement); err != nil {
		tb.Fatal(err)
	}
}

func mustRedis(tb testing.TB, url string) *redis.Client {
	tb.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		tb.Fatal(err)
	}
	c := redis.NewClient(options)
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

func withJetStream(tb testing.TB, url string, do func(jetstream.JetStream) error) {
	tb.Helper()
	conn, err := nats.Connect(url)
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		tb.Fatal(err)
	}
	mustDo(tb, func() error { return do(js) })
}

// eventually polls a condition that another process brings about.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.After(20 * time.Second); !ok(); {
		select {
		case <-poll.C:
		case <-deadline:
			tb.Fatalf("not after 20 s: %s", what)
		}
	}
}
