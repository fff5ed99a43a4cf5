package signin

import (
	"context"

	"github.com/cabstand/cabstand/internal/account"
	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Member is somebody who is in, and by which session.
type Member struct {
	ID      string
	Role    trip.Role
	Session string // "" for one whose token no account signed in for
}

// errOldPassword does not say whether there is such an account.
func errOldPassword() error {
	return fault.Field("old", "is not the password of this account")
}

// ChangePassword gives who is in another password. Whoever else is in by the old
// one is out then.
func (d *Door) ChangePassword(ctx context.Context, who Member, old, password string) error {
	if err := account.CheckPassword("new", password); err != nil {
		return err
	}
	a, right, err := d.try(ctx, who.ID, old)
	switch {
	case err != nil:
		return err
	case !right || a.Role != who.Role: // a token of other kind may have the id of a rider and be of a driver
		return errOldPassword()
	}
	return d.change(ctx, account.Change{ID: a.ID, Old: a.Password, Keep: who.Session}, password, errOldPassword())
}

// ResetPassword gives an account another password, for who forgot it, and ends
// its sessions, for the operator by. fault.NotFound if there is none, or it is
// disabled.
func (d *Door) ResetPassword(ctx context.Context, by, id, password string) error {
	if err := account.CheckPassword("password", password); err != nil {
		return err
	}
	did := audit.Entry{At: d.now(), By: by, Action: "account.reset_password", Subject: audit.Account(id)}
	return d.change(ctx, account.Change{ID: id}, password, fault.New(fault.NotFound, "no account of this id may sign in"), did)
}

// change stores the password; missing says that there is no such account by now.
func (d *Door) change(ctx context.Context, c account.Change, password string, missing error, log ...audit.Entry) (err error) {
	if c.New, err = d.hasher.hash(ctx, password); err != nil {
		return err
	}
	c.Now = d.now()
	err = d.store.ChangePassword(ctx, c, log...)
	switch {
	case fault.Is(err, fault.NotFound):
		return missing
	case err != nil:
		return err
	}
	d.end(c.Now, d.look(ctx)...)
	return nil
}
