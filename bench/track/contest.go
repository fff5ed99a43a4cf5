package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/cabstand/cabstand/geo"
)

// The contenders.
const (
	byDispatcher = "dispatcher, over HTTP"
	byRedis      = "Redis GEOSEARCH"
	byTile38     = "Tile38 NEARBY"
)

// contest lets the contenders take turns.
func (s *scene) contest(ctx context.Context, radius float64) (search, error) {
	contenders := []asked{s.asksDispatcher(radius), s.asksRedis(radius)}
	if s.tile != nil {
		contenders = append(contenders, s.asksTile38(radius))
	}
	result := search{drivers: len(s.drivers), radius: radius, inside: s.inside(radius), turns: map[string][]answered{}}
	for i := range s.config.Rounds {
		for j := range contenders {
			c := contenders[(i+j)%len(contenders)]
			t, err := s.turn(ctx, c)
			if err != nil {
				return search{}, err
			}
			say("%d drivers, %.0f m, %s: %.0f/s, %.0f per core", result.drivers, radius, c.name, t.perSecond(), t.perCore())
			result.turns[c.name] = append(result.turns[c.name], t)
		}
	}
	return result, nil
}

// turn is one contender's. A dispatcher that does not know all drivers of the
// cells asks Redis: such answers are not what is measured.
func (s *scene) turn(ctx context.Context, c asked) (answered, error) {
	before, err := s.redisCommands(ctx)
	if err != nil {
		return answered{}, err
	}
	t, err := c.run(ctx, s.config.Lasts)
	if err != nil {
		return answered{}, err
	}
	after, err := s.redisCommands(ctx)
	if n := after - before; c.name == byDispatcher && n > int64(10+t.n/20) {
		say("of %d answers some were not from memory: Redis worked on %d commands", t.n, n)
	}
	return t, err
}

// inside is how many drivers are within the radius, on average.
func (s *scene) inside(radius float64) float64 {
	n := 0
	for _, p := range s.asked[:20] {
		for _, l := range s.drivers {
			if geo.Distance(p, l.Point) <= radius {
				n++
			}
		}
	}
	return float64(n) / 20
}

func (s *scene) asksDispatcher(radius float64) asked {
	a := asked{name: byDispatcher, pid: s.dispatcher.pid(), address: s.dispatcher.address.String(), connections: 4, depth: 1, skip: skipAnswer}
	for _, p := range s.asked {
		a.questions = append(a.questions, s.request(p, radius))
	}
	return a
}

func (s *scene) request(p geo.Point, radius float64) []byte {
	return fmt.Appendf(nil, "GET /v1/drivers/nearby?lat=%v&lon=%v&radius_m=%v&limit=%d HTTP/1.1\r\nHost: %v\r\nAuthorization: Bearer %s\r\n\r\n",
		p.Lat, p.Lon, radius, nearest, s.dispatcher.address, s.token)
}

func (s *scene) asksRedis(radius float64) asked {
	a := asked{name: byRedis, pid: s.pids[partRedis], address: s.redis.Options().Addr, connections: 2, depth: 16, skip: skipReply}
	for _, p := range s.asked {
		a.questions = append(a.questions, appendCommand(nil, "GEOSEARCH", peerKey, "FROMLONLAT", exact(p.Lon), exact(p.Lat),
			"BYRADIUS", exact(radius), "m", "ASC", "COUNT", strconv.Itoa(nearest), "WITHCOORD", "WITHDIST"))
	}
	return a
}

func (s *scene) asksTile38(radius float64) asked {
	a := asked{name: byTile38, pid: s.tilePID, address: s.tile.Options().Addr, connections: 4, depth: 8, skip: skipReply}
	for _, p := range s.asked {
		var words []string
		for _, w := range tileQuestion(p, radius) {
			words = append(words, fmt.Sprint(w))
		}
		a.questions = append(a.questions, appendCommand(nil, words...))
	}
	return a
}

