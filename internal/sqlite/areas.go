package sqlite

import (
	"context"
	"encoding/json"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

const selectAreas = `SELECT id, name, color, area, policy, set_by, set_at FROM zones ORDER BY id`

// Areas is all areas, by id.
func (s *Store) Areas(ctx context.Context) ([]wire.Area, error) {
	return collect(ctx, s.reads, scanArea, selectAreas)
}

// AreasRevision counts the changes of areas.
func (s *Store) AreasRevision(ctx context.Context) (int64, error) {
	return theOne(collect(ctx, s.reads, func(r row) (n int64, err error) { return n, r.Scan(&n) }, `SELECT n FROM zones_revision`))("no revision")
}

// SetArea puts an area in the place of the one with its id. check is told of all
// the others, and refuses by an error, which is returned as it is. No other area
// is changed meanwhile.
func (s *Store) SetArea(ctx context.Context, a wire.Area, check func(others []wire.Area) error, log ...audit.Entry) error {
	policy, err := encodePolicy(a.Policy)
	if err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context, tx *session) error {
		if _, err := tx.exec(ctx, `UPDATE zones_revision SET n = n + 1`); err != nil {
			return err
		}
		others, err := collect(ctx, tx, scanArea, selectAreas)
		if err != nil {
			return err
		}
		if err := check(wire.OtherAreas(others, a.ID)); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `INSERT INTO zones (id, name, color, area, policy, set_by, set_at) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, color = excluded.color, area = excluded.area,
				policy = excluded.policy, set_by = excluded.set_by, set_at = excluded.set_at`,
			a.ID, a.Name, a.Color, string(a.Shape), policy, a.SetBy, micros(a.SetAt.Truncate(trip.Precision))); err != nil {
			return err
		}
		return insertAudit(ctx, tx, log)
	})
}

// DeleteArea forgets an area; fault.NotFound if there is none.
func (s *Store) DeleteArea(ctx context.Context, id string, log ...audit.Entry) error {
	return s.write(ctx, func(ctx context.Context, tx *session) error {
		if _, err := tx.exec(ctx, `UPDATE zones_revision SET n = n + 1`); err != nil {
			return err
		}
		deleted, err := affected(tx.exec(ctx, `DELETE FROM zones WHERE id = ?`, id))
		if err == nil && !deleted {
			err = fault.New(fault.NotFound, "no such area")
		}
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, log)
	})
}

// encodePolicy is the policy as a JSON object, nil for none.
func encodePolicy(p *wire.Policy) (*string, error) {
	if p == nil {
		return nil, nil
	}
	data, err := json.Marshal(p)
	text := string(data)
	return &text, err
}

func scanArea(r row) (a wire.Area, err error) {
	var shape string
	var policy *string
	if err = r.Scan(&a.ID, &a.Name, &a.Color, &shape, &policy, &a.SetBy, instant{&a.SetAt}); err != nil {
		return a, err
	}
	a.Shape = json.RawMessage(shape)
	if policy != nil {
		err = json.Unmarshal([]byte(*policy), &a.Policy)
	}
	return a, err
}
