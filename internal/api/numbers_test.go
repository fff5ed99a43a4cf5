package api_test

import (
	"encoding/json"
	"net/http"
	"testing"
)

func TestNumbers(t *testing.T) {
	c := newCity(t, nil)
	var got struct {
		StepS   int `json:"step_s"`
		At      []int64
		Series  map[string]json.RawMessage
		Totals  map[string]any
		Partial *bool
	}
	c.expect(http.StatusOK, "GET", "/v1/numbers?window=24h", "operator:o1", "").into(t, &got)
	if got.StepS != 600 || len(got.At) != 144 || got.Partial == nil || *got.Partial {
		t.Errorf("steps of %d s, %d of them, partial %v", got.StepS, len(got.At), got.Partial)
	}
	for _, name := range []string{
		"requests", "served", "expired", "cancelled", "wait_p50_s", "wait_p95_s", "offers_accepted", "offers_declined", "offers_expired",
		"position_age_p99_s", "ticks", "tick_p50_ms", "tick_p99_ms", "drivers_online", "open",
	} {
		var figures []*float64
		if err := json.Unmarshal(got.Series[name], &figures); err != nil || len(figures) != 144 || figures[0] != nil {
			t.Errorf("%s: %.60s, %v, want 144 figures, null where nobody counted", name, got.Series[name], err)
		}
	}
	if string(got.Series["rung"]) != "{}" || got.Totals["requests"] != 0.0 || got.Totals["wait_p50_s"] != nil {
		t.Errorf("rung %s, totals %v", got.Series["rung"], got.Totals)
	}
	c.expect(http.StatusUnprocessableEntity, "GET", "/v1/numbers?window=2h", "operator:o1", "")
	c.expect(http.StatusForbidden, "GET", "/v1/numbers", "rider:r1", "")
}
