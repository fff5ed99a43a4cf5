package redisgeo

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cabstand/cabstand/geo"
)

const (
	scanPage  = 500 // keys that one step of the scan looks at
	sweepPage = 500 // members that are taken from a cell at once
)

// Sweep forgets every driver who was last seen before the given time, and
// returns how many were taken out of cells. It goes through the keys step by
// step, beside whatever else is written; any number of sweeps may run at once.
func (s *Store) Sweep(ctx context.Context, before time.Time) (removed int, err error) {
	cluster, ok := s.redis.(*redis.ClusterClient)
	if !ok {
		removed, err = s.sweepNode(ctx, s.redis, before)
		return removed, unavailable(err)
	}
	var mu sync.Mutex
	err = cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
		n, err := s.sweepNode(ctx, node, before)
		mu.Lock()
		defer mu.Unlock()
		removed += n
		return err
	})
	return removed, unavailable(err)
}

// sweepNode sweeps the cells whose keys one node has.
func (s *Store) sweepNode(ctx context.Context, node redis.Cmdable, before time.Time) (removed int, err error) {
	var cursor uint64
	for {
		keys, next, err := node.ScanType(ctx, cursor, "seen:{*}", scanPage, "zset").Result()
		if err != nil {
			return removed, err
		}
		n, err := s.sweepCells(ctx, cellsOf(keys), before)
		removed += n
		if err != nil || next == 0 {
			return removed, err
		}
		cursor = next
	}
}

func cellsOf(keys []string) []geo.Cell {
	cells := make([]geo.Cell, 0, len(keys))
	for _, key := range keys {
		name := strings.TrimSuffix(strings.TrimPrefix(key, "seen:{"), "}")
		if cell, err := geo.ParseCell(name); err == nil {
			cells = append(cells, cell)
		}
	}
	return cells
}

// sweepCells sweeps cells until none has more to give.
func (s *Store) sweepCells(ctx context.Context, cells []geo.Cell, before time.Time) (removed int, err error) {
	for len(cells) > 0 {
		calls := make([]call, len(cells))
		for i, cell := range cells {
			calls[i] = call{sweepScript, keysOf(cell), []any{sweepTime(before), sweepPage}}
		}
		var full []geo.Cell
		for i, cmd := range s.runAll(ctx, calls) {
			swept, err := cmd.StringSlice()
			if err != nil {
				return removed, err
			}
			surplus, ids := swept[0], swept[1:]
			if len(ids) == sweepPage {
				full = append(full, cells[i])
			} else if err := s.sweepWords(ctx, cells[i], surplus, before); err != nil {
				return removed, err
			}
			removed += len(ids)
			if err := s.forget(ctx, cells[i], ids, before); !s.usable(err) {
				return removed, err
			}
		}
		cells = full
	}
	return removed, nil
}

// sweepWords deletes old words from a cell that has more of them than drivers:
// those of the drivers who were swept, and of writers who died.
func (s *Store) sweepWords(ctx context.Context, cell geo.Cell, surplus string, before time.Time) error {
	if n, err := strconv.Atoi(surplus); err != nil || n <= 0 {
		return err
	}
	var cursor uint64
	for {
		page, next, err := s.redis.HScan(ctx, atKey(cell), cursor, "", scanPage).Result()
		if err != nil {
			return err
		}
		var old []string
		for i := 0; i+1 < len(page); i += 2 {
			if l, err := unpack("", page[i+1]); err != nil || l.SeenAt.Before(before) {
				old = append(old, page[i])
			}
		}
		if len(old) > 0 {
			if err := s.redis.HDel(ctx, atKey(cell), old...).Err(); err != nil {
				return err
			}
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

// forget deletes the hashes of drivers who were swept from the cell and not seen
// elsewhere since. In a cluster it may fail: hashes have a TTL.
func (s *Store) forget(ctx context.Context, cell geo.Cell, ids []string, before time.Time) error {
	calls := make([]call, len(ids))
	for i, id := range ids {
		calls[i] = call{forgetScript, []string{driverKey(id)}, []any{sweepTime(before), string(cell)}}
	}
	for _, cmd := range s.runAll(ctx, calls) {
		if err := cmd.Err(); err != nil {
			return err
		}
	}
	return nil
}

func sweepTime(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
