package redisgeo

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// takeScript writes a location into the driver's hash (KEYS[1]) unless a newer
// one is there. ARGV: seen in unix ms, status, TTL in ms, then fields and
// values. It returns the cell that the hash named before, "" for none, or
// refused.
var takeScript = redis.NewScript(`
local old = redis.call('HMGET', KEYS[1], 'seen', 'status', 'cell')
local before, now = tonumber(old[1]), tonumber(ARGV[1])
if before and (before > now or (before == now and old[2] == 'gone' and ARGV[2] ~= 'gone')) then
  return '!'
end
redis.call('HSET', KEYS[1], 'seen', ARGV[1], 'status', ARGV[2], unpack(ARGV, 4))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return old[3] or ''
`)

const refused = "!"

// sweepScript takes up to ARGV[2] members of a cell that were seen before
// ARGV[1] out of its sets (KEYS: geo, seen) and returns them.
var sweepScript = redis.NewScript(`
local ids = redis.call('ZRANGE', KEYS[2], '-inf', '(' .. ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2])
if #ids > 0 then
  redis.call('ZREM', KEYS[1], unpack(ids))
  redis.call('ZREM', KEYS[2], unpack(ids))
end
return ids
`)

// forgetScript deletes a driver's hash (KEYS[1]) that was seen before ARGV[1].
var forgetScript = redis.NewScript(`
local seen = tonumber(redis.call('HGET', KEYS[1], 'seen'))
if seen and seen < tonumber(ARGV[1]) then
  return redis.call('DEL', KEYS[1])
end
return 0
`)

// call is one run of a script.
type call struct {
	keys []string
	args []any
}

// runAll runs a script many times in one pipeline. A Redis that does not know
// the script yet (new, or restarted) learns it, and all of it runs again: the
// scripts may be repeated.
func (s *Store) runAll(ctx context.Context, script *redis.Script, calls []call) ([]*redis.Cmd, error) {
	cmds, err := s.pipeline(ctx, script, calls)
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		if err := script.Load(ctx, s.redis).Err(); err != nil {
			return nil, err
		}
		cmds, err = s.pipeline(ctx, script, calls)
	}
	return cmds, err
}

func (s *Store) pipeline(ctx context.Context, script *redis.Script, calls []call) ([]*redis.Cmd, error) {
	cmds := make([]*redis.Cmd, len(calls))
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, c := range calls {
			cmds[i] = script.EvalSha(ctx, p, c.keys, c.args...)
		}
		return nil
	})
	return cmds, err
}
