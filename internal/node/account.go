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
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/postgis"
	"github.com/cabstand/cabstand/internal/signin"
	"github.com/cabstand/cabstand/internal/sqlite"
	"github.com/cabstand/cabstand/internal/trip"
)

// Account is `dispatcher account`.
type Account struct {
	Create CreateAccount `cmd:"" help:"Let somebody sign in. The password comes from the environment or from standard input."`
}

// CreateAccount is `dispatcher account create`: how the first operator gets in.
type CreateAccount struct {
	Role        string `required:"" help:"rider, driver or operator."`
	ID          string `name:"id" required:"" help:"The rider's, driver's or operator's id."`
	Password    string `env:"CABSTAND_PASSWORD" hidden:"" help:"By the environment alone; the first line of standard input without it."`
	Data        string `env:"CABSTAND_DATA_DIR" type:"path" help:"Data folder of an embedded instance that is not running."`
	DatabaseURL string `help:"PostgreSQL with PostGIS, in place of --data."`
}

// Validate checks every setting.
func (c *CreateAccount) Validate() error {
	if err := (account.Account{ID: c.ID, Role: trip.Role(c.Role)}).Validate(); err != nil {
		if c.Role == "rider" || c.Role == "driver" || c.Role == "operator" {
			return &ConfigError{"id", c.ID, "1 to 64 letters, digits, '-' or '_'"}
		}
		return &ConfigError{"role", c.Role, "rider, driver or operator"}
	}
	switch {
	case c.Data == "" && c.DatabaseURL == "":
		return &ConfigError{"data", "", "a data folder, or --database-url"}
	case c.Data == "":
		return address("database-url", c.DatabaseURL, "postgres", "postgresql")
	}
	return nil
}

// Run creates the account and prints nothing that is secret.
func (c *CreateAccount) Run(ctx context.Context, std Std) error { return c.run(ctx, std, os.Stdin) }

func (c *CreateAccount) run(ctx context.Context, std Std, in io.Reader) error {
	password := c.Password
	if password == "" {
		line, err := bufio.NewReader(io.LimitReader(in, 4<<10)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("the password could not be read: %w", err)
		}
		password = strings.TrimRight(line, "\r\n")
	}
	store, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	door := signin.NewDoor(store, nil, signin.NewEnded(), newID, time.Now, slog.New(slog.DiscardHandler))
	if _, err := door.Create(ctx, "", c.ID, trip.Role(c.Role), password); err != nil {
		if fault.Is(err, fault.Invalid) {
			return &ConfigError{"password", "…", fmt.Sprintf("%d characters at least, %d bytes at most", account.MinPassword, account.MaxPassword)}
		}
		return err
	}
	_, err = fmt.Fprintf(std.Out, "%s %s may sign in\n", c.Role, c.ID)
	return err
}

// accounts is a store that can be closed.
type accounts interface {
	signin.Store
	Close()
}

// open opens the store, brought up to date.
func (c *CreateAccount) open(ctx context.Context) (accounts, error) {
	if c.Data == "" {
		store, err := postgis.Open(ctx, postgis.Options{URL: c.DatabaseURL})
		if err != nil {
			return nil, fmt.Errorf("--database-url: %w", err)
		}
		return store, nil
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("--data %s: %w", c.Data, err)
	}
	unlock, err := lockFolder(c.Data)
	if err != nil {
		return nil, fmt.Errorf("%w: stop it, or ask it by POST /v1/accounts", err)
	}
	store, err := sqlite.Open(ctx, filepath.Join(c.Data, "cabstand.db"))
	if err == nil {
		err = store.Migrate(ctx)
	}
	if err != nil {
		unlock()
		return nil, fmt.Errorf("--data %s: %w", c.Data, err)
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
