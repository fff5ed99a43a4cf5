package redisgeo_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/indextest"
	"github.com/cabstand/cabstand/internal/redisgeo"
	"github.com/cabstand/cabstand/internal/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	indextest.Run(t, func(tb testing.TB) (one, other indextest.Store) {
		url := testenv.Redis(tb)
		return mustOpen(tb, redisgeo.Options{URL: url}), mustOpen(tb, redisgeo.Options{URL: url})
	})
}

func TestStore_Cluster(t *testing.T) {
	indextest.Run(t, func(tb testing.TB) (one, other indextest.Store) {
		url := testenv.RedisCluster(tb)
		return mustOpen(tb, redisgeo.Options{URL: url, Cluster: true}), mustOpen(tb, redisgeo.Options{URL: url, Cluster: true})
	})
}

func mustOpen(tb testing.TB, o redisgeo.Options) *redisgeo.Store {
	tb.Helper()
	s, err := redisgeo.Open(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func mustClient(tb testing.TB, url string) *redis.Client {
	tb.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		tb.Fatal(err)
	}
	c := redis.NewClient(o)
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	timesSq = geo.Point{Lat: 40.7580, Lon: -73.9855}
)

func at(id string, p geo.Point, seen time.Time) driver.Location {
	return driver.Location{
		DriverID: id, Position: driver.Position{Point: p, FixedAt: seen}, Class: driver.Standard, Seats: 4, Session: "s", SeenAt: seen,
	}
}

func keys(t *testing.T, c *redis.Client) []string {
	t.Helper()
	keys, err := c.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(keys)
	return keys
}

// Other programs may read the keys: their names and types are public.
func TestStore_Layout(t *testing.T) {
	url := testenv.Redis(t)
	s, c := mustOpen(t, redisgeo.Options{URL: url, TTL: time.Minute}), mustClient(t, url)
	ctx := t.Context()
	apply := func(l driver.Location) {
		t.Helper()
		if err := s.Apply(ctx, []driver.Location{l}); err != nil {
			t.Fatal(err)
		}
	}
	apply(at("d1", timesSq, noon))
	if got, want := keys(t, c), []string{"at:{dr5ru}", "driver:{d1}", "geo:{dr5ru}", "seen:{dr5ru}"}; !slices.Equal(got, want) {
		t.Errorf("keys %q, want %q", got, want)
	}
	if score := c.ZScore(ctx, "seen:{dr5ru}", "d1").Val(); int64(score) != noon.UnixMilli() {
		t.Errorf("seen at %v", score)
	}
	if pos := c.GeoPos(ctx, "geo:{dr5ru}", "d1").Val(); len(pos) != 1 || pos[0] == nil || geo.Distance(timesSq, geo.Point{Lat: pos[0].Latitude, Lon: pos[0].Longitude}) > 1 {
		t.Errorf("in the GEO set at %v", pos)
	}
	if ttl := c.PTTL(ctx, "driver:{d1}").Val(); ttl <= 50*time.Second || ttl > time.Minute {
		t.Errorf("the hash lives for %v", ttl)
	}

	apply(at("d1", geo.Point{Lat: 37.7955, Lon: -122.3937}, noon.Add(time.Second)))
	if got, want := keys(t, c), []string{"at:{9q8zn}", "driver:{d1}", "geo:{9q8zn}", "seen:{9q8zn}"}; !slices.Equal(got, want) {
		t.Errorf("after a move: keys %q, want %q", got, want)
	}
	apply(driver.Location{DriverID: "d1", SeenAt: noon.Add(time.Minute), Gone: true})
	if got, want := keys(t, c), []string{"driver:{d1}"}; !slices.Equal(got, want) {
		t.Errorf("after going offline: keys %q, want %q until the TTL ends", got, want)
	}
}

// A process that dies between the steps of Apply leaves drivers in cells that
// they left. Readers are not misled by them, and a sweep takes them away.
func TestStore_LeftBehind(t *testing.T) {
	url := testenv.Redis(t)
	s, c := mustOpen(t, redisgeo.Options{URL: url}), mustClient(t, url)
	ctx := t.Context()
	old := geo.Destination(timesSq, 90, 6000)
	oldCell := geo.CellOf(old, geo.StoreLength)
	c.GeoAdd(ctx, "geo:{"+string(oldCell)+"}", &redis.GeoLocation{Name: "d1", Latitude: old.Lat, Longitude: old.Lon})
	c.ZAdd(ctx, "seen:{"+string(oldCell)+"}", redis.Z{Score: float64(noon.Add(-time.Minute).UnixMilli()), Member: "d1"})
	if err := s.Apply(ctx, []driver.Location{at("d1", timesSq, noon)}); err != nil {
		t.Fatal(err)
	}

	near, err := s.Nearby(ctx, old, 20_000, 9, driver.Wanted{})
	if err != nil || len(near) != 1 || near[0].Point != timesSq {
		t.Errorf("nearby: %v, %v", near, err)
	}
	if got, err := s.InCells(ctx, []geo.Cell{oldCell}); err != nil || len(got) != 0 {
		t.Errorf("in the old cell: %v, %v", got, err)
	}
	if _, err := s.Sweep(ctx, noon); err != nil {
		t.Fatal(err)
	}
	if got, want := keys(t, c), []string{"at:{dr5ru}", "driver:{d1}", "geo:{dr5ru}", "seen:{dr5ru}"}; !slices.Equal(got, want) {
		t.Errorf("after a sweep: keys %q, want %q", got, want)
	}
}

// A hash that is gone (its TTL ended) or spoilt is no driver, and no error.
func TestStore_SpoiltHash(t *testing.T) {
	url := testenv.Redis(t)
	s, c := mustOpen(t, redisgeo.Options{URL: url}), mustClient(t, url)
	ctx := t.Context()
	if err := s.Apply(ctx, []driver.Location{at("gone", timesSq, noon), at("spoilt", timesSq, noon), at("whole", timesSq, noon)}); err != nil {
		t.Fatal(err)
	}
	c.Del(ctx, "driver:{gone}")
	c.HSet(ctx, "driver:{spoilt}", "at", "north")
	for f := range c.HGetAll(ctx, "at:{dr5ru}").Val() {
		if strings.HasPrefix(f, "spoilt@") {
			c.HSet(ctx, "at:{dr5ru}", f, "north")
		}
	}
	for range 2 {
		near, err := s.Nearby(ctx, timesSq, 100, 9, driver.Wanted{})
		if err != nil || len(near) != 1 || near[0].DriverID != "whole" {
			t.Errorf("nearby: %v, %v", near, err)
		}
	}
}

// While Redis is away every call fails soon and says so; when it is back, even
// without its data and scripts, the store works.
func TestStore_RedisAway(t *testing.T) {
	server, err := testenv.StartRedis()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	s, ctx := mustOpen(t, redisgeo.Options{URL: server.URL}), t.Context()
	batch := []driver.Location{at("d1", timesSq, noon)}
	if err := s.Apply(ctx, batch); err != nil {
		t.Fatal(err)
	}
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func(context.Context) error{
		"Ping":      s.Ping,
		"Apply":     func(ctx context.Context) error { return s.Apply(ctx, batch) },
		"Nearby":    func(ctx context.Context) error { _, err := s.Nearby(ctx, timesSq, 10, 1, driver.Wanted{}); return err },
		"InCells":   func(ctx context.Context) error { _, err := s.InCells(ctx, []geo.Cell{"dr5r"}); return err },
		"Locations": func(ctx context.Context) error { _, err := s.Locations(ctx, []string{"d1"}); return err },
		"Sweep":     func(ctx context.Context) error { _, err := s.Sweep(ctx, noon); return err },
	} {
		if err := call(ctx); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	mustClient(t, server.URL).ScriptFlush(ctx)
	if err := s.Apply(ctx, batch); err != nil {
		t.Errorf("after the restart: %v", err)
	}
	if found, err := s.Locations(ctx, []string{"d1"}); err != nil || len(found) != 1 {
		t.Errorf("after the restart: %v, %v", found, err)
	}
}

func TestOpen_Err(t *testing.T) {
	for _, url := range []string{"", "localhost:6379", "http://localhost"} {
		for _, cluster := range []bool{false, true} {
			if _, err := redisgeo.Open(redisgeo.Options{URL: url, Cluster: cluster}); !fault.Is(err, fault.Invalid) {
				t.Errorf("Open(%q, cluster %v): %v", url, cluster, err)
			}
		}
	}
}

func TestStore_Nearby_TooLarge(t *testing.T) {
	s := mustOpen(t, redisgeo.Options{URL: testenv.Redis(t)})
	if _, err := s.Nearby(t.Context(), timesSq, 1e7, 1, driver.Wanted{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
}
