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

// Pause freezes a PostgreSQL as a machine that hangs would: its connections
// stay, new ones are taken, and nobody answers on any of them. Other servers
// cannot be paused.
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
	data, err := os.ReadFile(filepath.Join(c.dir, "data", "postmaster.pid"))
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(data), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return fmt.Errorf("postmaster.pid: %w", err)
	}
	c.frozen = append(c.frozen, pid)
	return syscall.Kill(pid, syscall.SIGSTOP)
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
