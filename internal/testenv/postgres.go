package testenv

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const installPostgres = "Debian: postgresql with its postgis package, as postgresql-15 and postgresql-15-postgis-3; macOS: brew install postgresql postgis"

// Postgres is the URL of a fresh database for the test, PostGIS included. It is
// dropped at the test's end.
func Postgres(tb testing.TB) string {
	tb.Helper()
	server, template, err := sharedPostgres()
	if err != nil {
		tb.Fatal(err)
	}
	name := "cabstand_test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if err := execOn(server, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, template)); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := execOn(server, fmt.Sprintf("DROP DATABASE IF EXISTS %s WITH (FORCE)", name)); err != nil {
			tb.Errorf("drop the test's database: %v", err)
		}
	})
	return onDatabase(server, name)
}

// sharedPostgres is the server that the tests of this process share, and the
// database that theirs are copies of.
func sharedPostgres() (server, template string, err error) {
	if given := os.Getenv("TEST_DATABASE_URL"); given != "" {
		return given, "template1", nil
	}
	server, err = privatePostgres()
	return server, postgisTemplate, err
}

// postgisTemplate has the extension in it, which takes longer to create than to
// copy.
const postgisTemplate = "with_postgis"

var privatePostgres = sync.OnceValues(func() (string, error) {
	s, err := StartPostgres()
	if err != nil {
		return "", err
	}
	if err := execOn(s.URL, "CREATE DATABASE "+postgisTemplate); err != nil {
		return "", err
	}
	return s.URL, execOn(onDatabase(s.URL, postgisTemplate), "CREATE EXTENSION postgis")
})

// StartPostgres starts a private PostgreSQL. It does not wait for the disk
// (fsync is off): a killed server loses nothing, a killed machine might.
func StartPostgres() (*Server, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	return startServer("postgres", func(dir string, port int) (string, func() (running, error), error) {
		if err := initdb(bin, dir); err != nil {
			return "", nil, err
		}
		address := fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", port)
		return address, func() (running, error) { return runPostgres(bin, dir, port, address) }, nil
	})
}

// postgresBin is the folder of PostgreSQL's programs, of the newest version.
// initdb is looked up beside postgres: PATH may have clients of another one.
func postgresBin() (string, error) {
	path, err := program("postgres", installPostgres,
		"/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin")
	return filepath.Dir(path), err
}

func initdb(bin, dir string) error {
	data := filepath.Join(dir, "data")
	if _, err := os.Stat(data); err == nil {
		return nil // an earlier attempt, on another port
	}
	cmd := exec.Command(filepath.Join(bin, "initdb"), "--pgdata", data, "--username", "postgres",
		"--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	cmd.Dir, cmd.SysProcAttr = dir, unprivileged()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

func runPostgres(bin, dir string, port int, address string) (running, error) {
	// SIGQUIT is an immediate shutdown: no checkpoint, recovery at the next
	// start, but no process left behind that holds on to shared memory.
	p, err := startProcess(dir, "QUIT", []string{
		filepath.Join(bin, "postgres"), "-D", filepath.Join(dir, "data"),
		"-c", "listen_addresses=127.0.0.1", "-c", fmt.Sprintf("port=%d", port),
		"-c", "unix_socket_directories=" + dir, "-c", "max_connections=300",
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=64MB",
	})
	if err != nil {
		return nil, err
	}
	if err := p.awaitReady(func() error { return execOn(address, "SELECT 1") }); err != nil {
		_ = p.kill()
		return nil, err
	}
	return &cluster{process: p, address: address}, nil
}

// execOn runs one statement on a connection of its own.
func execOn(address, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// onDatabase is the server's URL with another database.
func onDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server // pgx says what is wrong with it
	}
	u.Path = "/" + name
	return u.String()
}
