package natsbus

import (
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Embedded is a NATS server in this process: no port, JetStream in a folder.
type Embedded struct{ server *server.Server }

const embeddedReady = 20 * time.Second // a long stream is checked after kill -9

// StartEmbedded starts a server that keeps its streams in dir.
func StartEmbedded(dir string) (*Embedded, error) {
	s, err := server.NewServer(&server.Options{
		ServerName: "cabstand", DontListen: true, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: dir, MaxPayload: 8 << 20,
	})
	if err != nil {
		return nil, fmt.Errorf("embedded NATS: %w", err)
	}
	s.Start()
	if !s.ReadyForConnections(embeddedReady) {
		s.Shutdown()
		return nil, errors.New("embedded NATS: not ready in time")
	}
	return &Embedded{server: s}, nil
}

// Stop stops the server and waits for it.
func (e *Embedded) Stop() {
	e.server.Shutdown()
	e.server.WaitForShutdown()
}
