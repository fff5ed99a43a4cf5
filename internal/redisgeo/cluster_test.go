package redisgeo_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/redisgeo"
	"github.com/cabstand/cabstand/internal/testenv"
)

// ring is a Redis Cluster with a fleet in it that drives from cell to cell.
type ring struct {
	*testing.T
	masters *testenv.Masters
	store   *redisgeo.Store
	alive   *redis.Client // of the second node, which nobody kills
	cells   []geo.Cell
	ids     []string
	round   int
	latest  map[string]driver.Location
}

func newRing(t *testing.T) *ring {
	t.Helper()
	masters, err := testenv.StartRedisCluster()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := masters.Close(); err != nil {
			t.Error(err)
		}
	})
	r := &ring{
		T: t, masters: masters, store: mustOpen(t, redisgeo.Options{URL: masters.URL, Cluster: true}),
		alive: mustClient(t, masters.Nodes[1].URL), latest: map[string]driver.Location{},
	}
	r.cells = geo.CellOf(timesSq, geo.OwnerLength).Children()
	for i := range 4 * len(r.cells) {
		r.ids = append(r.ids, fmt.Sprintf("d%03d", i))
	}
	return r
}

// drive moves everybody into the cell that is so many further than the last,
// and tells the store.
func (r *ring) drive(cells int) error {
	r.round++
	batch := make([]driver.Location, len(r.ids))
	for i, id := range r.ids {
		b := r.cells[(i+cells)%len(r.cells)].Bounds()
		middle := geo.Point{Lat: (b.South + b.North) / 2, Lon: (b.West + b.East) / 2}
		batch[i] = at(id, geo.Destination(middle, float64(r.round%360), 100), noon.Add(time.Duration(r.round)*time.Second))
		r.latest[id] = utc(batch[i : i+1])[0]
	}
	return r.store.Apply(r.Context(), batch)
}

// nodeOf is the master of a key.
func (r *ring) nodeOf(key string) *testenv.Server {
	r.Helper()
	slot, err := r.alive.ClusterKeySlot(r.Context(), key).Result()
	if err != nil {
		r.Fatal(err)
	}
	return r.masters.Nodes[int(slot)*3/16384]
}

// lost tells for every driver whether the cell's node and whether the hash's
// node is the given one.
func (r *ring) lost(node *testenv.Server) (cell, hash map[string]bool) {
	cell, hash = map[string]bool{}, map[string]bool{}
	for _, c := range r.cells {
		gone := r.nodeOf("geo:{"+string(c)+"}") == node
		for id, l := range r.latest {
			if geo.CellOf(l.Point, geo.StoreLength) == c {
				cell[id] = gone
			}
		}
	}
	for _, id := range r.ids {
		hash[id] = r.nodeOf("driver:{"+id+"}") == node
	}
	return cell, hash
}

func (r *ring) want(there func(id string) bool) (want []driver.Location) {
	for _, id := range r.ids {
		if there(id) {
			want = append(want, r.latest[id])
		}
	}
	return want
}

// seen is what is found in the cells; by distance it has to be the same.
func (r *ring) seen() ([]driver.Location, error) {
	r.Helper()
	found, err := r.store.InCells(r.Context(), r.cells)
	near, nearErr := r.store.Nearby(r.Context(), timesSq, 100_000, 9999, driver.Wanted{})
	if len(near) != len(found) || fault.Is(err, fault.Unavailable) != fault.Is(nearErr, fault.Unavailable) {
		r.Errorf("in cells %d drivers, %v; nearby %d, %v", len(found), err, len(near), nearErr)
	}
	return found, err
}

func TestStore_ClusterOutage(t *testing.T) {
	r := newRing(t)
	for _, step := range []struct {
		name string
		run  func(*testing.T, *ring)
	}{{"Spread", testSpread}, {"MasterLost", testMasterLost}, {"MasterHangs", testMasterHangs}} {
		t.Run(step.name, func(t *testing.T) {
			r.T = t
			step.run(t, r)
		})
	}
}

func testSpread(t *testing.T, r *ring) {
	for cells := range 3 { // each step takes most drivers to another master
		if err := r.drive(cells); err != nil {
			t.Fatal(err)
		}
		found, err := r.seen()
		if err != nil || !slices.Equal(found, r.want(func(string) bool { return true })) {
			t.Errorf("after %d moves %d of %d drivers, %v", cells, len(found), len(r.ids), err)
		}
	}
	for _, node := range r.masters.Nodes {
		for _, kind := range []string{"geo:*", "seen:*", "at:*", "driver:*"} {
			if found, err := mustClient(t, node.URL).Keys(t.Context(), kind).Result(); err != nil || len(found) < 5 {
				t.Errorf("a master has the keys %v of %s, %v", found, kind, err)
			}
		}
	}
}

