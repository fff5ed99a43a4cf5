package redisgeo_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/redisgeo"
	"github.com/cabstand/cabstand/internal/testenv"
)

func mustApply(tb testing.TB, s *redisgeo.Store, batch ...driver.Location) {
	tb.Helper()
	if err := s.Apply(tb.Context(), batch); err != nil {
		tb.Fatal(err)
	}
}

// dump is all that is in the database, by key.
func dump(t testing.TB, c *redis.Client) map[string]string {
	t.Helper()
	all, err := c.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, key := range all {
		if strings.HasPrefix(key, "driver:") || strings.HasPrefix(key, "at:") {
			found[key] = fmt.Sprint(c.HLen(t.Context(), key).Val())
		} else {
			found[key] = fmt.Sprint(c.ZRangeWithScores(t.Context(), key, 0, -1).Val())
		}
	}
	return found
}

// A Redis that lost everything, or a part of it, has it all again after the next
// positions, though these come from drivers who stay where they are.
func TestStore_Lost(t *testing.T) {
	for name, lose := range map[string]func(context.Context, *redis.Client) error{
		"Everything": func(ctx context.Context, c *redis.Client) error { return c.FlushDB(ctx).Err() },
		"Scripts": func(ctx context.Context, c *redis.Client) error {
			_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error { p.FlushDB(ctx); p.ScriptFlush(ctx); return nil })
			return err
		},
		"Seen": func(ctx context.Context, c *redis.Client) error { return c.Del(ctx, "seen:{dr5ru}").Err() },
		"Places": func(ctx context.Context, c *redis.Client) error {
			return c.Del(ctx, "seen:{dr5ru}", "geo:{dr5ru}").Err()
		},
		"Words": func(ctx context.Context, c *redis.Client) error { return c.Del(ctx, "at:{dr5ru}").Err() },
	} {
		t.Run(name, func(t *testing.T) {
			url := testenv.Redis(t)
			s, c := mustOpen(t, redisgeo.Options{URL: url}), mustClient(t, url)
			batch := func(second int) (all []driver.Location) {
				for i := range 5 {
					all = append(all, at(fmt.Sprintf("d%d", i), geo.Destination(timesSq, 90, float64(i)), noon.Add(time.Duration(second)*time.Second)))
				}
				return all
			}
			mustApply(t, s, batch(0)...)
			mustApply(t, s, batch(1)...)
			if err := lose(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			mustApply(t, s, batch(2)...)

			freshURL := testenv.Redis(t)
			mustApply(t, mustOpen(t, redisgeo.Options{URL: freshURL}), batch(2)...)
			if got, want := dump(t, c), dump(t, mustClient(t, freshURL)); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("afterwards there is\n%v\nwant\n%v", got, want)
			}
			if found, err := s.InCells(t.Context(), []geo.Cell{"dr5ru"}); err != nil || !slices.Equal(found, utc(batch(2))) {
				t.Errorf("found %+v, %v", found, err)
			}
		})
	}
}

func utc(batch []driver.Location) []driver.Location {
	for i := range batch {
		batch[i].SeenAt, batch[i].FixedAt = batch[i].SeenAt.UTC(), batch[i].FixedAt.UTC()
	}
	return batch
}

// A driver's hash that is gone while the rest is there comes back when its TTL
// would have been renewed.
func TestStore_LostHash(t *testing.T) {
	url := testenv.Redis(t)
	s, c := mustOpen(t, redisgeo.Options{URL: url, TTL: time.Minute}), mustClient(t, url)
	mustApply(t, s, at("d1", timesSq, noon))
	c.Del(t.Context(), "driver:{d1}")
	mustApply(t, s, at("d1", timesSq, noon.Add(29*time.Second)))
	if n := c.Exists(t.Context(), "driver:{d1}").Val(); n != 0 {
		t.Error("renewed with every position")
	}
	mustApply(t, s, at("d1", timesSq, noon.Add(30*time.Second)))
	if ttl := c.PTTL(t.Context(), "driver:{d1}").Val(); ttl < 30*time.Second {
		t.Errorf("the hash lives for %v", ttl)
	}
}

