package signin

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"github.com/cabstand/cabstand/internal/account"
	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// How long tokens are good.
const (
	AccessTTL  = 15 * time.Minute
	SessionTTL = 30 * 24 * time.Hour // since the last refresh
)

// Store keeps accounts and their sessions.
type Store interface {
	// AddAccount stores a new account; fault.AlreadyExists when the id is taken, by
	// a disabled one too. The log is stored with it.
	AddAccount(ctx context.Context, a account.Account, log ...audit.Entry) error
	// Account reads an account; fault.NotFound if there is none.
	Account(ctx context.Context, id string) (account.Account, error)
	// Accounts is a page of accounts by id; next is "" on the last one.
	Accounts(ctx context.Context, cursor string, limit int) (page []account.Account, next string, err error)
	// DisableAccount lets an account sign in no more, and ends its sessions;
	// fault.NotFound if there is none. The log is stored with that.
	DisableAccount(ctx context.Context, id string, now time.Time, log ...audit.Entry) error
	// ChangePassword puts a password in the place of another, and ends the account's
	// sessions but the one that is kept. fault.NotFound where there is no account
	// that may sign in, or the old password is not its own any more. The log is stored with it.
	ChangePassword(ctx context.Context, c account.Change, log ...audit.Entry) error
	// StartSession stores a session, which began with the password of that hash, with
	// the hash of its first refresh token; fault.NotFound where the account is gone,
	// disabled, or has another password by now.
	StartSession(ctx context.Context, n account.Session, password, refresh string) error
	// Rotate gives the next refresh token for the old one. One that was used before
	// ends the session: reused is true then; but within account.LostAnswer, and while
	// the token that was given for it has not been used, that one is void, and there
	// is another. fault.NotFound where there is nothing to go on with.
	Rotate(ctx context.Context, r account.Rotation) (n account.Session, of account.Account, reused bool, err error)
	// EndSession ends the session that the refresh token is of, whether used or not,
	// and gives its id; "" if there is none.
	EndSession(ctx context.Context, hash string, now time.Time) (ended string, err error)
	// Revoked is the sessions that were ended since then, the newest first, at most
	// limit of them.
	Revoked(ctx context.Context, since time.Time, limit int) ([]string, error)
	// PurgeSessions forgets sessions that ran out before, with their tokens, and
	// tokens that were used a week before.
	PurgeSessions(ctx context.Context, before time.Time) (purged int, err error)
}

// Issue signs an access token of a session.
type Issue func(session string, role trip.Role, id string, ttl time.Duration) (string, error)

// Door lets people in. Safe for concurrent use.
type Door struct {
	store  Store
	issue  Issue
	ended  *Ended
	newID  func() string
	now    func() time.Time
	log    *slog.Logger
	hasher *hasher
	nobody string        // the hash that is checked for who has no account
	news   chan struct{} // of sessions that ended; one that waits stands for all
}

// NewDoor makes a door. Sessions that end here are told to ended.
func NewDoor(store Store, issue Issue, ended *Ended, newID func() string, now func() time.Time, log *slog.Logger) *Door {
	sum := make([]byte, sumBytes)
	rand.Read(sum) // of no password
	return &Door{
		store: store, issue: issue, ended: ended, newID: newID, now: now, log: log,
		hasher: newHasher(), nobody: phc(sum[:saltBytes], sum), news: make(chan struct{}, 1),
	}
}

// Tokens is what somebody has who is in.
type Tokens struct {
	Access, Refresh string
	AccountID       string
	Role            trip.Role
}

// errNotLetIn is the one answer to whoever is not let in, so that nobody learns
// which ids there are.
func errNotLetIn() error {
	return fault.New(fault.Unauthenticated, "the account or the password is not right")
}

// errOver is the answer to a refresh token that is good for nothing.
func errOver() error { return fault.New(fault.Unauthenticated, "the session is over: sign in again") }

