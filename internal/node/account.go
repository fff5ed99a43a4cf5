package node

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cabstand/cabstand/internal/account"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/postgis"
	"github.com/cabstand/cabstand/internal/signin"
	"github.com/cabstand/cabstand/internal/sqlite"
	"github.com/cabstand/cabstand/internal/trip"
)

// Account is `dispatcher account`.
type Account struct {
	Create   CreateAccount `cmd:"" help:"Let somebody sign in. The password comes from the environment or from standard input."`
	Password ResetPassword `cmd:"" help:"Give an account another password, from the environment or from standard input, and end its sessions."`
}

// Member is whose account it is, and where accounts are kept.
type Member struct {
	ID          string `name:"id" required:"" help:"The rider's, driver's or operator's id."`
	Secret      string `env:"CABSTAND_PASSWORD" hidden:"" help:"By the environment alone; the first line of standard input without it."`
	Data        string `env:"CABSTAND_DATA_DIR" type:"path" help:"Data folder of an embedded instance that is not running."`
	DatabaseURL string `help:"PostgreSQL with PostGIS, in place of --data."`
}

// CreateAccount is `dispatcher account create`: how the first operator gets in.
type CreateAccount struct {
	Role   string `required:"" help:"rider, driver or operator."`
	Member `embed:""`
}

// ResetPassword is `dispatcher account password`: how an operator gets in again
// whom no other operator can help.
type ResetPassword struct {
	Member `embed:""`
}

// Validate checks every setting.
func (c *CreateAccount) Validate() error {
	switch trip.Role(c.Role) {
	case trip.Rider, trip.Driver, trip.Operator:
		return c.Member.validate()
	}
	return &ConfigError{"role", c.Role, "rider, driver or operator"}
}

// Validate checks every setting.
func (c *ResetPassword) Validate() error { return c.Member.validate() }

func (m *Member) validate() error {
	switch {
	case !driver.ValidID(m.ID):
		return &ConfigError{"id", m.ID, "1 to 64 letters, digits, '-' or '_'"}
	case m.Data == "" && m.DatabaseURL == "":
		return &ConfigError{"data", "", "a data folder, or --database-url"}
	case m.Data == "":
		return address("database-url", m.DatabaseURL, "postgres", "postgresql")
	}
	return nil
}

// Run creates the account and prints nothing that is secret.
func (c *CreateAccount) Run(ctx context.Context, std Std) error {
	err := c.at(ctx, os.Stdin, func(door *signin.Door, password string) error {
		_, err := door.Create(ctx, "", c.ID, trip.Role(c.Role), password)
		return err
	})
	if err == nil {
		_, err = fmt.Fprintf(std.Out, "%s %s may sign in\n", c.Role, c.ID)
	}
	return err
}

// Run changes the password and prints nothing that is secret.
func (c *ResetPassword) Run(ctx context.Context, std Std) error {
	err := c.at(ctx, os.Stdin, func(door *signin.Door, password string) error {
		return door.ResetPassword(ctx, "", c.ID, password)
	})
	if err == nil {
		_, err = fmt.Fprintf(std.Out, "%s has another password, and is signed out\n", c.ID)
	}
	return err
}

// at opens the door to where the account is kept, with the password that is given.
func (m *Member) at(ctx context.Context, in io.Reader, do func(*signin.Door, string) error) error {
	password := m.Secret
	if password == "" {
		line, err := bufio.NewReader(io.LimitReader(in, 4<<10)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("the password could not be read: %w", err)
		}
		password = strings.TrimRight(line, "\r\n")
	}
	if account.CheckPassword("password", password) != nil {
		return &ConfigError{"password", "…", fmt.Sprintf("%d characters at least, %d bytes at most", account.MinPassword, account.MaxPassword)}
	}
	store, err := m.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	return do(signin.NewDoor(store, nil, signin.NewEnded(), newID, time.Now, slog.New(slog.DiscardHandler)), password)
}

// accounts is a store that can be closed.
type accounts interface {
	signin.Store
	Close()
}

// open opens the store, brought up to date.
func (m *Member) open(ctx context.Context) (accounts, error) {
	if m.Data == "" {
		store, err := postgis.Open(ctx, postgis.Options{URL: m.DatabaseURL})
		if err != nil {
			return nil, fmt.Errorf("--database-url: %w", err)
		}
		return store, nil
	}
	if err := os.MkdirAll(m.Data, 0o700); err != nil {
		return nil, fmt.Errorf("--data %s: %w", m.Data, err)
	}
	unlock, err := lockFolder(m.Data)
	if err != nil {
		return nil, fmt.Errorf("%w: stop it, or ask it by POST /v1/accounts, PUT /v1/accounts/{id}/password", err)
	}
	store, err := sqlite.Open(ctx, filepath.Join(m.Data, "cabstand.db"))
	if err == nil {
		err = store.Migrate(ctx)
	}
	if err != nil {
		unlock()
		return nil, fmt.Errorf("--data %s: %w", m.Data, err)
	}
	return unlocking{store, unlock}, nil
}

// unlocking gives the folder back when it is closed.
type unlocking struct {
	*sqlite.Store
	unlock func()
}

func (u unlocking) Close() {
	u.Store.Close()
	u.unlock()
}
