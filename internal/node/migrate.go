package node

import (
	"context"
	"fmt"

	"github.com/cabstand/cabstand/internal/postgis"
)

// Migrate is `dispatcher migrate`.
type Migrate struct {
	DatabaseURL string `required:"" help:"PostgreSQL with PostGIS: postgres://user:password@host/database."`
}

// Validate checks the setting.
func (c *Migrate) Validate() error {
	return address("database-url", c.DatabaseURL, "postgres", "postgresql")
}

// Run brings the schema up to date.
func (c *Migrate) Run(ctx context.Context, std Std) error {
	store, err := postgis.Open(ctx, postgis.Options{URL: c.DatabaseURL})
	if err != nil {
		return fmt.Errorf("--database-url: %w", err)
	}
	defer store.Close()
	if err := store.Migrate(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintln(std.Out, "the database is up to date")
	return err
}