// A driver stays in a cell for longer than the TTL: what leads to the driver
// stays as well.
func TestStore_RenewsTTL(t *testing.T) {
	url := testenv.Redis(t)
	s, c := mustOpen(t, redisgeo.Options{URL: url, TTL: time.Minute}), mustClient(t, url)
	mustApply(t, s, at("d1", timesSq, noon))
	c.PExpire(t.Context(), "driver:{d1}", 5*time.Second)
	mustApply(t, s, at("d1", timesSq, noon.Add(31*time.Second)))
	if ttl := c.PTTL(t.Context(), "driver:{d1}").Val(); ttl < 30*time.Second {
		t.Errorf("the hash lives for %v", ttl)
	}
}

// A session moved to another tracker. What the old one still sends, in the same
// cell and in others, changes nothing, and leaves nothing behind.
func TestStore_SessionMoved(t *testing.T) {
	url := testenv.Redis(t)
	one, other, c := mustOpen(t, redisgeo.Options{URL: url}), mustOpen(t, redisgeo.Options{URL: url}), mustClient(t, url)
	in := func(session string, p geo.Point, second int) driver.Location {
		l := at("d1", p, noon.Add(time.Duration(second)*time.Second))
		l.Session = session
		return l
	}
	east := geo.Destination(timesSq, 90, 9000)
	mustApply(t, one, in("s1", timesSq, 1))
	mustApply(t, one, in("s1", timesSq, 2))
	newest := in("s2", geo.Destination(timesSq, 0, 30), 10)
	mustApply(t, other, newest)
	for second, p := range []geo.Point{3: timesSq, 4: timesSq, 5: east, 6: east, 7: timesSq} {
		if second < 3 {
			continue
		}
		mustApply(t, one, in("s1", p, second))
		found, err := one.Locations(t.Context(), []string{"d1"})
		if err != nil || !slices.Equal(found, utc([]driver.Location{newest})) {
			t.Errorf("after second %d: %+v, %v", second, found, err)
		}
		near, err := one.Nearby(t.Context(), newest.Point, 1, 9, driver.Wanted{})
		if err != nil || len(near) != 1 || near[0].Session != "s2" {
			t.Errorf("after second %d nearby: %+v, %v", second, near, err)
		}
		if got, want := keys(t, c), []string{"at:{dr5ru}", "driver:{d1}", "geo:{dr5ru}", "seen:{dr5ru}"}; !slices.Equal(got, want) {
			t.Errorf("after second %d: keys %q, want %q", second, got, want)
		}
		if n := c.HLen(t.Context(), "at:{dr5ru}").Val(); n != 1 {
			t.Errorf("after second %d: %d words", second, n)
		}
	}
}

// A writer that takes a driver over with a location that is newer than the
// driver's hash, but not than what the other writer has written since, gives the
// driver back.
func TestStore_TakenTooEarly(t *testing.T) {
	for name, to := range map[string]geo.Point{"SameCell": geo.Destination(timesSq, 0, 30), "OtherCell": geo.Destination(timesSq, 90, 9000)} {
		t.Run(name, func(t *testing.T) {
			url := testenv.Redis(t)
			one, other, c := mustOpen(t, redisgeo.Options{URL: url}), mustOpen(t, redisgeo.Options{URL: url}), mustClient(t, url)
			mustApply(t, one, at("d1", timesSq, noon))
			mustApply(t, one, at("d1", timesSq, noon.Add(9*time.Second)))
			want := dump(t, c)
			mustApply(t, other, at("d1", to, noon.Add(5*time.Second)))
			found, err := other.InCells(t.Context(), []geo.Cell{"dr5r", "dr72"})
			if err != nil || len(found) != 1 || found[0].Point != timesSq || !found[0].SeenAt.Equal(noon.Add(9*time.Second)) {
				t.Errorf("found %+v, %v", found, err)
			}
			if got := dump(t, c); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("there is\n%v\nwant\n%v", got, want)
			}
			mustApply(t, other, driver.Location{DriverID: "d1", SeenAt: noon.Add(6 * time.Second), Gone: true})
			if found, err := other.Locations(t.Context(), []string{"d1"}); err != nil || len(found) != 1 {
				t.Errorf("an older Gone took the driver away: %+v, %v", found, err)
			}
		})
	}
}

