package node

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/road"
	"github.com/cabstand/cabstand/internal/trip"
)

// mustStreet is a street of two crossings that takes 1000 s by the graph.
func mustStreet(tb testing.TB) (g *road.Graph, from, to geo.Point) {
	tb.Helper()
	var b road.Builder
	from, to = geo.Point{Lat: 40.75, Lon: -73.98}, geo.Point{Lat: 40.78, Lon: -73.98}
	a, z := b.AddNode(from), b.AddNode(to)
	if err := errors.Join(b.AddEdge(a, z, 1000*time.Second, road.Kind{}), b.AddEdge(z, a, 1000*time.Second, road.Kind{})); err != nil {
		tb.Fatal(err)
	}
	return b.Graph(), from, to
}

func TestLearning(t *testing.T) {
	graph, from, to := mustStreet(t)
	file := filepath.Join(t.TempDir(), "learned.json")
	began := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	log := slog.New(slog.DiscardHandler)
	synctest.Test(t, func(t *testing.T) {
		learner := loadLearner(file, log)
		speeds := &eta.Speeds{Learner: learner, Zone: time.UTC, Now: time.Now}
		l := &learning{
			road: eta.NewRoad(graph, eta.RoadOptions{Speeds: speeds}), learner: learner, file: file, log: log, rides: make(chan trip.Trip, ridesQueued),
		}
		var tell func(trip.Event)
		stopped := false
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- l.run(ctx, func(fn func(trip.Event)) (func(), error) {
				tell = fn
				return func() { stopped = true }, nil
			})
		}()
		synctest.Wait()
		for _, state := range []trip.State{trip.Searching, trip.Riding, trip.Cancelled, trip.Completed} {
			for range 100 {
				tell(trip.Event{Trip: trip.Trip{State: state, Pickup: from, Dropoff: to, RidingAt: began, CompletedAt: began.Add(1500 * time.Second)}})
			}
			synctest.Wait()
			if factor := learner.Factor(from, 8); (factor > 1.3) != (state == trip.Completed) {
				t.Errorf("after rides that are %s the factor is %v", state, factor)
			}
		}
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("kept before its time: %v", err)
		}
		time.Sleep(saveEvery + time.Second) // of the bubble
		synctest.Wait()
		if got := loadLearner(file, log).Factor(from, 8); got != learner.Factor(from, 8) {
			t.Errorf("kept a factor of %v, want %v", got, learner.Factor(from, 8))
		}
		tell(trip.Event{Trip: trip.Trip{State: trip.Completed, Pickup: from, Dropoff: to, RidingAt: began.Add(time.Hour), CompletedAt: began.Add(3 * time.Hour)}})
		synctest.Wait()
		cancel()
		if err := <-done; err != nil || !stopped {
			t.Errorf("ended with %v, subscription stopped: %v", err, stopped)
		}
		if got := loadLearner(file, log).Factor(from, 9); got <= 1 {
			t.Errorf("at the end a factor of %v was kept of what came last", got)
		}
	})
}

func TestLearning_DamagedFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "learned.json")
	if err := os.WriteFile(file, []byte(`[{"area":"dr5ru","hour":8,"factor_mill`), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	learner := loadLearner(file, slog.New(slog.NewTextHandler(&log, nil)))
	if got := learner.Factor(geo.Point{Lat: 40.75, Lon: -73.98}, 8); got != 1 || !bytes.Contains(log.Bytes(), []byte(file)) {
		t.Errorf("factor %v, logged %q; want 1, and the file named", got, &log)
	}
}