// A master is killed, and what it had is lost. The drivers of its cells, and
// those whose hash it had, are missed, and nobody else: the others are found at
// their newest positions, which go on being written. When the master is back,
// empty, everybody is there after the next position.
func testMasterLost(t *testing.T, r *ring) {
	for range 2 {
		if err := r.drive(0); err != nil {
			t.Fatal(err)
		}
	}
	dead := r.masters.Nodes[0]
	if err := dead.Kill(); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()

	cell, hash := r.lost(dead)
	r.checkUndelivered(r.drive(0), func(id string) bool { return cell[id] })
	t.Logf("the first batch after the kill took %v", time.Since(killed))
	found, err := r.seen()
	if want := r.want(func(id string) bool { return !cell[id] && !hash[id] }); !fault.Is(err, fault.Unavailable) || !slices.Equal(found, want) {
		t.Errorf("found %d drivers, %v; want %d and that something is missing", len(found), err, len(want))
	}
	t.Logf("of %d drivers %d are found while a master is away", len(r.ids), len(found))
	if found, err := r.store.Locations(t.Context(), r.ids); !fault.Is(err, fault.Unavailable) || len(found) != r.count(func(id string) bool { return !hash[id] }) {
		t.Errorf("by id %d drivers, %v", len(found), err)
	}

	if err := r.store.Ping(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a master is away, and Ping says %v", err)
	}

	// To move takes the driver's hash as well. Nobody who goes from a cell that is
	// away to one that is there stays lost for it.
	began := time.Now()
	err = r.drive(1)
	cell, _ = r.lost(dead)
	r.checkUndelivered(err, func(id string) bool { return cell[id] || hash[id] })
	t.Logf("a batch in which everybody moves took %v", time.Since(began))
	found, _ = r.seen()
	if want := r.want(func(id string) bool { return !cell[id] && !hash[id] }); !slices.Equal(found, want) {
		t.Errorf("after a move %d drivers, want %d", len(found), len(want))
	}

	if err := dead.Start(); err != nil {
		t.Fatal(err)
	}
	r.awaitEverybody(time.Now())
}

// awaitEverybody sends positions until all drivers are found again.
func (r *ring) awaitEverybody(since time.Time) {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), time.Minute)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := r.drive(1)
		_, readErr := r.store.InCells(r.Context(), r.cells)
		if err == nil && readErr == nil {
			found, _ := r.seen()
			if !slices.Equal(found, r.want(func(string) bool { return true })) {
				r.Errorf("after the restart the next positions show %d of %d drivers", len(found), len(r.ids))
			}
			if err := r.store.Ping(ctx); err != nil {
				r.Errorf("all masters are back, and Ping says %v", err)
			}
			r.Logf("everybody is back %v after the start of the master", time.Since(since))
			return
		}
		select {
		case <-ctx.Done():
			r.Fatalf("not all are back a minute after the restart: %v, %v", err, readErr)
		case <-ticker.C:
		}
	}
}

func (r *ring) count(which func(id string) bool) int { return len(r.want(which)) }

// checkUndelivered compares what an error says was not taken over, by index.
func (r *ring) checkUndelivered(err error, which func(id string) bool) {
	r.Helper()
	var part interface{ Undelivered() []int }
	if !fault.Is(err, fault.Unavailable) || !errors.As(err, &part) {
		r.Fatalf("a part of the batch could not be taken over, the error is %v", err)
	}
	got := part.Undelivered()
	var want []int
	for i, id := range r.ids {
		if which(id) {
			want = append(want, i)
		}
	}
	if len(want) == 0 || len(want) == len(r.ids) || !slices.Equal(got, want) {
		r.Errorf("undelivered are %v, want %v", got, want)
	}
}

// A node that answers nobody any more, and refuses nobody either, is waited for
// once.
func testMasterHangs(t *testing.T, r *ring) {
	if err := r.drive(0); err != nil {
		t.Fatal(err)
	}
	mute := r.masters.Nodes[0]
	c := mustClient(t, mute.URL)
	if err := c.Do(t.Context(), "client", "pause", 600_000, "all").Err(); err != nil {
		t.Fatal(err)
	}
	cell, _ := r.lost(mute)
	r.checkUndelivered(r.drive(0), func(id string) bool { return cell[id] })
	// Whoever waited for it would not get through in the time that one wait takes.
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	const enough = 60
	began, batches := time.Now(), 0
	for ; batches < enough && ctx.Err() == nil; batches++ {
		r.checkUndelivered(r.drive(0), func(id string) bool { return cell[id] })
	}
	t.Logf("%d batches beside a node that hangs took %v", batches, time.Since(began))
	if batches < enough {
		t.Errorf("%d batches in 30 s: they wait for the node", batches)
	}
}
