package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// asNATS makes this program a NATS server when it is in the environment. A server
// in our own process could not be killed.
const asNATS = "FAULTS_SERVE_NATS"

// natsProgram is a NATS server with its stream in the folder.
func natsProgram(folder, log string) (*program, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return &program{path: self, env: []string{asNATS + "=" + folder}, log: log}, nil
}

// serveNATS serves until it is killed. Its arguments are those of a program:
// --listen and the address.
func serveNATS(folder string, args []string) error {
	host, port, err := net.SplitHostPort(args[len(args)-1])
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	if n == 0 {
		n = server.RANDOM_PORT
	}
	s, err := server.NewServer(&server.Options{
		Host: host, Port: n, NoSigs: true, NoLog: true, JetStream: true, StoreDir: folder,
		JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 4 << 30,
	})
	if err != nil {
		return err
	}
	s.Start()
	if !s.ReadyForConnections(time.Minute) {
		return fmt.Errorf("the NATS server does not come up")
	}
	fmt.Println("listening on nats://" + s.Addr().String())
	s.WaitForShutdown()
	return nil
}
