package api

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// checkWithin is how long a part has to answer /readyz.
const checkWithin = 2 * time.Second

// readiness is the answer of /readyz.
type readiness struct {
	Ready   bool     `json:"ready"`
	Missing []string `json:"missing"` // parts that do not answer
}

func (a *API) healthRoutes() {
	a.router.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		a.writeJSON(w, http.StatusOK, "application/json", map[string]string{"status": "ok"})
	})
	a.router.Get("/readyz", func(w http.ResponseWriter, r *http.Request) {
		answer := readiness{Missing: a.missing(r.Context())}
		status := http.StatusServiceUnavailable
		if len(answer.Missing) == 0 {
			answer.Ready, status = true, http.StatusOK
		}
		w.Header().Set("Cache-Control", "no-store")
		a.writeJSON(w, status, "application/json", answer)
	})
	a.router.Handle("/metrics", promhttp.HandlerFor(a.Registry, promhttp.HandlerOpts{}))
}

// missing is the names of the parts that do not answer, in the order of the
// checks.
func (a *API) missing(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	errs := make([]error, len(a.Ready))
	var checks sync.WaitGroup
	for i, c := range a.Ready {
		checks.Go(func() { errs[i] = c.Ping(ctx) })
	}
	checks.Wait()
	names := []string{}
	for i, err := range errs {
		if err != nil {
			a.Log.Debug("not ready", "part", a.Ready[i].Name, "err", err)
			names = append(names, a.Ready[i].Name)
		}
	}
	return names
}

// panicked is a panic as an error, with where it happened.
func panicked(v any) error { return fmt.Errorf("panic: %v\n%s", v, debug.Stack()) }
