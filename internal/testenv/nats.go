package testenv

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

// NATS is the URL of a NATS server with JetStream, fresh for the test unless
// TEST_NATS_URL names one.
func NATS(tb testing.TB) string {
	tb.Helper()
	if given := os.Getenv("TEST_NATS_URL"); given != "" {
		return given
	}
	s, err := StartNATS()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { must(tb, s.Close()) })
	return s.URL
}

// StartNATS starts a private NATS server with JetStream in this process. Its
// streams are in files.
func StartNATS() (*Server, error) {
	return startServer("nats", func(dir string, port int) (string, func() (running, error), error) {
		options := &server.Options{
			Host: "127.0.0.1", Port: port, NoSigs: true, NoLog: true,
			JetStream: true, StoreDir: dir, JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 1 << 30,
		}
		return fmt.Sprintf("nats://127.0.0.1:%d", port), func() (running, error) { return runNATS(options) }, nil
	})
}

func runNATS(options *server.Options) (running, error) {
	// The server writes into its options: it gets a copy at each start.
	s, err := server.NewServer(options.Clone())
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(startLimit) {
		s.Shutdown()
		s.WaitForShutdown()
		return nil, errors.New("the NATS server does not come up")
	}
	return library{s}, nil
}

// library is a NATS server in this process.
type library struct{ server *server.Server }

func (l library) stop() error {
	l.server.Shutdown()
	l.server.WaitForShutdown()
	return nil
}

func (l library) kill() error { return l.stop() }
