package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// riders is how many ask at the same time for as long as the trips' turn lasts:
// fewer than are refused.
const riders = 96

// trips measures how many trips become durable in a second: asked for over HTTP,
// and by the same SQL in the same batches by itself. They take turns.
func (r *rig) trips(ctx context.Context, out io.Writer) error {
	if err := r.serve(ctx, "dispatcher"); err != nil {
		return err
	}
	var engine, peer, ratios []float64
	var costs strings.Builder
	fmt.Fprintf(out, "| durable trips a second | the engine | trips in a transaction | the same SQL by itself | ratio |\n|---|---|---|---|---|\n")
	for round := range r.config.Rounds {
		before, began := usageNow(), time.Now()
		rate, err := r.engineTurn(ctx)
		if err != nil {
			return err
		}
		usageNow().since(before).each(&costs, "a trip, the engine", rate*time.Since(began).Seconds())
		batch, err := r.count(ctx, `SELECT count(*)::float8 / greatest(count(DISTINCT xmin::text), 1) FROM trips`)
		if err != nil {
			return err
		}
		if err := r.empty(ctx); err != nil {
			return err
		}
		before, began = usageNow(), time.Now()
		bare, err := r.peerTurn(ctx, max(1, int(batch+0.5)))
		if err != nil {
			return err
		}
		usageNow().since(before).each(&costs, "a trip, the same SQL", bare*time.Since(began).Seconds())
		if err := r.empty(ctx); err != nil {
			return err
		}
		fmt.Fprintf(out, "| round %d | %.0f | %.1f | %.0f | %.2f |\n", round+1, rate, batch, bare, rate/bare)
		engine, peer, ratios = append(engine, rate), append(peer, bare), append(ratios, rate/bare)
	}
	fmt.Fprintf(out, "\n%s\n", &costs)
	goal(out, "durable-trips", median(ratios), ">=", 0.6)
	say("durable trips: %.0f against %.0f", median(engine), median(peer))
	return nil
}

// engineTurn is trips a second that were acknowledged.
func (r *rig) engineTurn(ctx context.Context) (float64, error) {
	return together(riders, r.config.Lasts, func() (int, error) {
		s, err := r.post(ctx)
		if err == nil && s.status != http.StatusCreated {
			err = fmt.Errorf("POST /v1/trips: status %d", s.status)
		}
		return 1, err
	})
}

// together has n do the same again and again for a while, and tells how much a
// second was done.
func together(n int, lasts time.Duration, do func() (int, error)) (float64, error) {
	var done atomic.Int64
	var failed error
	var once sync.Once
	var group sync.WaitGroup
	began := time.Now()
	for range n {
		group.Go(func() {
			for time.Since(began) < lasts {
				n, err := do()
				if err != nil {
					once.Do(func() { failed = err })
					return
				}
				done.Add(int64(n))
			}
		})
	}
	group.Wait()
	return float64(done.Load()) / time.Since(began).Seconds(), failed
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}
