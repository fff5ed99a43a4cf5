package natsbus_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cabstand/cabstand/internal/bustest"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/natsbus"
	"github.com/cabstand/cabstand/internal/testenv"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		if err := runChild(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func TestEmbedded(t *testing.T) {
	bustest.Run(t, func(tb testing.TB) bustest.Server {
		s := &embedded{dir: tb.TempDir()}
		s.start(tb)
		tb.Cleanup(func() { s.server.Stop() })
		return s
	})
}

type embedded struct {
	dir    string
	server *natsbus.Embedded
}

func (e *embedded) start(tb testing.TB) {
	tb.Helper()
	var err error
	if e.server, err = natsbus.StartEmbedded(e.dir); err != nil {
		tb.Fatal(err)
	}
}

func (e *embedded) Options() natsbus.Options { return natsbus.Options{Embedded: e.server} }

func (e *embedded) Restart(tb testing.TB, away func()) bool {
	tb.Helper()
	e.server.Stop()
	away()
	e.start(tb)
	return false
}

func TestServer(t *testing.T) {
	bustest.Run(t, func(tb testing.TB) bustest.Server {
		return &remote{url: testenv.NATS(tb)}
	})
}

// remote is a server on the network, maybe one that others use too.
type remote struct{ url string }

func (r *remote) Options() natsbus.Options { return natsbus.Options{URL: r.url} }

func TestServer_Restart(t *testing.T) {
	s, err := testenv.StartNATS()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	bustest.RunRestart(t, &private{s})
}

type private struct{ server *testenv.Server }

func (p *private) Options() natsbus.Options { return natsbus.Options{URL: p.server.URL} }

func (p *private) Restart(tb testing.TB, away func()) bool {
	tb.Helper()
	if err := p.server.Stop(); err != nil {
		tb.Fatal(err)
	}
	away()
	if err := p.server.Start(); err != nil {
		tb.Fatal(err)
	}
	return true
}

func TestConnect_Err(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := natsbus.Connect(ctx, natsbus.Options{URL: "nats://127.0.0.1:1"}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
}

func TestEmbedded_Restart(t *testing.T) {
	s := &embedded{dir: t.TempDir()}
	s.start(t)
	t.Cleanup(func() { s.server.Stop() })
	bustest.RunRestart(t, s)
}

func TestEmbedded_StopTwice(t *testing.T) {
	s, err := natsbus.StartEmbedded(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s.Stop()
	s.Stop()
}
