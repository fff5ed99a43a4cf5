package natsbus

import (
	"errors"
	"net"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/cabstand/cabstand/internal/fault"
)

// Embedded is a NATS server in this process, without a listener: only clients
// of this process reach it, by Options.Embedded.
type Embedded struct{ server *server.Server }

const startLimit = 20 * time.Second // a large stream takes its time to be checked after a crash

// StartEmbedded starts a server that keeps its streams in dir, which no other
// server may use at the same time. A stream outlives the process, kill -9
// included; only what the operating system had not yet written when the machine
// lost its power may be missing.
func StartEmbedded(dir string) (*Embedded, error) {
	s, err := server.NewServer(&server.Options{
		ServerName: "embedded", DontListen: true, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: dir,
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "the embedded bus cannot be set up")
	}
	e := &Embedded{server: s}
	s.Start()
	if !s.ReadyForConnections(startLimit) || !s.JetStreamEnabled() {
		e.Stop()
		return nil, fault.Wrap(errors.New(dir), fault.Unavailable, "the embedded bus does not come up; is its folder writable?")
	}
	return e, nil
}

// InProcessConn makes a connection to the server, for a client other than Bus.
func (e *Embedded) InProcessConn() (net.Conn, error) { return e.server.InProcessConn() }

// Stop ends the server and waits for it. Its clients should be closed before.
// Stopping twice is fine.
func (e *Embedded) Stop() {
	e.server.Shutdown()
	e.server.WaitForShutdown()
}
