package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cabstand/cabstand/internal/node"
	"github.com/cabstand/cabstand/internal/streets"
)

// roadCmd is `simulator road`.
type roadCmd struct {
	streets.Files
	Out string `required:"" type:"path" help:"File that gets the graph, for --road of all programs."`
}

// Validate checks the settings.
func (c *roadCmd) Validate() error {
	if err := checkStreets(c.Files); err != nil {
		return err
	}
	if !c.Given() {
		return &node.ConfigError{Setting: "osm", Accepted: "a road graph: --osm, or --nodes and --links"}
	}
	return nil
}

// Run imports and saves.
func (c *roadCmd) Run(ctx context.Context, std node.Std) error {
	took := stopwatch()
	loaded, err := c.Load(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.Err, "%s\nread in %v\n", loaded.Told, took().Round(time.Millisecond))
	if err := streets.Save(loaded.Graph, c.Out); err != nil {
		return err
	}
	info, err := os.Stat(c.Out)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.Out, "%s: %d nodes, %d edges, %.1f MB\n", c.Out, loaded.Graph.Len(), loaded.Graph.Edges(), float64(info.Size())/1e6)
	return nil
}

// checkStreets makes a setting error one of the program.
func checkStreets(f streets.Files) error {
	var wrong *streets.SettingError
	if err := f.Check(); errors.As(err, &wrong) {
		return &node.ConfigError{Setting: wrong.Setting, Value: wrong.Value, Accepted: wrong.Accepted}
	}
	return nil
}
