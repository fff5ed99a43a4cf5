package postgis

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/cabstand/cabstand/internal/figures"
)

// SaveMinutes puts each row in the place of the one with the same time,
// dispatcher and run.
func (s *Store) SaveMinutes(ctx context.Context, rows []figures.Row) error {
	batch := &pgx.Batch{}
	for _, r := range rows {
		data, err := json.Marshal(r.Minute)
		if err != nil {
			return err
		}
		batch.Queue(`INSERT INTO minutes (at, dispatcher, run, figures) VALUES ($1, $2, $3, $4)
			ON CONFLICT (at, dispatcher, run) DO UPDATE SET figures = excluded.figures`,
			r.At.Unix(), r.Dispatcher, r.Run, string(data))
	}
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() })
}

// Minutes is the rows that began at from or later, and before to, in the order
// of time, dispatcher and run.
func (s *Store) Minutes(ctx context.Context, from, to time.Time) ([]figures.Row, error) {
	return collect(ctx, s, scanMinute, `SELECT at, dispatcher, run, figures FROM minutes
		WHERE at >= $1 AND at < $2 ORDER BY at, dispatcher, run`, from.Unix(), to.Unix())
}

func scanMinute(r pgx.CollectableRow) (f figures.Row, err error) {
	var at int64
	var data []byte
	if err = r.Scan(&at, &f.Dispatcher, &f.Run, &data); err == nil {
		f.At = time.Unix(at, 0).UTC()
		err = json.Unmarshal(data, &f.Minute)
	}
	return f, err
}

// PurgeMinutes forgets those that began before the given time.
func (s *Store) PurgeMinutes(ctx context.Context, before time.Time) (purged int, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM minutes WHERE at < $1`, before.Unix())
		purged = int(tag.RowsAffected())
		return err
	})
	return purged, err
}
