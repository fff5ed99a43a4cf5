package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/cabstand/cabstand/internal/node"
	"github.com/cabstand/cabstand/internal/replay"
	"github.com/cabstand/cabstand/internal/replay/compare"
)

// compareCmd is `simulator compare`.
type compareCmd struct {
	Results []string `arg:"" type:"existingfile" help:"Results of replays, JSON. The others are held against the policy of the first."`
	HTML    string   `name:"html" type:"path" help:"File that gets the comparison as one page with charts."`
}

// Run compares.
func (c *compareCmd) Run(_ context.Context, std node.Std) error {
	var reports []replay.Report
	for _, path := range c.Results {
		r, err := readReport(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		reports = append(reports, r)
	}
	set, err := compare.New(reports)
	if err != nil {
		return err
	}
	if err := set.Print(std.Out); err != nil || c.HTML == "" {
		return err
	}
	f, err := os.Create(c.HTML)
	if err != nil {
		return err
	}
	return errors.Join(set.WritePage(f), f.Close())
}

func readReport(path string) (replay.Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return replay.Report{}, err
	}
	defer f.Close()
	return replay.ReadReport(f)
}
