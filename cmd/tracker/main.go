// Command tracker takes the sockets of drivers' phones and keeps where they are.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/cabstand/cabstand/internal/node"
)

type commands struct {
	Serve serve `cmd:"" help:"Run a tracker on Redis and NATS."`
}

type serve struct{ node.TrackerConfig }

// Run runs until interrupted.
func (c *serve) Run(ctx context.Context, std node.Std) error {
	return node.Serve(ctx, std, func() (*node.Node, error) {
		return node.OpenTracker(ctx, c.TrackerConfig, c.Logger(std.Err))
	})
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(node.Main(ctx, "tracker", "Cabstand's tracker: takes drivers' sockets and keeps where drivers are.", &commands{}, os.Args[1:], node.Std{Out: os.Stdout, Err: os.Stderr}))
}
