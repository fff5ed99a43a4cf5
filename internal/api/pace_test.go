package api_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/wire"
)

func TestPace(t *testing.T) {
	c := newCity(t, func(d *api.Deps) { d.Pace = api.Pace{PerSecond: 0.01, Burst: 3} })
	for left := 2; left >= 0; left-- {
		a := c.expect(http.StatusOK, "GET", "/v1/trips", "rider:r1", "")
		if policy := a.header.Get("RateLimit-Policy"); policy != `"requests";q=3;w=300` {
			t.Errorf("policy %q", policy)
		}
		if now := a.header.Get("RateLimit"); !strings.HasPrefix(now, `"requests";r=`+strconv.Itoa(left)+";t=") {
			t.Errorf("%d are left, the answer says %q", left, now)
		}
	}
	a := c.refused(http.StatusTooManyRequests, "rate_limited", "GET", "/v1/trips", "rider:r1", "", "one in 100 s", "3")
	if again, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || again < 90 || again > 100 {
		t.Errorf("Retry-After %q, want 100 s or a little less", a.header.Get("Retry-After"))
	}
	t.Run("OnEveryRoute", func(t *testing.T) {
		c.refused(http.StatusTooManyRequests, "rate_limited", "POST", "/v1/trips", "rider:r1", tripJSON(""))
		c.refused(http.StatusTooManyRequests, "rate_limited", "GET", "/v1/stream", "rider:r1", "")
	})
	t.Run("NobodyElseIsHeldUp", func(t *testing.T) {
		c.expect(http.StatusOK, "GET", "/v1/trips", "rider:r2", "")
		c.expect(http.StatusOK, "GET", "/v1/trips", "driver:r1", "")
		for range 50 {
			c.expect(http.StatusOK, "GET", "/v1/trips", "operator:r1", "")
		}
	})
	t.Run("ANewTokenDoesNotHelp", func(t *testing.T) {
		c.mu.Lock()
		delete(c.tokens, "rider:r1")
		c.mu.Unlock()
		c.ahead.Store(int64(2 * time.Second)) // so that the token differs
		c.refused(http.StatusTooManyRequests, "rate_limited", "GET", "/v1/trips", "rider:r1", "")
	})
	t.Run("TimeDoes", func(t *testing.T) {
		c.ahead.Store(int64(110 * time.Second))
		c.expect(http.StatusOK, "GET", "/v1/trips", "rider:r1", "")
		c.refused(http.StatusTooManyRequests, "rate_limited", "GET", "/v1/trips", "rider:r1", "")
	})
}

func TestRequest_TooManyOpenTrips(t *testing.T) {
	c := newCity(t, func(d *api.Deps) { d.MaxOpenTrips = 2 })
	post := func() answer { return c.call("POST", "/v1/trips", "rider:r1", tripJSON(""), "Idempotency-Key", "k-1") }
	first := post()
	second := c.request("r1")
	a := c.refused(http.StatusTooManyRequests, "rate_limited", "POST", "/v1/trips", "rider:r1", tripJSON(""), "unfinished", "2")
	if a.header.Get("Retry-After") != "30" {
		t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
	}
	if again := post(); again.status != first.status || string(again.body) != string(first.body) {
		t.Errorf("a repetition got %d %s", again.status, again.body)
	}
	c.request("r2")
	for _, end := range []func(){
		func() { c.expect(http.StatusOK, "POST", "/v1/trips/"+second.ID+"/cancel", "rider:r1", "") },
		func() {
			var mine wire.Trip
			first.into(t, &mine)
			c.expect(http.StatusOK, "POST", "/v1/offers/"+c.offer(mine.ID, "d1")+"/accept", "driver:d1", "")
			c.drive(mine)
		},
	} {
		end()
		c.request("r1")
		c.refused(http.StatusTooManyRequests, "rate_limited", "POST", "/v1/trips", "rider:r1", tripJSON(""), "2")
	}
}
