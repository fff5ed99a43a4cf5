package node

import (
	"fmt"
	"os"
	"time"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/driver"
)

// Token is `dispatcher token`.
type Token struct {
	Role    string        `required:"" help:"Who it is for: rider, driver or operator."`
	Sub     string        `required:"" help:"The rider's, driver's or operator's id."`
	TTL     time.Duration `name:"ttl" default:"24h" help:"How long it is valid."`
	Data    string        `env:"CABSTAND_DATA_DIR" type:"path" help:"Data folder of an embedded instance, running or not, whose key signs it."`
	New     bool          `help:"Make the data folder and its key where there is none, for the instance that is started on it later."`
	AuthKey string        `help:"Secret that signs it (HS256), at least 32 bytes, in place of --data."`
}

// Validate checks every setting.
func (c *Token) Validate() error {
	if _, err := auth.ParseRole(c.Role); err != nil {
		return &ConfigError{"role", c.Role, "rider, driver or operator"}
	}
	switch {
	case !driver.ValidID(c.Sub):
		return &ConfigError{"sub", c.Sub, "1 to 64 letters, digits, '-' or '_'"}
	case c.Data == "" && c.AuthKey == "":
		return &ConfigError{"data", "", "a data folder, or --auth-key"}
	case c.Data == "":
		if err := (Keys{AuthKey: c.AuthKey}).validate(); err != nil {
			return err
		}
	}
	return positive("ttl", c.TTL)
}

// Run prints the token and nothing else.
func (c *Token) Run(std Std) error {
	key := []byte(c.AuthKey)
	if c.Data != "" {
		if _, err := os.Stat(c.Data); err != nil && !c.New {
			return &ConfigError{"data", c.Data, "the data folder of an instance; --new makes one"}
		}
		var err error
		if key, err = auth.LoadOrCreateKey(c.Data); err != nil {
			return fmt.Errorf("--data %s: %w", c.Data, err)
		}
	}
	issuer, err := auth.NewIssuer(key, time.Now)
	if err != nil {
		return err
	}
	role, err := auth.ParseRole(c.Role)
	if err != nil {
		return err
	}
	token, err := issuer.Issue(role, c.Sub, c.TTL)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(std.Out, token)
	return err
}
