package api_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestStrict_Query(t *testing.T) {
	c := newCity(t, nil)
	for query, words := range map[string][]string{
		"/v1/trips?limit=abc":                         {"limit", `"abc"`, "a whole number from 1 to 200"},
		"/v1/trips?limit=0":                           {"limit", "0", "a whole number from 1 to 200"},
		"/v1/trips?limit=201":                         {"limit", "201", "a whole number from 1 to 200"},
		"/v1/trips?limit=1.5":                         {"limit", "1.5", "a whole number from 1 to 200"},
		"/v1/trips?limit=99999999999999999999":        {"limit", "99999999999999999999", "1 to 200"},
		"/v1/trips?limit=1&limit=2":                   {"limit", "2 times"},
		"/v1/trips?LIMIT=1":                           {"LIMIT"},
		"/v1/trips?state=" + strings.Repeat("x", 300): {"state", "xxx…", "searching"},
		"/v1/trips?cursor=MTIgYQBi":                   {"cursor"}, // a NUL inside
		"/v1/drivers/nearby?lon=1":                    {"lat", "missing"},
		"/v1/drivers/nearby?lat=&lon=1":               {"lat", "missing"},
		"/v1/drivers/nearby?lat=1":                    {"lon", "missing"},
		"/v1/drivers/nearby?lat=x&lon=1":              {"lat", `"x"`, "a number"},
		"/v1/drivers/nearby?lat=1e999&lon=1":          {"lat", "1e999", "a number"},
		"/v1/drivers/nearby?lat=NaN&lon=1":            {"lat", "NaN"},
		"/v1/drivers/nearby?lat=1&lon=1&lat=2":        {"lat", "2 times"},
	} {
		c.refused(422, "invalid", "GET", query, "operator:o1", "", words...)
	}
	for _, query := range []string{"/v1/trips?limit=%zz", "/v1/trips?limit=1;state=x", "/v1/trips?%"} {
		c.refused(400, "malformed", "GET", query, "operator:o1", "", "query")
	}
	c.expect(http.StatusOK, "GET", "/v1/trips?limit=200&state=searching", "operator:o1", "")
}

func TestStrict_IdempotencyKey(t *testing.T) {
	c := newCity(t, nil)
	for name, keys := range map[string][]string{"Empty": {""}, "Blank": {"  "}, "Twice": {"a", "b"}} {
		req := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), "POST", c.url+"/v1/trips", strings.NewReader(tripJSON(""))))
		req.Header = http.Header{"Idempotency-Key": keys, "Authorization": {"Bearer " + c.token("rider:r1")}}
		c.checkProblem(c.do(req), 422, "invalid", "Idempotency-Key")
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// Texts for people are checked alike wherever they come in.
func TestStrict_ControlCharacters(t *testing.T) {
	c := newCity(t, nil)
	mine := c.request("r1")
	offer := c.offer(mine.ID, "d1")
	for _, bad := range []string{`a\u0000b`, `a\nb`, `\u001b[31m`, `\u0085`} {
		c.refused(422, "invalid", "POST", "/v1/drivers", "operator:o1", `{"id":"d9","name":"`+bad+`"}`, "name", "control")
		c.refused(422, "invalid", "POST", "/v1/trips/"+mine.ID+"/cancel", "rider:r1", `{"reason":"`+bad+`"}`, "reason", "control")
		c.refused(422, "invalid", "POST", "/v1/offers/"+offer+"/decline", "driver:d1", `{"reason":"`+bad+`"}`, "reason", "control")
	}
	long := strings.Repeat("山", 200)
	c.refused(422, "invalid", "POST", "/v1/drivers", "operator:o1", `{"id":"d9","name":"`+long+`a"}`, "name", "201", "200")
	c.refused(422, "invalid", "POST", "/v1/trips/"+mine.ID+"/cancel", "rider:r1", `{"reason":"`+long+`a"}`, "reason", "200")
	c.expect(http.StatusCreated, "POST", "/v1/drivers", "operator:o1", `{"id":"d9","name":"`+long+`"}`)
	c.expect(http.StatusOK, "POST", "/v1/trips/"+mine.ID+"/cancel", "rider:r1", `{"reason":"`+long+`"}`)
}

func TestStrict_NoSniffing(t *testing.T) {
	c := newCity(t, nil)
	for _, path := range []string{"/healthz", "/readyz", "/openapi.json", "/v1/trips", "/nothing", "/v1/stream"} {
		for _, who := range []string{"", "rider:r1"} {
			if a := c.call("GET", path, who, ""); a.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s for %q: %v", path, who, a.header)
			}
		}
	}
}
