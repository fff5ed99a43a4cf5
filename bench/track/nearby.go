package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/testenv"
	"github.com/cabstand/cabstand/internal/trip"
)

const (
	nearest = 20  // drivers in an answer
	places  = 200 // that are asked about, in turn
)

var (
	fleets = []int{10_000, 100_000}
	radii  = []float64{1000, 3000}
)

// search is one contest: who finds the nearest drivers at the least cost.
type search struct {
	drivers int
	radius  float64
	inside  float64 // drivers within the radius, on average
	turns   map[string][]answered
}

// nearby measures answers to who is near, for each size of fleet and radius.
func (r *rig) nearby(ctx context.Context) (all []search, err error) {
	database, err := testenv.StartPostgres()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	migrate := exec.CommandContext(ctx, filepath.Join(r.config.Bin, "dispatcher"), "migrate", "--database-url", database.URL)
	if said, err := migrate.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("dispatcher migrate: %w: %s", err, said)
	}
	for _, n := range fleets {
		found, err := r.scene(ctx, database.URL, n)
		if err != nil {
			return nil, fmt.Errorf("%d drivers: %w", n, err)
		}
		all = append(all, found...)
	}
	return all, nil
}

// scene is a fleet that a dispatcher and its peers know.
type scene struct {
	*rig
	dispatcher *program
	drivers    []driver.Location
	asked      []geo.Point
	tile       *redis.Client // nil without Tile38
	tilePID    int
	token      string
}

func (r *rig) scene(ctx context.Context, database string, drivers int) (all []search, err error) {
	s := &scene{rig: r}
	if err := s.populate(ctx, drivers); err != nil {
		return nil, err
	}
	s.dispatcher, err = r.config.serve(ctx, "dispatcher", append([]string{"serve", "--listen", "127.0.0.1:0", "--redis-url", r.redisURL, "--nats-url", r.natsURL,
		"--auth-key", r.key, "--database-url", database, "--id", "bench", "--operator-pace", "1000000"}, r.config.DispatcherFlags...)...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.dispatcher.stop()) }()
	stop, err := s.heartbeat()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if err := s.warm(ctx); err != nil {
		return nil, err
	}
	if s.tile != nil {
		defer func() { err = errors.Join(err, s.tile.Close()) }()
	}
	for _, radius := range radii {
		one, err := s.contest(ctx, radius)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// populate puts the drivers where Redis says that they are: it rounds to half a
// metre, and all are to search among the same places.
func (s *scene) populate(ctx context.Context, n int) error {
	town := newCity(n, s.config.Seed)
	if err := s.redis.FlushAll(ctx).Err(); err != nil {
		return err
	}
	for i := range town.cars {
		l := driver.Location{DriverID: driverID(i), Class: driver.Standard, Seats: 4, Available: true, Session: "bench"}
		l.Point = town.cars[i].at.point()
		l.Speed, l.Heading, l.Accuracy = town.cars[i].speed, float64(headings[town.cars[i].heading].degrees), 6
		s.drivers = append(s.drivers, l)
	}
	taken := map[geo.Point]bool{}
	for part := range slices.Chunk(s.drivers, 1000) {
		if err := s.round(ctx, part, func(p geo.Point) bool { was := taken[p]; taken[p] = true; return was }, town); err != nil {
			return err
		}
	}
	random := rand.New(rand.NewPCG(s.config.Seed, 5))
	for i := range places {
		s.asked = append(s.asked, town.near(town.spots[i%hotSpots], 400).point())
	}
	random.Shuffle(places, func(i, j int) { s.asked[i], s.asked[j] = s.asked[j], s.asked[i] })
	issuer, err := auth.NewIssuer([]byte(s.key), time.Now)
	if err != nil {
		return err
	}
	if s.token, err = issuer.Issue(trip.Operator, "bench", time.Hour); err != nil {
		return err
	}
	return s.openTile38(ctx)
}

// round puts a part of the drivers where Redis says, and no two at one place:
// which of them is nearer would be anybody's choice.
func (s *scene) round(ctx context.Context, part []driver.Location, taken func(geo.Point) bool, town *city) error {
	now, left := time.Now(), make([]*driver.Location, 0, len(part))
	for i := range part {
		left = append(left, &part[i])
	}
	for len(left) > 0 {
		places, err := s.rounded(ctx, left)
		if err != nil {
			return err
		}
		var again []*driver.Location
		for i, l := range left {
			l.Point, l.FixedAt, l.SeenAt = geo.Point{Lat: places[i].Latitude, Lon: places[i].Longitude}, now, now
			if taken(l.Point) {
				l.Point = town.draw().point()
				again = append(again, l)
			}
		}
		left = again
	}
	return s.store.Apply(ctx, part)
}

// rounded gives the drivers to the peer, and returns where it has them.
func (s *scene) rounded(ctx context.Context, all []*driver.Location) ([]*redis.GeoPos, error) {
	var put []*redis.GeoLocation
	var ids []string
	for _, l := range all {
		put, ids = append(put, &redis.GeoLocation{Name: l.DriverID, Longitude: l.Lon, Latitude: l.Lat}), append(ids, l.DriverID)
	}
	if err := s.redis.GeoAdd(ctx, peerKey, put...).Err(); err != nil {
		return nil, err
	}
	return s.redis.GeoPos(ctx, peerKey, ids...).Result()
}

// heartbeat keeps the feed of every owner cell alive with one driver of it, until
// stop. The others stand, so that answering is all that is measured.
func (s *scene) heartbeat() (stop func() error, err error) {
	byCell := map[geo.Cell][]driver.Location{}
	for _, l := range s.drivers {
		cell := geo.CellOf(l.Point, geo.OwnerLength)
		byCell[cell] = append(byCell[cell], l)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ticker := time.NewTicker(500 * time.Millisecond)
		defer ticker.Stop()
		for {
			for cell, part := range byCell {
				if err := s.bus.Positions.Publish(context.WithoutCancel(ctx), cell, part[:1]); err != nil {
					ended <- err
					return
				}
			}
			select {
			case <-ctx.Done():
				ended <- nil
				return
			case <-ticker.C:
			}
		}
	}()
	return func() error { cancel(); return <-ended }, nil
}

// warm asks until the dispatcher answers as Redis does, and without Redis.
func (s *scene) warm(ctx context.Context) error {
	var why error
	for limit := time.Now().Add(time.Minute); time.Now().Before(limit); time.Sleep(200 * time.Millisecond) {
		before, err := s.redisCommands(ctx)
		if err != nil {
			return err
		}
		for _, radius := range radii {
			for _, p := range s.asked[:20] {
				if why = s.same(ctx, p, radius); why != nil {
					break
				}
			}
		}
		after, err := s.redisCommands(ctx)
		if err != nil {
			return err
		}
		// Ours to compare with are most of them; the dispatcher's own are pings.
		if own := int64(20*len(radii)) + 10; why == nil && after-before > own {
			why = fmt.Errorf("the dispatcher asks Redis: %d commands, %d are ours", after-before, own)
		}
		if why == nil {
			return s.compare(ctx)
		}
	}
	return fmt.Errorf("not answered from memory after a minute: %w", why)
}

// compare holds every answer that is timed against Redis', and Tile38's.
func (s *scene) compare(ctx context.Context) error {
	for _, radius := range radii {
		for _, p := range s.asked {
			if err := s.same(ctx, p, radius); err != nil {
				return err
			}
			if err := s.sameAsTile38(ctx, p, radius); err != nil {
				return err
			}
		}
	}
	return nil
}
