package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// program is one of the real programs. It can be killed and started again on the
// same address, and be stopped in its tracks.
type program struct {
	path string
	args []string // without the address
	env  []string // besides the caller's
	log  string   // file

	clock string // file that says how far its machine's clock is ahead; "" for one that is right

	url string
	cmd *exec.Cmd
	out *bufio.Scanner
}

// start starts it, on the address that it had before if it had one, and returns
// when it listens.
func (p *program) start() error {
	listen := "127.0.0.1:0"
	if p.url != "" {
		_, listen, _ = strings.Cut(p.url, "://")
	}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	p.cmd = exec.Command(p.path, append(p.args[:len(p.args):len(p.args)], "--listen", listen)...)
	p.cmd.Env = append(environment(), p.env...)
	if p.clock != "" {
		p.cmd.Env = append(p.cmd.Env, "CABSTAND_TEST_CLOCK_FILE="+p.clock)
	}
	p.cmd.Stderr = log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C at the terminal is for us alone
	pipe, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	p.out = bufio.NewScanner(pipe)
	for p.out.Scan() {
		if url, ok := strings.CutPrefix(p.out.Text(), "listening on "); ok {
			p.url = url
			return nil
		}
	}
	return fmt.Errorf("%s did not come up: %v; see %s", filepath.Base(p.path), p.cmd.Wait(), p.log)
}

// environment is the caller's without what Cabstand would read.
func environment() (kept []string) {
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "CABSTAND_") {
			kept = append(kept, v)
		}
	}
	return kept
}

// kill ends it as a power cut would, if it runs.
func (p *program) kill() {
	if p.cmd != nil && p.cmd.Process != nil && p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait() // it says that it was killed
	}
}

func (p *program) pause() error  { return p.cmd.Process.Signal(syscall.SIGSTOP) }
func (p *program) resume() error { return p.cmd.Process.Signal(syscall.SIGCONT) }

// setClock sets the clock of its machine, while it runs or before it starts.
func (p *program) setClock(ahead time.Duration) error {
	next := p.clock + ".next"
	return errors.Join(os.WriteFile(next, []byte(ahead.String()), 0o644), os.Rename(next, p.clock))
}

// restartAhead kills it, and starts it on a machine whose clock is ahead.
func (p *program) restartAhead(by time.Duration) error {
	p.kill()
	return errors.Join(p.setClock(by), p.start())
}

// alive reports whether it still runs: one that ended by itself was not to.
func (p *program) alive() bool {
	return p.cmd != nil && p.cmd.Process != nil && p.cmd.Process.Signal(syscall.Signal(0)) == nil
}

// build builds the programs of the repository into a folder.
func build(ctx context.Context, repository, folder string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", folder+string(filepath.Separator), "./cmd/...")
	cmd.Dir = repository
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}
