package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// checkWithin is how long a part has to answer /readyz.
const checkWithin = 2 * time.Second

// scrapesAtOnce is how many may read /metrics at a time, which asks everything that
// counts; more get 503. Prometheus comes once in some seconds.
const scrapesAtOnce = 4

// readiness is the answer of /readyz.
type readiness struct {
	Ready   bool     `json:"ready"`
	Missing []string `json:"missing"` // parts that do not answer, optional ones too
}

// HealthRoutes adds what every program answers, and to everybody: /healthz,
// /readyz, which names the parts that do not answer, and /metrics.
func HealthRoutes(r chi.Router, checks []Check, registry *prometheus.Registry, log *slog.Logger) {
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, "application/json", map[string]string{"status": "ok"}, log)
	})
	r.Get("/readyz", func(w http.ResponseWriter, r *http.Request) {
		answer := readiness{Missing: missing(r.Context(), checks, log)}
		answer.Ready = !slices.ContainsFunc(checks, func(c Check) bool { return !c.Optional && slices.Contains(answer.Missing, c.Name) })
		status := http.StatusOK
		if !answer.Ready {
			status = http.StatusServiceUnavailable
		}
		w.Header().Set("Cache-Control", "no-store")
		writeJSON(w, status, "application/json", answer, log)
	})
	r.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: scrapesAtOnce}))
}

// missing is the names of the parts that do not answer, in the order of the
// checks.
func missing(ctx context.Context, parts []Check, log *slog.Logger) []string {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	errs := make([]error, len(parts))
	var checks sync.WaitGroup
	for i, c := range parts {
		checks.Go(func() { errs[i] = c.Ping(ctx) })
	}
	checks.Wait()
	names := []string{}
	for i, err := range errs {
		if err != nil {
			log.Debug("not ready", "part", parts[i].Name, "err", err)
			names = append(names, parts[i].Name)
		}
	}
	return names
}

// panicked is a panic as an error, with where it happened.
func panicked(v any) error { return fmt.Errorf("panic: %v\n%s", v, debug.Stack()) }
