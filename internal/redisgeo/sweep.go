package redisgeo

import (
	"context"
	"slices"
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
			calls[i] = call{keys: []string{geoKey(cell), seenKey(cell)}, args: []any{sweepTime(before), sweepPage}}
		}
		cmds, err := s.runAll(ctx, sweepScript, calls)
		if err != nil {
			return removed, err
		}
		var full []geo.Cell
		var ids []string
		for i, cmd := range cmds {
			swept, err := cmd.StringSlice()
			if err != nil {
				return removed, err
			}
			if len(swept) == sweepPage {
				full = append(full, cells[i])
			}
			ids = append(ids, swept...)
		}
		removed += len(ids)
		if err := s.forget(ctx, ids, before); err != nil {
			return removed, err
		}
		cells = full
	}
	return removed, nil
}

// forget deletes the hashes of drivers who were not seen elsewhere since.
func (s *Store) forget(ctx context.Context, ids []string, before time.Time) error {
	for page := range slices.Chunk(ids, 4*pageSize) {
		calls := make([]call, len(page))
		for i, id := range page {
			calls[i] = call{keys: []string{driverKey(id)}, args: []any{sweepTime(before)}}
		}
		if _, err := s.runAll(ctx, forgetScript, calls); err != nil {
			return err
		}
	}
	return nil
}

func sweepTime(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