// Words of writers who died, and of drivers who were swept, go with a sweep.
func TestStore_SweepWords(t *testing.T) {
	url := testenv.Redis(t)
	s, c := mustOpen(t, redisgeo.Options{URL: url}), mustClient(t, url)
	mustApply(t, s, at("stale", timesSq, noon), at("fresh", timesSq, noon.Add(time.Minute)))
	for f, word := range c.HGetAll(t.Context(), "at:{dr5ru}").Val() {
		if strings.HasPrefix(f, "stale@") {
			c.HSet(t.Context(), "at:{dr5ru}", "fresh@dead", word)
		}
	}
	if n, err := s.Sweep(t.Context(), noon.Add(time.Second)); n != 1 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	if n := c.HLen(t.Context(), "at:{dr5ru}").Val(); n != 1 {
		t.Errorf("%d words are left", n)
	}
	if found, err := s.InCells(t.Context(), []geo.Cell{"dr5ru"}); err != nil || len(found) != 1 || found[0].DriverID != "fresh" {
		t.Errorf("found %v, %v", found, err)
	}
}

// Whatever two trackers write about a few drivers, in whatever order and however
// much Redis forgets meanwhile: once both have told the newest they know, the
// newest stands, each driver is in one cell, and no word is left over.
func TestStore_AnyOrder(t *testing.T) {
	url := testenv.Redis(t)
	c := mustClient(t, url)
	stores := []*redisgeo.Store{mustOpen(t, redisgeo.Options{URL: url, TTL: time.Minute}), mustOpen(t, redisgeo.Options{URL: url, TTL: time.Minute})}
	places := []geo.Point{timesSq, geo.Destination(timesSq, 0, 50), geo.Destination(timesSq, 90, 9000), geo.Destination(timesSq, 90, 9050)}
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		start := noon.Add(time.Duration(run) * time.Hour)
		c.FlushDB(t.Context())
		newest := map[string]driver.Location{}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			if rapid.IntRange(0, 19).Draw(rt, "lose") == 0 {
				c.FlushDB(t.Context())
				clear(newest)
				start = start.Add(100 * time.Second) // the phones go on
			}
			batch := make([]driver.Location, rapid.IntRange(1, 4).Draw(rt, "batch"))
			for i := range batch {
				batch[i] = at(rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "driver"), rapid.SampledFrom(places).Draw(rt, "place"),
					start.Add(time.Duration(rapid.IntRange(0, 99).Draw(rt, "seen"))*time.Second))
				batch[i].Available = rapid.IntRange(0, 4).Draw(rt, "available") > 0
				batch[i].Gone = rapid.IntRange(0, 9).Draw(rt, "gone") == 0
				if was, ok := newest[batch[i].DriverID]; !ok || batch[i].Supersedes(was) {
					newest[batch[i].DriverID] = batch[i]
				}
			}
			mustApply(t, stores[rapid.IntRange(0, 1).Draw(rt, "store")], batch...)
		}
		compare(rt, t, stores[0], newest)
	})
}

func compare(rt *rapid.T, t *testing.T, s *redisgeo.Store, newest map[string]driver.Location) {
	var want []driver.Location
	for _, id := range []string{"a", "b"} {
		if l, ok := newest[id]; ok && !l.Gone {
			want = append(want, l)
		}
	}
	for what, read := range map[string]func() ([]driver.Location, error){
		"by id":    func() ([]driver.Location, error) { return s.Locations(t.Context(), []string{"a", "b"}) },
		"in cells": func() ([]driver.Location, error) { return s.InCells(t.Context(), []geo.Cell{"dr5r", "dr72"}) },
	} {
		found, err := read()
		if err != nil || !slices.Equal(found, utc(slices.Clone(want))) {
			rt.Fatalf("%s:\n got %+v, %v\nwant %+v", what, found, err, want)
		}
	}
	near, err := s.Nearby(t.Context(), timesSq, 20_000, 9, driver.Wanted{})
	if err != nil || len(near) != len(want) {
		rt.Fatalf("nearby %+v, %v; want %+v", near, err, want)
	}
}
