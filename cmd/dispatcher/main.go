// Command dispatcher gives each rider a driver: as one process with everything
// in it (embedded), or as a service beside trackers (serve).
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/cabstand/cabstand/internal/node"
)

type commands struct {
	Embedded embedded     `cmd:"" help:"Run everything in one process, on one data folder."`
	Serve    serve        `cmd:"" help:"Run a dispatcher on Redis, PostGIS and NATS."`
	Migrate  node.Migrate `cmd:"" help:"Bring the database up to date, and exit."`
	Token    node.Token   `cmd:"" help:"Print a token for a rider, a driver or an operator, and nothing else."`
	Account  node.Account `cmd:"" help:"Accounts of people who sign in with a password."`
}

type embedded struct{ node.EmbeddedConfig }

// Run runs until interrupted.
func (c *embedded) Run(ctx context.Context, std node.Std) error {
	return node.Serve(ctx, std, func() (*node.Node, error) {
		return node.OpenEmbedded(ctx, c.EmbeddedConfig, c.Logger(std.Err))
	})
}

type serve struct{ node.DispatcherConfig }

// Run runs until interrupted.
func (c *serve) Run(ctx context.Context, std node.Std) error {
	return node.Serve(ctx, std, func() (*node.Node, error) {
		return node.OpenDispatcher(ctx, c.DispatcherConfig, c.Logger(std.Err))
	})
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(node.Main(ctx, "dispatcher", "Cabstand's dispatcher: gives each rider the right driver, once.", &commands{}, os.Args[1:], node.Std{Out: os.Stdout, Err: os.Stderr}))
}