func tileQuestion(p geo.Point, radius float64) []any {
	return []any{"NEARBY", peerKey, "LIMIT", nearest, "DISTANCE", "POINTS", "POINT", exact(p.Lat), exact(p.Lon), exact(radius)}
}

func exact(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// same reports how the dispatcher's answer differs from Redis'.
func (s *scene) same(ctx context.Context, p geo.Point, radius float64) error {
	want, err := s.redisNearest(ctx, p, radius)
	if err != nil {
		return err
	}
	got, err := s.dispatcherNearest(p, radius)
	if err != nil {
		return err
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("within %.0f m of %v the dispatcher finds %v, Redis %v", radius, p, got, want)
	}
	return nil
}

func (s *scene) redisNearest(ctx context.Context, p geo.Point, radius float64) ([]string, error) {
	return s.redis.GeoSearch(ctx, peerKey, &redis.GeoSearchQuery{
		Longitude: p.Lon, Latitude: p.Lat, Radius: radius, RadiusUnit: "m", Sort: "ASC", Count: nearest,
	}).Result()
}

func (s *scene) dispatcherNearest(p geo.Point, radius float64) (ids []string, err error) {
	conn, err := net.Dial("tcp", s.dispatcher.address.String())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := conn.Write(s.request(p, radius)); err != nil {
		return nil, err
	}
	var body bytes.Buffer
	if err := copyAnswer(bufio.NewReader(conn), &body); err != nil {
		return nil, err
	}
	var answer struct {
		Drivers []struct{ ID string }
		Partial bool
	}
	if err := json.Unmarshal(body.Bytes(), &answer); err != nil {
		return nil, err
	}
	if answer.Partial {
		return nil, fmt.Errorf("the answer is partial")
	}
	for _, d := range answer.Drivers {
		ids = append(ids, d.ID)
	}
	return ids, nil
}

// redisCommands is how many commands Redis has worked on.
func (s *scene) redisCommands(ctx context.Context) (int64, error) {
	info, err := s.redis.InfoMap(ctx, "stats").Result()
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(info["Stats"]["total_commands_processed"], 10, 64)
}

// openTile38 fills the server that TILE38_ADDR names, host:port, if it does. It
// has to be empty, or this bench's own.
func (s *scene) openTile38(ctx context.Context) error {
	address := os.Getenv("TILE38_ADDR")
	if address == "" {
		return nil
	}
	s.tile = redis.NewClient(&redis.Options{Addr: address, Protocol: 2, DisableIdentity: true})
	if err := s.tile.Do(ctx, "DROP", peerKey).Err(); err != nil {
		return fmt.Errorf("TILE38_ADDR %s: %w", address, err)
	}
	for part := range slices.Chunk(s.drivers, 1000) {
		pipe := s.tile.Pipeline()
		for _, l := range part {
			pipe.Do(ctx, "SET", peerKey, l.DriverID, "POINT", exact(l.Lat), exact(l.Lon))
		}
		if _, err := pipe.Exec(ctx); err != nil {
			return fmt.Errorf("TILE38_ADDR %s: %w", address, err)
		}
	}
	facts, err := s.tile.Do(ctx, "SERVER").StringSlice()
	if at := slices.Index(facts, "pid"); err == nil && at >= 0 && strings.HasPrefix(address, "127.0.0.1:") {
		s.tilePID, err = number(facts[at+1])
	}
	return err
}

// sameAsTile38 reports how Tile38's answer differs from Redis'.
func (s *scene) sameAsTile38(ctx context.Context, p geo.Point, radius float64) error {
	if s.tile == nil {
		return nil
	}
	want, err := s.redisNearest(ctx, p, radius)
	if err != nil {
		return err
	}
	answer, err := s.tile.Do(ctx, tileQuestion(p, radius)...).Slice()
	if err != nil {
		return err
	}
	var got []string
	for _, found := range answer[1].([]any) {
		got = append(got, found.([]any)[0].(string))
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("within %.0f m of %v Tile38 finds %v, Redis %v", radius, p, got, want)
	}
	return nil
}
