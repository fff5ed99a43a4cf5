package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/cabstand/cabstand/internal/node"
	"github.com/cabstand/cabstand/internal/traces"
)

// positionsCmd is `simulator positions`.
type positionsCmd struct {
	GPS  string `name:"gps" required:"" type:"existingfile" help:"Recorded positions, CSV, may be gzipped. Columns: cab, unix (seconds, or RFC 3339), lat, lon; each cab's in order of time."`
	JSON bool   `name:"json" help:"Report as JSON, with every cab."`
	node.Filters
}

// Validate checks the settings.
func (c *positionsCmd) Validate() error { return c.Filters.Validate() }

// Run replays the recording and reports.
func (c *positionsCmd) Run(std node.Std) error {
	f, err := os.Open(c.GPS)
	if err != nil {
		return err
	}
	defer f.Close()
	audit := traces.NewAudit(c.Filter())
	bad, err := traces.Read(f, func(f traces.Fix) { audit.Judge(f) })
	if err != nil {
		return err
	}
	if bad.Rows > 0 {
		fmt.Fprintln(std.Err, bad)
	}
	report := audit.Report()
	switch {
	case report.Fixes == 0:
		return fmt.Errorf("%s: no usable position", c.GPS)
	case c.JSON:
		e := json.NewEncoder(std.Out)
		e.SetIndent("", "  ")
		return e.Encode(report)
	}
	return report.Write(std.Out)
}
