package redisgeo

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// takeScript makes a location the driver's (KEYS[1]: the hash) unless a newer
// one is there. ARGV: seen in unix ms, status, TTL in ms, cell, writer, class,
// seats, session, packed location, and "again" for a location that was taken
// before and has to be newer to be taken again. It returns whether it was taken,
// and cell, writer and seen that the hash named before.
var takeScript = redis.NewScript(`
local old = redis.call('HMGET', KEYS[1], 'seen', 'status', 'cell', 'writer')
local before, now = tonumber(old[1]), tonumber(ARGV[1])
local taken = not before or before < now
if before == now then
  taken = ARGV[10] ~= 'again' and (old[2] ~= 'gone' or ARGV[2] == 'gone')
end
if taken then
  if ARGV[2] == 'gone' then
    redis.call('HSET', KEYS[1], 'seen', ARGV[1], 'status', ARGV[2])
    redis.call('HDEL', KEYS[1], 'cell', 'writer', 'at')
  else
    redis.call('HSET', KEYS[1], 'seen', ARGV[1], 'status', ARGV[2], 'cell', ARGV[4], 'writer', ARGV[5],
      'class', ARGV[6], 'seats', ARGV[7], 'session', ARGV[8], 'at', ARGV[9])
  end
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return {taken and '1' or '0', old[3] or '', old[4] or '', old[1] or '0'}
`)

// enterScript puts a driver into a cell (KEYS: geo, seen, at). ARGV: driver,
// seen, score, field, packed location. Sets that tell of a newer one stay.
var enterScript = redis.NewScript(`
redis.call('HSET', KEYS[3], ARGV[4], ARGV[5])
local seen = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or '-inf')
if seen <= tonumber(ARGV[2]) then
  redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
  redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
end
return ''
`)

// leaveScript takes a writer's word on a driver out of a cell (KEYS: geo, seen,
// at). ARGV: driver, field of the word, seen of the one that stands, and the
// field of that if it is in the same cell, else "". If the word is newer than
// what stands, it stays and is returned. In a cell where the driver still is the
// GEO set then follows the word that stands.
var leaveScript = redis.NewScript(`
local word = redis.call('HGET', KEYS[3], ARGV[2])
if word then
  if struct.unpack('>I6', word, 8) > tonumber(ARGV[3]) then
    return word
  end
  redis.call('HDEL', KEYS[3], ARGV[2])
end
if ARGV[4] ~= '' then
  local stands = redis.call('HGET', KEYS[3], ARGV[4])
  if stands then
    redis.call('ZADD', KEYS[1], 'XX', string.format('%.0f', struct.unpack('>I7', stands)), ARGV[1])
  end
elseif tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or '-inf') <= tonumber(ARGV[3]) then
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
end
return ''
`)

// sweepScript takes up to ARGV[2] members of a cell that were seen before
// ARGV[1] out of its sets (KEYS: geo, seen, at). It returns them, and before
// them how many more words than drivers the cell has then.
var sweepScript = redis.NewScript(`
local ids = redis.call('ZRANGE', KEYS[2], '-inf', '(' .. ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2])
if #ids > 0 then
  redis.call('ZREM', KEYS[1], unpack(ids))
  redis.call('ZREM', KEYS[2], unpack(ids))
end
table.insert(ids, 1, tostring(redis.call('HLEN', KEYS[3]) - redis.call('ZCARD', KEYS[2])))
return ids
`)

// forgetScript deletes a driver's hash (KEYS[1]) that was seen before ARGV[1]
// and names the cell ARGV[2], out of which the driver was swept.
var forgetScript = redis.NewScript(`
local old = redis.call('HMGET', KEYS[1], 'seen', 'cell')
local seen = tonumber(old[1])
if seen and seen < tonumber(ARGV[1]) and (not old[2] or old[2] == ARGV[2]) then
  return redis.call('DEL', KEYS[1])
end
return 0
`)

// call is one run of a script.
type call struct {
	script *redis.Script
	keys   []string
	args   []any
}

// runAll runs scripts in one pipeline. A Redis that does not know one yet (new,
// or restarted) learns it, and what it refused runs again. Each command has its
// error.
func (s *Store) runAll(ctx context.Context, calls []call) []*redis.Cmd {
	if len(calls) == 0 {
		return nil
	}
	return s.runBeside(ctx, calls, func(redis.Pipeliner) {})
}

// runBeside is runAll with other commands, first in the same pipeline.
func (s *Store) runBeside(ctx context.Context, calls []call, others func(redis.Pipeliner)) []*redis.Cmd {
	cmds := make([]*redis.Cmd, len(calls))
	all := make([]int, len(calls))
	for i := range all {
		all[i] = i
	}
	s.run(ctx, calls, cmds, all, others)
	unknown := all[:0]
	for i, cmd := range cmds {
		if redis.HasErrorPrefix(cmd.Err(), "NOSCRIPT") {
			unknown = append(unknown, i)
		}
	}
	if len(unknown) > 0 {
		for _, script := range []*redis.Script{takeScript, enterScript, leaveScript, sweepScript, forgetScript} {
			_ = script.Load(ctx, s.redis).Err() // who did not learn it says so again
		}
		s.run(ctx, calls, cmds, unknown, func(redis.Pipeliner) {})
	}
	return cmds
}

// run runs the others, and some of the calls.
func (s *Store) run(ctx context.Context, calls []call, cmds []*redis.Cmd, some []int, others func(redis.Pipeliner)) {
	_, _ = s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		others(p)
		for _, i := range some {
			cmds[i] = calls[i].script.EvalSha(ctx, p, calls[i].keys, calls[i].args...)
		}
		return nil
	})
}
