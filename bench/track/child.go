package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// streams is where a mode of this program reads and writes.
type streams struct {
	in  io.Reader
	out io.Writer
}

// child is this program in another mode, as a process of its own, so that what
// it costs is not counted as ours. It ends when its input does, at the latest
// with us.
type child struct {
	mode string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *json.Decoder
}

func startChild(mode string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, mode)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &child{mode, cmd, in, json.NewDecoder(out)}, nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// hear reads what the child says next.
func (c *child) hear(said any) error {
	if err := c.out.Decode(said); err != nil {
		return fmt.Errorf("%s: %w", c.mode, err)
	}
	return nil
}

// close lets the child end and waits for it.
func (c *child) close() error { return errors.Join(c.in.Close(), c.cmd.Wait()) }

// generator is the load generator, seen from outside.
type generator struct{ *child }

func startGenerator() (generator, error) {
	c, err := startChild("load")
	return generator{c}, err
}

// order has an order carried out and returns what came of it.
func (g generator) order(o order) (report, error) {
	if err := json.NewEncoder(g.in).Encode(o); err != nil {
		return report{}, fmt.Errorf("load: %w", err)
	}
	var r report
	if err := g.hear(&r); err != nil {
		return report{}, err
	}
	if r.Err != "" {
		return r, fmt.Errorf("load: %s", r.Err)
	}
	if r.Heard.Closed > 0 {
		return r, fmt.Errorf("load: %d sockets were closed (%s)", r.Heard.Closed, r.Heard.Sample)
	}
	return r, nil
}
