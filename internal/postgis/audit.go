package postgis

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/cabstand/cabstand/internal/audit"
)

// Record stores what operators did elsewhere than in this store.
func (s *Store) Record(ctx context.Context, entries ...audit.Entry) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error { return insertAudit(ctx, tx, entries) })
}

// insertAudit records what an operator does by the transaction.
func insertAudit(ctx context.Context, tx pgx.Tx, entries []audit.Entry) error {
	batch := &pgx.Batch{}
	queueAudit(batch, entries)
	return tx.SendBatch(ctx, batch).Close()
}

func queueAudit(b *pgx.Batch, entries []audit.Entry) {
	for _, e := range entries {
		detail, err := e.Encode()
		if err != nil { // what has no form in JSON is a mistake of ours: the entry says so
			detail = `{"lost":true}`
		}
		b.Queue(`INSERT INTO audit (at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5)`, e.At, e.By, e.Action, e.Subject, detail)
	}
}

// placed is an entry with its place in the order of entries.
type placed struct {
	audit.Entry
	seq int64
}

func scanAudit(r pgx.CollectableRow) (p placed, err error) {
	var detail []byte
	if err = r.Scan(&p.seq, &p.At, &p.By, &p.Action, &p.Subject, &detail); err == nil {
		err = p.Decode(detail)
	}
	p.At = p.At.UTC()
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
	where, args := `seq < $1`, []any{before}
	if q.Subject != "" {
		where, args = where+` AND subject = $2`, append(args, q.Subject)
	}
	args = append(args, q.Limit+1)
	found, err := collect(ctx, s, scanAudit,
		fmt.Sprintf(`SELECT seq, at, actor, action, subject, detail FROM audit WHERE %s ORDER BY seq DESC LIMIT $%d`, where, len(args)), args...)
	if len(found) > q.Limit {
		found = found[:q.Limit]
		next = audit.Cursor(found[q.Limit-1].seq)
	}
	for _, p := range found {
		page = append(page, p.Entry)
	}
	return page, next, err
}
