package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// freezer is a running server that can be stopped in its tracks.
type freezer interface {
	freeze() error
	thaw() error
}

// Pause freezes a PostgreSQL or a Redis as a machine that hangs would: its
// connections stay, new ones are taken, and nobody answers on any of them. Other
// servers cannot be paused.
func (s *Server) Pause() error {
	f, ok := s.running.(freezer)
	if !ok {
		return errors.New("this server cannot be paused, or does not run")
	}
	return f.freeze()
}

// Resume lets a paused server go on where it was. One that is not paused is
// left alone.
func (s *Server) Resume() error {
	if f, ok := s.running.(freezer); ok {
		return f.thaw()
	}
	return nil
}

// cluster is a running PostgreSQL: many processes, one for each connection.
type cluster struct {
	*process
	address string
	frozen  []int
}

func (c *cluster) stop() error { return errors.Join(c.thaw(), c.process.stop()) }
func (c *cluster) kill() error { return errors.Join(c.thaw(), c.process.kill()) }

// freeze stops the postmaster first: no process is born while the others are
// counted.
func (c *cluster) freeze() error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.address)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := c.freezePostmaster(); err != nil {
		return err
	}
	rows, err := conn.Query(ctx, "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
	if err != nil {
		return err
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return err
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
		c.frozen = append(c.frozen, pid)
	}
	return nil
}

func (c *cluster) freezePostmaster() error {
	pid, err := readPID(filepath.Join(c.dir, "data", "postmaster.pid"))
	if err != nil {
		return err
	}
	c.frozen = append(c.frozen, pid)
	return syscall.Kill(pid, syscall.SIGSTOP)
}

// readPID is the number in the first line of a file.
func readPID(path string) (int, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(data), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return pid, nil
}

func (c *cluster) thaw() error {
	var errs []error
	for _, pid := range c.frozen {
		if err := syscall.Kill(pid, syscall.SIGCONT); !errors.Is(err, syscall.ESRCH) {
			errs = append(errs, err)
		}
	}
	c.frozen = nil
	return errors.Join(errs...)
}

// lone is a running Redis: one process.
type lone struct{ *process }

func (l lone) stop() error { return errors.Join(l.thaw(), l.process.stop()) }
func (l lone) kill() error { return errors.Join(l.thaw(), l.process.kill()) }

func (l lone) freeze() error { return l.tell(syscall.SIGSTOP) }
func (l lone) thaw() error   { return l.tell(syscall.SIGCONT) }

func (l lone) tell(s syscall.Signal) error {
	pid, err := readPID(filepath.Join(l.dir, "redis.pid"))
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, s); !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}
