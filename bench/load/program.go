package main

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// program is one of the real programs, running.
type program struct {
	cmd     *exec.Cmd
	url     string
	address netip.AddrPort
	log     string
	said    []string // on its output, until it listened
}

// serve starts a program with the arguments alone, not the settings of our
// environment, and returns when it listens.
func (c config) serve(ctx context.Context, name string, args ...string) (*program, error) {
	if err := os.MkdirAll(c.Logs, 0o755); err != nil {
		return nil, err
	}
	p := &program{cmd: exec.CommandContext(ctx, filepath.Join(c.Bin, name), args...), log: filepath.Join(c.Logs, "load."+name+".log")}
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "CABSTAND_") {
			p.cmd.Env = append(p.cmd.Env, v)
		}
	}
	log, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p.cmd.Stderr = log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w (`make build` builds it)", err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		p.said = append(p.said, lines.Text())
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			p.url = url
			p.address, err = netip.ParseAddrPort(strings.TrimPrefix(url, "http://"))
			return p, err
		}
	}
	return nil, fmt.Errorf("%s did not come up: %w; see %s", name, p.cmd.Wait(), p.log)
}

// stop ends the program in good order.
func (p *program) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("%s ended before its time: %w; see %s", filepath.Base(p.cmd.Path), p.cmd.Wait(), p.log)
	}
	return p.cmd.Wait()
}
