package natsbus_test

import (
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"

	"github.com/cabstand/cabstand/internal/bustest"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/natsbus"
	"github.com/cabstand/cabstand/internal/testenv"
	"github.com/cabstand/cabstand/internal/trip"
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

// own is a server that a test starts when and on what files it wants.
type own struct {
	options server.Options
	server  *server.Server
	spare   string // the folder that it is restarted on
}

// newOwn finds an address, where nobody serves yet.
func newOwn(tb testing.TB) *own {
	tb.Helper()
	o := &own{options: server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, StoreDir: tb.TempDir()}, spare: tb.TempDir()}
	o.start(tb)
	o.options.Port = o.server.Addr().(*net.TCPAddr).Port
	o.stop()
	tb.Cleanup(o.stop)
	return o
}

func (o *own) start(tb testing.TB) {
	tb.Helper()
	var err error
	if o.server, err = server.NewServer(o.options.Clone()); err != nil {
		tb.Fatal(err)
	}
	o.server.Start()
	if !o.server.ReadyForConnections(20 * time.Second) {
		tb.Fatal("the server does not come up")
	}
}

func (o *own) stop() {
	o.server.Shutdown()
	o.server.WaitForShutdown()
}

func (o *own) Options() natsbus.Options {
	return natsbus.Options{URL: fmt.Sprintf("nats://127.0.0.1:%d", o.options.Port)}
}

// Restart starts the server on the spare folder.
func (o *own) Restart(tb testing.TB, away func()) bool {
	tb.Helper()
	o.stop()
	away()
	o.options.StoreDir = o.spare
	o.start(tb)
	return true
}

func TestServer_FilesLost(t *testing.T) {
	s := newOwn(t)
	s.start(t)
	bustest.RunLoss(t, s)
}

// An older copy of the files has the same stream, with fewer events.
func TestServer_FilesOld(t *testing.T) {
	s := newOwn(t)
	s.start(t)
	b, err := natsbus.Connect(t.Context(), s.Options())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Trips.Publish(t.Context(), []trip.Event{{TripID: "t1", Version: 1, Trip: trip.Trip{ID: "t1", Version: 1}}}); err != nil {
		t.Fatal(err)
	}
	b.Close()
	s.stop()
	if err := os.CopyFS(s.spare, os.DirFS(s.options.StoreDir)); err != nil {
		t.Fatal(err)
	}
	s.start(t)
	bustest.RunLoss(t, s)
}

func TestServer_Late(t *testing.T) {
	s := newOwn(t)
	bustest.RunLate(t, s, func() { s.start(t) })
}

// A server that refuses us is one that is away: it may let us in later.
func TestServer_Refusing(t *testing.T) {
	s := newOwn(t)
	s.options.Authorization = "secret"
	s.start(t)
	b, err := natsbus.Connect(t.Context(), s.Options())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if b.Connected() {
		t.Error("let in without the secret")
	}
	s.options.Authorization = ""
	s.Restart(t, func() {})
	for limit := time.After(20 * time.Second); !b.Connected(); {
		select {
		case <-limit:
			t.Fatal("never let in")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func TestConnect_Err(t *testing.T) {
	if _, err := natsbus.Connect(t.Context(), natsbus.Options{URL: "nats://127.0.0.1:x"}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a URL that is none: %v", err)
	}
	s := &embedded{dir: t.TempDir()}
	s.start(t)
	s.server.Stop()
	if _, err := natsbus.Connect(t.Context(), s.Options()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("an embedded server that is down: %v", err)
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
