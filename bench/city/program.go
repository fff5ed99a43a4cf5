package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// launcher starts the programs of one run.
type launcher struct {
	bin  string
	logs string // where the logs go: what their names begin with
}

// program is one of the real programs, running.
type program struct {
	cmd    *exec.Cmd
	output io.Reader
	url    string // where it listens, if it does
	log    string
	usage  usage // once it ended
}

// usage is what a program cost, or several together.
type usage struct {
	cpu    time.Duration
	memory int64 // peak, KiB; the sum of the peaks of several
}

func (u usage) plus(v usage) usage { return usage{u.cpu + v.cpu, u.memory + v.memory} }

// start starts a program. The settings come from args alone: variables of the
// caller's environment that Cabstand would read are left out.
func (l launcher) start(ctx context.Context, name string, args ...string) (*program, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(l.bin, name), args...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "CABSTAND_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	p := &program{cmd: cmd, log: l.logs + "." + name + ".log"}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Stderr = log
	if cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }; name == "simulator" {
		cmd.Stdout = log
	} else if p.output, err = cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return p, nil
}

// serve starts a program that listens, and returns when it does.
func (l launcher) serve(ctx context.Context, name string, args ...string) (*program, error) {
	p, err := l.start(ctx, name, args...)
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(p.output)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			p.url = url
			return p, nil
		}
	}
	return nil, fmt.Errorf("%s did not come up: %w; see %s", name, p.wait(), p.log)
}

// wait waits for the end of the program.
func (p *program) wait() error {
	err := p.cmd.Wait()
	if state := p.cmd.ProcessState; state != nil {
		p.usage.cpu = state.UserTime() + state.SystemTime()
		if r, ok := state.SysUsage().(*syscall.Rusage); ok {
			p.usage.memory = int64(r.Maxrss)
		}
	}
	return err
}

// stop ends the program in good order.
func (p *program) stop() error { return p.end(syscall.SIGTERM) }

// kill ends the program without warning.
func (p *program) kill() error {
	_ = p.end(syscall.SIGKILL) // it says that it was killed
	return nil
}

func (p *program) end(signal syscall.Signal) error {
	if err := p.cmd.Process.Signal(signal); err != nil {
		return fmt.Errorf("%s ended before its time: %w; see %s", filepath.Base(p.cmd.Path), p.wait(), p.log)
	}
	return p.wait()
}
