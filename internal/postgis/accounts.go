package postgis

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/cabstand/cabstand/internal/account"
	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

const selectAccounts = `SELECT id, role, password, disabled, created_at FROM accounts `

// AddAccount implements signin.Store.
func (s *Store) AddAccount(ctx context.Context, a account.Account, log ...audit.Entry) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		added, err := one(tx.Exec(ctx, `INSERT INTO accounts (id, role, password, disabled, created_at)
			VALUES ($1, $2, $3, FALSE, $4) ON CONFLICT DO NOTHING`, a.ID, string(a.Role), a.Password, a.CreatedAt.Truncate(trip.Precision)))
		if err == nil && !added {
			err = fault.New(fault.AlreadyExists, "the id %q is taken", a.ID)
		}
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, log)
	})
}

// Account implements signin.Store.
func (s *Store) Account(ctx context.Context, id string) (account.Account, error) {
	return theOne(collect(ctx, s, scanAccount, selectAccounts+`WHERE id = $1`, id))("no such account")
}

// Accounts implements signin.Store.
func (s *Store) Accounts(ctx context.Context, cursor string, limit int) (page []account.Account, next string, err error) {
	page, err = collect(ctx, s, scanAccount, selectAccounts+`WHERE id > $1 ORDER BY id LIMIT $2`, cursor, limit+1)
	if err != nil || len(page) <= limit {
		return page, "", err
	}
	return page[:limit], page[limit-1].ID, nil
}

// DisableAccount implements signin.Store.
func (s *Store) DisableAccount(ctx context.Context, id string, now time.Time, log ...audit.Entry) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		found, err := one(tx.Exec(ctx, `UPDATE accounts SET disabled = TRUE WHERE id = $1`, id))
		if err == nil && !found {
			err = fault.New(fault.NotFound, "no such account")
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE sessions SET revoked_at = $1 WHERE account_id = $2 AND revoked_at IS NULL`, now, id)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, log)
	})
}

// ChangePassword implements signin.Store.
func (s *Store) ChangePassword(ctx context.Context, c account.Change, log ...audit.Entry) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		found, err := one(tx.Exec(ctx, `UPDATE accounts SET password = $1
			WHERE id = $2 AND NOT disabled AND $3 IN ('', password)`, c.New, c.ID, c.Old))
		if err == nil && !found {
			err = fault.New(fault.NotFound, "no such account")
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE sessions SET revoked_at = $1 WHERE account_id = $2 AND id <> $3 AND revoked_at IS NULL`, c.Now, c.ID, c.Keep)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, log)
	})
}

