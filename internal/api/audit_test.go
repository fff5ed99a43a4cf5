package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"
)

// record is the answer of /v1/audit.
type record struct {
	Entries []struct {
		At         time.Time
		By, Action string
		Subject    string
		Detail     map[string]any
	}
	NextCursor string `json:"next_cursor"`
}

func (c *city) record(query string) (r record) {
	c.Helper()
	c.expect(http.StatusOK, "GET", "/v1/audit"+query, "operator:o9", "").into(c, &r)
	return r
}

// did is what the record says, "who action subject", the oldest first.
func (r record) did() (all []string) {
	for _, e := range slices.Backward(r.Entries) {
		all = append(all, e.By+" "+e.Action+" "+e.Subject)
	}
	return all
}

func TestAudit_EveryAction(t *testing.T) {
	c := newCity(t, nil)
	c.expect(http.StatusCreated, "POST", "/v1/drivers", "operator:o1", `{"id":"d1","name":"Ana"}`)
	c.expect(http.StatusOK, "POST", "/v1/drivers", "operator:o1", `{"id":"d1","name":"Ana"}`) // nothing new
	var device struct{ ID, Token string }
	c.expect(http.StatusCreated, "POST", "/v1/drivers/d1/devices", "operator:o2", "").into(t, &device)
	c.expect(http.StatusNoContent, "DELETE", "/v1/drivers/d1/devices/"+device.ID, "operator:o1", "")
	cancelled, left := c.request("r1"), c.request("r1")
	c.expect(http.StatusOK, "POST", "/v1/trips/"+cancelled.ID+"/cancel", "operator:o1", `{"reason":"no road"}`)
	c.expect(http.StatusOK, "POST", "/v1/trips/"+left.ID+"/cancel", "rider:r1", "") // no operator's doing
	policy := c.expect(http.StatusOK, "GET", "/v1/policy", "operator:o1", "")
	var in struct {
		InForce map[string]any `json:"in_force"`
	}
	policy.into(t, &in)
	c.expect(http.StatusOK, "PUT", "/v1/policy", "operator:o2", string(must[[]byte](t)(json.Marshal(in.InForce))))
	c.expect(http.StatusOK, "DELETE", "/v1/policy", "operator:o2", "")

	all := c.record("")
	want := []string{
		"o1 driver.register driver:d1", "o2 device.issue driver:d1", "o1 device.revoke driver:d1", "o1 trip.cancel trip:" + cancelled.ID,
		"o2 policy.set policy", "o2 policy.reset policy",
	}
	if got := all.did(); !slices.Equal(got, want) {
		t.Errorf("the record is %q, want %q", got, want)
	}
	if e := all.Entries[2]; e.Detail["reason"] != "no road" || c.now().Sub(e.At) > time.Minute {
		t.Errorf("the cancellation is %+v", e)
	}
	if e := all.Entries[1]; e.Detail["policy"] != in.InForce["policy"] {
		t.Errorf("the policy that was set is %+v", e)
	}
	if got := c.record("?subject=trip:" + cancelled.ID).did(); !slices.Equal(got, want[3:4]) {
		t.Errorf("of the trip: %q", got)
	}
	first := c.record("?limit=4")
	rest := c.record("?limit=4&cursor=" + first.NextCursor)
	if got := append(rest.did(), first.did()...); !slices.Equal(got, want) || rest.NextCursor != "" {
		t.Errorf("by pages: %q, then %q", first.did(), rest.did())
	}
	c.refused(http.StatusUnprocessableEntity, "invalid", "GET", "/v1/audit?cursor=x", "operator:o1", "", "cursor")
}
