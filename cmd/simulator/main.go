// Command simulator lets drivers and riders loose on a running Cabstand.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/cabstand/cabstand/internal/node"
)

type commands struct {
	Drive     drive        `cmd:"" help:"Run a live city through the public interface, in real time, and report what its drivers and riders saw. Exits 1 when a promise was broken."`
	Replay    replayCmd    `cmd:"" help:"Replay recorded demand in virtual time with one policy, and measure it: served share, waits, empty kilometres. Deterministic: same input and seed, same decisions."`
	Positions positionsCmd `cmd:"" help:"Replay recorded positions through the filter of the tracker, and tell what it refuses and why."`
	Road      roadCmd      `cmd:"" help:"Save the road graph of an OpenStreetMap extract, or of tables, in a form that starts at once."`
	Compare   compareCmd   `cmd:"" help:"Set the results of replays beside each other: a table, and a page with charts."`
}

const description = "Cabstand's simulator: a city of drivers and riders."

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends it without a report
	os.Exit(node.Main(ctx, "simulator", description, &commands{}, os.Args[1:], node.Std{Out: os.Stdout, Err: os.Stderr}))
}