// StartSession implements signin.Store.
func (s *Store) StartSession(ctx context.Context, n account.Session, password, refresh string) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		started, err := one(tx.Exec(ctx, `INSERT INTO sessions (id, account_id, created_at, expires_at)
			SELECT $1, id, CAST($2 AS timestamptz), CAST($3 AS timestamptz) FROM accounts WHERE id = $4 AND NOT disabled AND password = $5
			FOR SHARE`, n.ID, n.CreatedAt, n.ExpiresAt, n.AccountID, password))
		if err == nil && !started {
			err = fault.New(fault.NotFound, "no such account")
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO refresh_tokens (hash, session_id) VALUES ($1, $2)`, refresh, n.ID)
		return err
	})
}

// refreshed is a refresh token with its session and account.
type refreshed struct {
	session account.Session
	account account.Account
	used    bool
	revoked bool
}

const selectRefreshed = `SELECT s.id, s.account_id, s.created_at, s.expires_at, s.revoked_at IS NOT NULL, t.used_at IS NOT NULL,
	a.id, a.role, a.password, a.disabled, a.created_at
	FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN accounts a ON a.id = s.account_id WHERE t.hash = $1`

// Rotate implements signin.Store.
func (s *Store) Rotate(ctx context.Context, r account.Rotation) (n account.Session, of account.Account, reused bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		n, of, reused = account.Session{}, account.Account{}, false
		found, err := theOne(readRefreshed(ctx, tx, selectRefreshed+` FOR UPDATE OF s, t`, r.Old))("no such refresh token")
		if err != nil {
			return err
		}
		if found.revoked || found.account.Disabled || !r.Now.Before(found.session.ExpiresAt) {
			return fault.New(fault.NotFound, "the session is over")
		}
		n, of = found.session, found.account
		if found.used {
			lost, err := lostAnswer(ctx, tx, r)
			if err != nil {
				return err
			}
			if reused = !lost; reused {
				_, err = tx.Exec(ctx, `UPDATE sessions SET revoked_at = $1 WHERE id = $2`, r.Now, n.ID)
				return err
			}
		}
		n.ExpiresAt = r.ExpiresAt.UTC().Truncate(trip.Precision)
		return rotate(ctx, tx, n, r)
	})
	return n, of, reused, err
}

// lostAnswer reports whether the old token, which was used, is taken again, and
// makes the one void that was given for it.
func lostAnswer(ctx context.Context, tx pgx.Tx, r account.Rotation) (bool, error) {
	return one(tx.Exec(ctx, `UPDATE refresh_tokens SET used_at = $1 WHERE used_at IS NULL
		AND hash = (SELECT next FROM refresh_tokens WHERE hash = $2 AND used_at > $3)`, r.Now, r.Old, r.Now.Add(-account.LostAnswer)))
}

func rotate(ctx context.Context, tx pgx.Tx, n account.Session, r account.Rotation) error {
	if _, err := tx.Exec(ctx, `UPDATE refresh_tokens SET used_at = coalesce(used_at, $1), next = $2 WHERE hash = $3`, r.Now, r.Next, r.Old); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO refresh_tokens (hash, session_id) VALUES ($1, $2)`, r.Next, n.ID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE sessions SET expires_at = $1 WHERE id = $2`, n.ExpiresAt, n.ID)
	return err
}

// EndSession implements signin.Store.
func (s *Store) EndSession(ctx context.Context, hash string, now time.Time) (ended string, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		found, err := readRefreshed(ctx, tx, selectRefreshed, hash)
		if err != nil || len(found) == 0 {
			return err
		}
		ended = found[0].session.ID
		_, err = tx.Exec(ctx, `UPDATE sessions SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL`, now, ended)
		return err
	})
	return ended, err
}

// Revoked implements signin.Store.
func (s *Store) Revoked(ctx context.Context, since time.Time, limit int) ([]string, error) {
	return collect(ctx, s, scanText, `SELECT id FROM sessions WHERE revoked_at >= $1 ORDER BY revoked_at DESC, id LIMIT $2`, since, limit)
}

// keepUsed is how long a used refresh token is known again.
const keepUsed = 7 * 24 * time.Hour

// PurgeSessions implements signin.Store.
func (s *Store) PurgeSessions(ctx context.Context, before time.Time) (purged int, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		result, err := tx.Exec(ctx, `DELETE FROM sessions WHERE expires_at < $1`, before)
		if err == nil {
			purged = int(result.RowsAffected())
			_, err = tx.Exec(ctx, `DELETE FROM refresh_tokens WHERE used_at < $1`, before.Add(-keepUsed))
		}
		return err
	})
	return purged, err
}

// one reports whether a statement changed one row.
func one(tag pgconn.CommandTag, err error) (bool, error) { return tag.RowsAffected() == 1, err }

func readRefreshed(ctx context.Context, tx pgx.Tx, query, hash string) ([]refreshed, error) {
	rows, err := tx.Query(ctx, query, hash)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (f refreshed, err error) {
		n, a := &f.session, &f.account
		err = r.Scan(&n.ID, &n.AccountID, &n.CreatedAt, &n.ExpiresAt, &f.revoked, &f.used, &a.ID, &a.Role, &a.Password, &a.Disabled, &a.CreatedAt)
		n.CreatedAt, n.ExpiresAt, a.CreatedAt = n.CreatedAt.UTC(), n.ExpiresAt.UTC(), a.CreatedAt.UTC()
		return f, err
	})
}

func scanAccount(r pgx.CollectableRow) (account.Account, error) {
	var a account.Account
	err := r.Scan(&a.ID, &a.Role, &a.Password, &a.Disabled, &a.CreatedAt)
	a.CreatedAt = a.CreatedAt.UTC()
	return a, err
}

func scanText(r pgx.CollectableRow) (text string, err error) {
	err = r.Scan(&text)
	return text, err
}
