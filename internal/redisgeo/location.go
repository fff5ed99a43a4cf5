package redisgeo

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// The statuses in a hash: what the driver said, and gone for one who is offline
// and remembered only so that a late position does not bring the driver back.
const (
	statusAvailable = "available"
	statusBusy      = "busy"
	statusGone      = "gone"
)

func status(l *driver.Location) string {
	switch {
	case l.Gone:
		return statusGone
	case l.Available:
		return statusAvailable
	}
	return statusBusy
}

// load reads where drivers are, in two pipelines: a location for each id, the
// zero one for a driver who is not online. In a cluster, what the nodes that
// answer tell comes beside the error of the others; so it is below.
func (s *Store) load(ctx context.Context, ids []string) ([]driver.Location, error) {
	found := make([]driver.Location, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	hashes, lost := s.hashes(ctx, ids)
	if !s.usable(lost) {
		return nil, lost
	}
	words, err := s.words(ctx, ids, hashes)
	if lost = either(lost, err); !s.usable(lost) {
		return nil, lost
	}
	for i, id := range ids {
		for _, packed := range [...]string{hashes[i].packed, words[i]} {
			if l, err := unpack(id, packed); err == nil && (found[i].DriverID == "" || supersedes(&l, &found[i])) {
				found[i] = l
			}
		}
	}
	return found, lost
}

func either(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// hash is what readers need of a driver's hash. It is empty for a driver who is
// not online.
type hash struct {
	place
	packed string // the location when it was taken
}

func (s *Store) hashes(ctx context.Context, ids []string) ([]hash, error) {
	cmds := make([]*redis.SliceCmd, len(ids))
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			cmds[i] = p.HMGet(ctx, driverKey(id), "cell", "writer", "at")
		}
		return nil
	})
	hashes := make([]hash, len(ids))
	for i, cmd := range cmds {
		values := cmd.Val()
		if len(values) != 3 {
			continue // of a node that did not answer
		}
		cell, ok := values[0].(string)
		tag, ok2 := values[1].(string)
		packed, ok3 := values[2].(string)
		if ok && ok2 && ok3 {
			hashes[i] = hash{place{geo.Cell(cell), tag}, packed}
		}
	}
	return hashes, err
}

// words are the words that the hashes point to; "" where there is none.
func (s *Store) words(ctx context.Context, ids []string, hashes []hash) ([]string, error) {
	cells := map[geo.Cell][]int{}
	for i, h := range hashes {
		if h.cell != "" {
			cells[h.cell] = append(cells[h.cell], i)
		}
	}
	words := make([]string, len(ids))
	if len(cells) == 0 {
		return words, nil
	}
	cmds := make(map[geo.Cell]*redis.SliceCmd, len(cells))
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for cell, some := range cells {
			fields := make([]string, len(some))
			for n, i := range some {
				fields[n] = field(ids[i], hashes[i].tag)
			}
			cmds[cell] = p.HMGet(ctx, atKey(cell), fields...)
		}
		return nil
	})
	for cell, some := range cells {
		for n, v := range cmds[cell].Val() {
			words[some[n]], _ = v.(string)
		}
	}
	return words, err
}
