package sqlite

import (
	"context"

	"github.com/cabstand/cabstand/internal/audit"
)

// Record stores what operators did elsewhere than in this store.
func (s *Store) Record(ctx context.Context, entries ...audit.Entry) error {
	return s.write(ctx, func(ctx context.Context, tx *session) error { return insertAudit(ctx, tx, entries) })
}

// insertAudit records what an operator does by the transaction.
func insertAudit(ctx context.Context, tx *session, entries []audit.Entry) error {
	for _, e := range entries {
		detail, err := e.Encode()
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `INSERT INTO audit (at, actor, action, subject, detail) VALUES (?, ?, ?, ?, ?)`,
			micros(e.At), e.By, e.Action, e.Subject, detail); err != nil {
			return err
		}
	}
	return nil
}

// placed is an entry with its place in the order of entries.
type placed struct {
	audit.Entry
	seq int64
}

func scanAudit(r row) (p placed, err error) {
	var detail string
	if err = r.Scan(&p.seq, instant{&p.At}, &p.By, &p.Action, &p.Subject, &detail); err == nil {
		err = p.Decode([]byte(detail))
	}
	return p, err
}

// Audited is a page of what operators did, the newest first; next is "" on the
// last one.
func (s *Store) Audited(ctx context.Context, q audit.Query) (page []audit.Entry, next string, err error) {
	before, err := q.Before()
	if err != nil {
		return nil, "", err
	}
	if q.Limit < 1 {
		q.Limit = audit.DefaultPage
	}
	where, args := `seq < ?`, []any{before}
	if q.Subject != "" {
		where, args = where+` AND subject = ?`, append(args, q.Subject)
	}
	found, err := collect(ctx, s.reads, scanAudit,
		`SELECT seq, at, actor, action, subject, detail FROM audit WHERE `+where+` ORDER BY seq DESC LIMIT ?`, append(args, q.Limit+1)...)
	if len(found) > q.Limit {
		found = found[:q.Limit]
		next = audit.Cursor(found[q.Limit-1].seq)
	}
	for _, p := range found {
		page = append(page, p.Entry)
	}
	return page, next, err
}
