package sqlite

import (
	"context"
	"encoding/json"
	"time"

	"github.com/cabstand/cabstand/internal/figures"
)

// SaveMinutes puts each row in the place of the one with the same time,
// dispatcher and run.
func (s *Store) SaveMinutes(ctx context.Context, rows []figures.Row) error {
	return s.write(ctx, func(ctx context.Context, tx *session) error {
		for _, r := range rows {
			data, err := json.Marshal(r.Minute)
			if err != nil {
				return err
			}
			if _, err := tx.exec(ctx, `INSERT INTO minutes (at, dispatcher, run, figures) VALUES (?, ?, ?, ?)
				ON CONFLICT (at, dispatcher, run) DO UPDATE SET figures = excluded.figures`,
				r.At.Unix(), r.Dispatcher, r.Run, string(data)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Minutes is the rows that began at from or later, and before to, in the order
// of time, dispatcher and run.
func (s *Store) Minutes(ctx context.Context, from, to time.Time) ([]figures.Row, error) {
	return collect(ctx, s.reads, scanMinute, `SELECT at, dispatcher, run, figures FROM minutes
		WHERE at >= ? AND at < ? ORDER BY at, dispatcher, run`, from.Unix(), to.Unix())
}

func scanMinute(r row) (f figures.Row, err error) {
	var at int64
	var data string
	if err = r.Scan(&at, &f.Dispatcher, &f.Run, &data); err == nil {
		f.At = time.Unix(at, 0).UTC()
		err = json.Unmarshal([]byte(data), &f.Minute)
	}
	return f, err
}

// PurgeMinutes forgets those that began before the given time.
func (s *Store) PurgeMinutes(ctx context.Context, before time.Time) (purged int, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *session) error {
		result, err := tx.exec(ctx, `DELETE FROM minutes WHERE at < ?`, before.Unix())
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		purged = int(n)
		return err
	})
	return purged, err
}
