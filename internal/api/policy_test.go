package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// policyCity is a city with a dispatcher that is configured to greedy and does
// not run.
func policyCity(t *testing.T, settings dispatch.Settings) (*city, *dispatch.Switch, *dispatch.Dispatcher) {
	t.Helper()
	config := dispatch.DefaultConfig
	config.Policy.Name = dispatch.Greedy
	d := dispatch.New(config, dispatch.Deps{})
	var s *dispatch.Switch
	c := newCity(t, func(deps *api.Deps) {
		s = dispatch.NewSwitch(d, settings, deps.Log)
		deps.Policies = s
	})
	return c, s, d
}

// policyView is the answer of /v1/policy.
type policyView struct {
	InForce    wire.Policy `json:"in_force"`
	Configured wire.Policy `json:"configured"`
	SetBy      string      `json:"set_by"`
	SetAt      time.Time   `json:"set_at"`
}

func (c *city) policy(method, body string) (v policyView) {
	c.Helper()
	c.expect(http.StatusOK, method, "/v1/policy", "operator:o1", body).into(c, &v)
	return v
}

func policyJSON(tb testing.TB, p wire.Policy) string {
	return string(must[[]byte](tb)(json.Marshal(p)))
}

func TestPolicy_Switch(t *testing.T) {
	bus := newCity(t, nil).bus
	c, s, d := policyCity(t, bus.Settings)
	first := c.policy("GET", "")
	if first.InForce.Policy != "greedy" || first.InForce != first.Configured || first.SetBy != "" || !first.SetAt.IsZero() {
		t.Fatalf("before anybody set it: %+v", first)
	}
	want := first.InForce
	want.Policy, want.WindowS, want.Swap, want.MaxSwaps, want.ForwardS = "optimal", 2.5, true, -1, 45
	set := c.policy("PUT", policyJSON(t, want))
	if got := c.policy("GET", ""); got != set || got.InForce != want || got.Configured != first.Configured || got.SetBy != "o1" || got.SetAt.IsZero() {
		t.Errorf("got %+v, want %+v set by o1", got, want)
	}
	heard := must[*wire.PolicySetting](t)(bus.Settings.Policy(t.Context()))
	s.Hear(heard)
	if got := d.Regime(); got.Name != dispatch.Optimal || got.Window != 2500*time.Millisecond || !got.Swap || got.MaxSwaps != -1 || got.Forward != 45*time.Second {
		t.Errorf("the dispatcher goes by %+v", got)
	}
	if log := c.log.String(); !strings.Contains(log, "by=o1") {
		t.Errorf("the log does not tell who it was: %s", log)
	}
	if got := c.policy("DELETE", ""); got != first {
		t.Errorf("reset to %+v", got)
	}
	if got := c.policy("GET", ""); got != first {
		t.Errorf("after the reset: %+v", got)
	}
	s.Hear(nil)
	if got := d.Regime(); got.Name != dispatch.Greedy || got.Window != dispatch.DefaultConfig.Window {
		t.Errorf("the dispatcher goes by %+v", got)
	}
}

func TestPolicy_Refused(t *testing.T) {
	c, _, _ := policyCity(t, newCity(t, nil).bus.Settings)
	before := c.policy("GET", "")
	good := policyJSON(t, before.InForce)
	for change, words := range map[[2]string][]string{
		{`"policy":"greedy"`, `"policy":"random"`}:       {"policy", `"random"`, "fifo greedy optimal"},
		{`"window_s":0.5`, `"window_s":0`}:               {"window_s", "0", "0.01 to 30"},
		{`"pickup_cap_s":1200`, `"pickup_cap_s":-3`}:     {"pickup_cap_s", "-3", "1 to 86400"},
		{`"max_swaps":1`, `"max_swaps":1.5`}:             {"max_swaps", "1.5", "whole"},
		{`"max_swaps":1`, `"max_swaps":-2`}:              {"max_swaps", "-2"},
		{`"swap":false`, `"swap":"on"`}:                  {"swap", `"on"`, "true or false"},
		{`"forward_s":60`, `"forward_s":1e300`}:          {"forward_s", "1e+300", "600"},
		{`"forward_s":60`, `"forward_s":60,"speed":1`}:   {"speed", "not known"},
		{`"forward_s":60`, `"forward_s":60,"swap":true`}: {"swap", "twice"},
		{`"aging":1,`, ``}:                               {"aging", "missing"},
	} {
		body := strings.Replace(good, change[0], change[1], 1)
		if body == good {
			t.Fatalf("%s is not in %s", change[0], good)
		}
		c.refused(http.StatusUnprocessableEntity, "invalid", "PUT", "/v1/policy", "operator:o1", body, words...)
	}
	c.refused(http.StatusBadRequest, "malformed", "PUT", "/v1/policy", "operator:o1", good+"x")
	if after := c.policy("GET", ""); after != before {
		t.Errorf("something refused changed the policy to %+v", after)
	}
}