// Login begins a session. It takes as long, and says the same, for an id that
// nobody has, an account that is disabled and a wrong password.
func (d *Door) Login(ctx context.Context, id, password string) (Tokens, error) {
	a, right, err := d.try(ctx, id, password)
	switch {
	case err != nil:
		return Tokens{}, err
	case !right:
		return Tokens{}, errNotLetIn()
	}
	now, refresh := d.now(), newRefresh()
	n := account.Session{ID: d.newID(), AccountID: a.ID, CreatedAt: now, ExpiresAt: now.Add(SessionTTL)}
	if err := d.store.StartSession(ctx, n, a.Password, account.HashToken(refresh)); err != nil {
		if fault.Is(err, fault.NotFound) { // disabled meanwhile, or given another password
			err = errNotLetIn()
		}
		return Tokens{}, err
	}
	return d.tokens(n, a, refresh)
}

// try reports whether the password is that of an account that may sign in. It
// takes as long where there is none.
func (d *Door) try(ctx context.Context, id, password string) (a account.Account, right bool, err error) {
	a, err = d.store.Account(ctx, id)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return a, false, err
	}
	known := err == nil && !a.Disabled
	if err != nil {
		a.Password = d.nobody
	}
	right, err = d.hasher.matches(ctx, a.Password, password)
	return a, right && known, err
}

// Refresh goes on with a session. The refresh token is good once; one that comes
// again ends the session for whoever holds it, unless its answer may have been
// lost, see [Store].Rotate.
func (d *Door) Refresh(ctx context.Context, refresh string) (Tokens, error) {
	now, next := d.now(), newRefresh()
	n, a, reused, err := d.store.Rotate(ctx, account.Rotation{
		Old: account.HashToken(refresh), Next: account.HashToken(next), Now: now, ExpiresAt: now.Add(SessionTTL),
	})
	switch {
	case fault.Is(err, fault.NotFound):
		return Tokens{}, errOver()
	case err != nil:
		return Tokens{}, err
	case reused:
		d.log.Warn("a refresh token came twice, its session was ended", "account", a.ID, "session", n.ID)
		d.end(now, n.ID)
		return Tokens{}, errOver()
	}
	return d.tokens(n, a, next)
}

// Logout ends the session of the refresh token. One that is of no session is no
// error: there is nothing to end.
func (d *Door) Logout(ctx context.Context, refresh string) error {
	now := d.now()
	ended, err := d.store.EndSession(ctx, account.HashToken(refresh), now)
	if err == nil && ended != "" {
		d.end(now, ended)
	}
	return err
}

// Create makes an account, for the operator by; "" is whoever has the machine. The
// password is checked by its length alone.
func (d *Door) Create(ctx context.Context, by, id string, role trip.Role, password string) (account.Account, error) {
	a := account.Account{ID: id, Role: role, CreatedAt: d.now().UTC()}
	if err := a.Validate(); err != nil {
		return account.Account{}, err
	}
	if err := account.CheckPassword("password", password); err != nil {
		return account.Account{}, err
	}
	var err error
	if a.Password, err = d.hasher.hash(ctx, password); err != nil {
		return account.Account{}, err
	}
	return a, d.store.AddAccount(ctx, a, audit.Entry{
		At: a.CreatedAt, By: by, Action: "account.create", Subject: audit.Account(id), Detail: map[string]any{"role": string(role)},
	})
}

// Disable lets an account in no more, and ends its sessions, for the operator by.
func (d *Door) Disable(ctx context.Context, by, id string) error {
	now := d.now()
	did := audit.Entry{At: now, By: by, Action: "account.disable", Subject: audit.Account(id)}
	if err := d.store.DisableAccount(ctx, id, now, did); err != nil {
		return err
	}
	d.end(d.now(), d.look(ctx)...)
	return nil
}

// Account reads an account; fault.NotFound if there is none.
func (d *Door) Account(ctx context.Context, id string) (account.Account, error) {
	return d.store.Account(ctx, id)
}

// Accounts is a page of accounts by id.
func (d *Door) Accounts(ctx context.Context, cursor string, limit int) (page []account.Account, next string, err error) {
	return d.store.Accounts(ctx, cursor, limit)
}

func (d *Door) tokens(n account.Session, a account.Account, refresh string) (Tokens, error) {
	access, err := d.issue(n.ID, a.Role, a.ID, AccessTTL)
	return Tokens{Access: access, Refresh: refresh, AccountID: a.ID, Role: a.Role}, err
}

// newRefresh is a token that nobody guesses: 130 random bits.
func newRefresh() string { return "cr_" + rand.Text() }
