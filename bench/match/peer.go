package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// contender is one way to solve the instances, by their numbers.
type contender struct {
	name  string
	solve func(k int) (answer, error)
	cells int  // how large a matrix may be for it; 0: any
	rare  bool // too slow to have a turn in every round
}

// answer is the least cost, and what it took to find it: time on the wall's
// clock, and of processors.
type answer struct {
	cost      int64
	wall, cpu time.Duration
}

// peer is a program of others' solvers. It has read the instances and solves one
// when it is asked to, so that its turns come between those of ours.
type peer struct {
	name  string
	in    io.WriteCloser
	lines *bufio.Scanner
	cmd   *exec.Cmd
}

// startPeer starts a program with the instances' files as its last arguments.
func startPeer(ctx context.Context, name string, command, files []string) (*peer, error) {
	cmd := exec.CommandContext(ctx, command[0], append(command[1:len(command):len(command)], files...)...)
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
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &peer{name, in, bufio.NewScanner(out), cmd}, nil
}

// by solves by one of the peer's methods.
func (p *peer) by(method string) func(k int) (answer, error) {
	return func(k int) (answer, error) { return p.ask(method, k) }
}

func (p *peer) ask(method string, k int) (a answer, err error) {
	if _, err := fmt.Fprintln(p.in, method, k); err != nil {
		return answer{}, fmt.Errorf("%s is gone: %w", p.name, err)
	}
	if !p.lines.Scan() {
		return answer{}, fmt.Errorf("%s ended without an answer to %q", p.name, method)
	}
	if _, err := fmt.Sscanf(p.lines.Text(), "%d %d %d", &a.cost, &a.wall, &a.cpu); err != nil {
		return answer{}, fmt.Errorf("%s answered %q, want a cost and twice nanoseconds", p.name, p.lines.Text())
	}
	return a, nil
}

// stop lets the program end and waits for it.
func (p *peer) stop() error {
	if err := errors.Join(p.in.Close(), p.cmd.Wait()); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}