// away is settings that cannot be reached.
type away struct{}

func (away) Policy(context.Context) (*wire.PolicySetting, error) { return nil, away{}.err() }
func (away) SetPolicy(context.Context, wire.PolicySetting) error { return away{}.err() }
func (away) ResetPolicy(context.Context) error                   { return away{}.err() }
func (away) err() error                                          { return fault.New(fault.Unavailable, "the bus does not answer") }

// Without the bus what was heard last stays in force, and nothing can be set.
func TestPolicy_BusAway(t *testing.T) {
	c, s, d := policyCity(t, away{})
	set := wire.PolicySetting{Policy: dispatch.Regime{Policy: dispatch.DefaultPolicy, Window: time.Second}.Public(), SetBy: "o2", SetAt: time.Now().UTC()}
	s.Hear(&set)
	got := c.policy("GET", "")
	if got.InForce != set.Policy || got.SetBy != "o2" || d.Regime().Window != time.Second {
		t.Errorf("got %+v, the dispatcher goes by %+v", got, d.Regime())
	}
	for method, body := range map[string]string{"PUT": policyJSON(t, got.Configured), "DELETE": ""} {
		a := c.refused(http.StatusServiceUnavailable, "unavailable", method, "/v1/policy", "operator:o1", body)
		if a.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
}

// unwritten is an audit that cannot be written.
type unwritten struct{ api.Audit }

func (unwritten) Record(context.Context, ...audit.Entry) error { return away{}.err() }

// No change of the policy goes unrecorded: where the record cannot be written
// nothing changes, and where the change fails the record says so.
func TestPolicy_Recorded(t *testing.T) {
	t.Run("RecordAway", func(t *testing.T) {
		c, _, _ := policyCity(t, newCity(t, nil).bus.Settings)
		before := c.policy("GET", "")
		changed := before.InForce
		changed.Policy = "optimal"
		c.api.Audit = unwritten{c.api.Audit}
		c.refused(http.StatusServiceUnavailable, "unavailable", "PUT", "/v1/policy", "operator:o1", policyJSON(t, changed))
		if after := c.policy("GET", ""); after != before {
			t.Errorf("%+v is in force, and nobody knows by whom", after)
		}
	})
	t.Run("BusAway", func(t *testing.T) {
		c, _, _ := policyCity(t, away{})
		policy := policyJSON(t, c.policy("GET", "").Configured)
		c.refused(http.StatusServiceUnavailable, "unavailable", "PUT", "/v1/policy", "operator:o1", policy)
		c.refused(http.StatusServiceUnavailable, "unavailable", "DELETE", "/v1/policy", "operator:o1", "")
		c.refused(http.StatusUnprocessableEntity, "invalid", "PUT", "/v1/policy", "operator:o1", strings.Replace(policy, "greedy", "random", 1))
		want := []string{"o1 policy.set policy", "o1 policy.failed policy", "o1 policy.reset policy", "o1 policy.failed policy"}
		if got := c.record("").did(); !slices.Equal(got, want) {
			t.Errorf("the record is %q, want %q", got, want)
		}
	})
}
