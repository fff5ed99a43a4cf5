package node_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/cabstand/cabstand/internal/wire"
)

// policyInForce is the answer of /v1/policy.
type policyInForce struct {
	InForce    wire.Policy `json:"in_force"`
	Configured wire.Policy `json:"configured"`
	SetBy      string      `json:"set_by"`
}

func (s site) policy(method string, body any) (p policyInForce) {
	s.tb.Helper()
	if status := s.call(method, "/v1/policy", s.token("operator", "o1"), body, &p); status != http.StatusOK {
		s.tb.Fatalf("%s /v1/policy answers %d", method, status)
	}
	return p
}

// decidesBy checks that rides are decided by the policy: not the first ones
// perhaps, since dispatchers hear of it a moment later.
func (s site) decidesBy(policy, prefix string) {
	s.tb.Helper()
	var by []string
	for i := range 5 {
		trip := s.ride(fmt.Sprintf("%s-d%d", prefix, i), fmt.Sprintf("%s-r%d", prefix, i))
		var told struct{ Decisions []wire.Decision }
		s.call("GET", "/v1/trips/"+trip.ID+"/decisions", s.token("operator", "o1"), nil, &told)
		for _, d := range told.Decisions {
			if by = append(by, d.Policy); d.Policy == policy {
				return
			}
		}
	}
	s.tb.Errorf("decided by %v, want %s", by, policy)
}

// What an operator sets goes before the configuration, after a restart too, until
// it is taken away.
func TestPolicy_Restart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s, stop := mustEmbedded(t, dir)
	want := s.policy("GET", nil).InForce
	want.Policy, want.WindowS = "greedy", 0.2
	s.policy("PUT", want)
	stop()
	s, _ = mustEmbedded(t, dir, "--policy=fifo", "--window=100ms")
	if got := s.policy("GET", nil); got.InForce != want || got.SetBy != "o1" || got.Configured.Policy != "fifo" {
		t.Errorf("after the restart: %+v", got)
	}
	s.decidesBy("greedy", "a")
	if got := s.policy("DELETE", nil); got.InForce.Policy != "fifo" || got.SetBy != "" {
		t.Errorf("after it was taken away: %+v", got)
	}
	s.decidesBy("fifo", "b")
}

// Whichever dispatcher is told, all of them know, and go by it.
func TestPolicy_Everywhere(t *testing.T) {
	s := mustServices(t)
	want := s.policy("GET", nil).InForce
	want.Policy, want.MaxSwaps = "fifo", 3
	s.policy("PUT", want)
	for range 2 { // the load balancer takes turns
		if got := s.policy("GET", nil); got.InForce != want {
			t.Errorf("got %+v, want %+v", got.InForce, want)
		}
	}
	s.decidesBy("fifo", "a")
}
