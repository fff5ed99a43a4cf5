package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/wire"
)

// bad is bodies of POST /v1/trips that must be refused, with what the refusal
// names.
var bad = []struct {
	body   string
	status int
	code   string
	words  []string
}{
	{``, 400, "malformed", nil},
	{`{`, 400, "malformed", nil},
	{`null`, 422, "invalid", nil},
	{`[]`, 422, "invalid", nil},
	{`{} {}`, 400, "malformed", nil},
	{"\x00\xff\xfe\x01binary", 400, "malformed", nil},
	{`{"pickup":{"lat":NaN,"lon":1}}`, 400, "malformed", nil},
	{`{}`, 422, "invalid", []string{"dropoff"}},
	{`{"pickup":{"lat":40.73,"lon":-73.98}}`, 422, "invalid", []string{"dropoff", "missing"}},
	{`{"pickup":{"lat":40.73},"dropoff":{"lat":40.76,"lon":-73.97}}`, 422, "invalid", []string{"pickup", "lon"}},
	{`{"pickup":{"lat":"40.73","lon":1},"dropoff":{"lat":40.76,"lon":-73.97}}`, 422, "invalid", []string{"pickup.lat", "40.73", "number"}},
	{`{"pickup":{"lat":91,"lon":1},"dropoff":{"lat":40.76,"lon":-73.97}}`, 422, "invalid", []string{"pickup", "91", "-90 to 90"}},
	{`{"pickup":{"lat":1,"lon":181},"dropoff":{"lat":40.76,"lon":-73.97}}`, 422, "invalid", []string{"pickup", "181"}},
	{`{"pickup":{"lat":0,"lon":0},"dropoff":{"lat":0.1,"lon":0.1}}`, 422, "invalid", []string{"pickup", "lat 0, lon 0"}},
	{`{"pickup":{"lat":0.1,"lon":0.1},"dropoff":{"lat":0,"lon":0}}`, 422, "invalid", []string{"dropoff", "lat 0, lon 0"}},
	{`{"pickup":{"lat":1,"lon":1},"dropoff":{"lat":1,"lon":1}}`, 422, "invalid", []string{"dropoff", "pickup"}},
	{`{"pickup":{"lat":1,"lon":1},"dropoff":{"lat":40,"lon":1}}`, 422, "invalid", []string{"dropoff", "300 km"}},
	{`{"pickup":{"lat":1e999,"lon":1},"dropoff":{"lat":1,"lon":1}}`, 422, "invalid", []string{"pickup.lat", "1e999", "number"}},
	{`{"pickup":{"lat":1,"lat":2,"lon":1},"dropoff":{"lat":1,"lon":1}}`, 422, "invalid", []string{"pickup.lat", "twice"}},
	{`{"pickup":{"lat":1,"LAT":2,"lon":1},"dropoff":{"lat":1,"lon":1}}`, 422, "invalid", []string{"pickup.LAT"}},
	{`{"pickup":{"LAT":1,"lon":1},"dropoff":{"lat":1,"lon":1}}`, 422, "invalid", []string{"pickup.lat", "missing"}},
	{"{\"pickup\":\"\xff\"}", 400, "malformed", []string{"UTF-8"}},
	{tripJSON(`,"SEATS":2`), 422, "invalid", []string{"SEATS"}},
	{tripJSON(`,"` + strings.Repeat("x", 60_000) + `":2`), 422, "invalid", []string{"xxx…"}},
	{tripJSON(`,"class":"` + strings.Repeat("x", 60_000) + `"`), 422, "invalid", []string{"class", "xxx…"}},
	{tripJSON(`,"quote_id":7`), 422, "invalid", []string{"quote_id", "7", "a text"}},
	{tripJSON(`,"seats":[1e999]`), 422, "invalid", []string{"seats[0]", "1e999"}},
	{tripJSON(`,"colour":"yellow"`), 422, "invalid", []string{"colour"}},
	{tripJSON(`,"fare":{"amount":1,"currency":"USD"}`), 422, "invalid", []string{"fare"}},
	{tripJSON(`,"class":"moped"`), 422, "invalid", []string{"class", "moped", "premium", "standard", "xl"}},
	{tripJSON(`,"class":7`), 422, "invalid", []string{"class", "7"}},
	{tripJSON(`,"seats":0`), 422, "invalid", []string{"seats", "0", "from 1 to 16"}},
	{tripJSON(`,"seats":17`), 422, "invalid", []string{"seats", "17", "from 1 to 16"}},
	{tripJSON(`,"seats":1.5`), 422, "invalid", []string{"seats", "1.5", "a whole number from 1 to 16"}},
	{tripJSON(`,"quote_id":"mine"`), 422, "invalid", []string{"quote_id"}},
	{tripJSON(`,"scheduled_for":"tomorrow"`), 422, "invalid", []string{"scheduled_for", "tomorrow"}},
	{tripJSON(`,"scheduled_for":"2001-01-01T00:00:00Z"`), 422, "invalid", []string{"scheduled_for", "2001", "5 minutes"}},
	{tripJSON(`,"scheduled_for":"2999-01-01T00:00:00Z"`), 422, "invalid", []string{"scheduled_for", "2999", "30 days"}},
	{strings.Repeat("a", 64<<10+1), 413, "too_large", []string{"65536"}},
	{strings.Repeat(`{"a":`, 12_000), 400, "malformed", nil},
}

func TestRequest_Bad(t *testing.T) {
	c := newCity(t, nil)
	for _, b := range bad {
		a := c.refused(b.status, b.code, "POST", "/v1/trips", "rider:r1", b.body, b.words...)
		if len(a.body) > 700 {
			t.Errorf("an answer of %d bytes", len(a.body))
		}
		if t.Failed() {
			t.Fatalf("body %.200q", b.body)
		}
	}
	var page struct{ Trips []wire.Trip }
	c.expect(http.StatusOK, "GET", "/v1/trips", "operator:o1", "").into(t, &page)
	if len(page.Trips) > 0 {
		t.Errorf("refused, and yet stored: %+v", page.Trips)
	}
}

func TestRequest_LargestBodyIsRead(t *testing.T) {
	c := newCity(t, nil)
	body := tripJSON("")
	body += strings.Repeat(" ", 64<<10-len(body))
	c.expect(http.StatusCreated, "POST", "/v1/trips", "rider:r1", body)
}

func TestRequest_Trip(t *testing.T) {
	c := newCity(t, nil)
	var got wire.Trip
	c.expect(http.StatusCreated, "POST", "/v1/trips", "rider:r1", tripJSON(`,"class":"xl","seats":3`)).into(t, &got)
	if got.RiderID != "r1" || got.Class != "xl" || got.Seats != 3 || got.State != "searching" || got.Version != 1 ||
		got.Pickup != pickup || got.Dropoff != dropoff || got.Fare.Currency != "USD" || got.Fare.Amount < 900 {
		t.Errorf("got %+v", got)
	}
	if plain := c.request("r1"); plain.Class != "standard" || plain.Seats != 1 {
		t.Errorf("by default: %+v", plain)
	}
	var later wire.Trip
	at := c.now().Add(time.Hour).UTC().Truncate(time.Second)
	c.expect(http.StatusCreated, "POST", "/v1/trips", "rider:r1", tripJSON(`,"scheduled_for":"`+at.Format(time.RFC3339)+`"`)).into(t, &later)
	if later.State != "scheduled" || later.ScheduledFor == nil || !later.ScheduledFor.Equal(at) {
		t.Errorf("scheduled: %+v", later)
	}
	// What was answered is what is stored.
	stored := c.expect(http.StatusOK, "GET", "/v1/trips/"+got.ID, "rider:r1", "")
	var read wire.Trip
	stored.into(t, &read)
	if read.RequestedAt != got.RequestedAt || read.Fare != got.Fare {
		t.Errorf("answered %+v, stored %+v", got, read)
	}
}

func TestRequest_Idempotent(t *testing.T) {
	c := newCity(t, nil)
	post := func(who, key, body string) answer {
		return c.call("POST", "/v1/trips", who, body, "Idempotency-Key", key)
	}
	first := post("rider:r1", "k-1", tripJSON(""))
	if first.status != http.StatusCreated {
		t.Fatalf("%d %s", first.status, first.body)
	}
	t.Run("SameAnswerByteForByte", func(t *testing.T) {
		c.expect(http.StatusOK, "POST", "/v1/trips/"+tripID(t, first)+"/cancel", "rider:r1", "")
		for _, body := range []string{tripJSON(""), tripJSON(" \n")} {
			again := post("rider:r1", "k-1", body)
			if again.status != first.status || !bytes.Equal(again.body, first.body) || again.header.Get("Content-Type") != first.header.Get("Content-Type") {
				t.Errorf("got %d %s, first %d %s", again.status, again.body, first.status, first.body)
			}
		}
	})
	t.Run("ErrOtherBody", func(t *testing.T) {
		c.checkProblem(post("rider:r1", "k-1", tripJSON(`,"seats":2`)), http.StatusUnprocessableEntity, "idempotency_key_reused")
	})
	t.Run("KeysOfTwoRidersNeverMeet", func(t *testing.T) {
		if other := post("rider:r2", "k-1", tripJSON("")); other.status != http.StatusCreated || tripID(t, other) == tripID(t, first) {
			t.Errorf("got %d %s", other.status, other.body)
		}
	})
	t.Run("ErrBadKey", func(t *testing.T) {
		for _, key := range []string{strings.Repeat("k", 201), "two words", "ümlaut"} {
			c.checkProblem(post("rider:r1", key, tripJSON("")), http.StatusUnprocessableEntity, "invalid", "Idempotency-Key")
		}
	})
	t.Run("Racing", func(t *testing.T) {
		answers := make([]answer, 16)
		var racers sync.WaitGroup
		for i := range answers {
			racers.Go(func() { answers[i] = post("rider:r3", "race", tripJSON("")) })
		}
		racers.Wait()
		for _, a := range answers {
			if a.status != http.StatusCreated || !bytes.Equal(a.body, answers[0].body) {
				t.Fatalf("got %d %s and %s", a.status, a.body, answers[0].body)
			}
		}
	})
}

// A repetition gets its first answer also when the request would be refused by
// now: the quote ran out, the scheduled time is near.
func TestRequest_IdempotentLater(t *testing.T) {
	c := newCity(t, nil)
	quote := c.quotes("r1")["standard"].QuoteID
	for name, more := range map[string]string{
		"Quote":     `,"quote_id":"` + quote + `"`,
		"Scheduled": `,"scheduled_for":"` + c.now().Add(6*time.Minute).Format(time.RFC3339) + `"`,
	} {
		c.ahead.Store(0)
		first := c.expect(http.StatusCreated, "POST", "/v1/trips", "rider:r1", tripJSON(more), "Idempotency-Key", name)
		c.ahead.Store(int64(fare.QuoteFor + time.Second))
		again := c.expect(http.StatusCreated, "POST", "/v1/trips", "rider:r1", tripJSON(more), "Idempotency-Key", name)
		if !bytes.Equal(first.body, again.body) {
			t.Errorf("%s: %s, then %s", name, first.body, again.body)
		}
		other := c.call("POST", "/v1/trips", "rider:r1", tripJSON(more+`,"seats":2`), "Idempotency-Key", name)
		c.checkProblem(other, http.StatusUnprocessableEntity, "idempotency_key_reused")
		if fresh := c.call("POST", "/v1/trips", "rider:r1", tripJSON(more), "Idempotency-Key", "new-"+name); fresh.status < 400 {
			t.Errorf("%s: a first request was granted too late: %s", name, fresh.body)
		}
	}
}

func tripID(tb testing.TB, a answer) string {
	tb.Helper()
	var t wire.Trip
	a.into(tb, &t)
	return t.ID
}

type quoted struct {
	QuoteID    string     `json:"quote_id"`
	Class      string     `json:"class"`
	Fare       fare.Money `json:"fare"`
	PickupEtaS *int       `json:"pickup_eta_s"`
	TripTimeS  int        `json:"trip_time_s"`
	DistanceM  int        `json:"distance_m"`
	ExpiresAt  time.Time  `json:"expires_at"`
}

// quotes is the rider's quotes by class.
func (c *city) quotes(rider string) map[string]quoted {
	c.Helper()
	var out struct{ Quotes []quoted }
	c.expect(http.StatusOK, "POST", "/v1/quotes", "rider:"+rider, tripJSON("")).into(c, &out)
	byClass := map[string]quoted{}
	for _, q := range out.Quotes {
		byClass[q.Class] = q
	}
	return byClass
}

func TestQuote(t *testing.T) {
	c := newCity(t, nil)
	c.park("near", "standard", geo.Destination(pickup, 0, 700), 0)
	c.park("old", "xl", geo.Destination(pickup, 0, 100), time.Minute)
	got := c.quotes("r1")
	if len(got) != 3 {
		t.Fatalf("classes %v, want 3", got)
	}
	standard := got["standard"]
	// 667 m, from where strangers see the driver, at the estimator's pace of 7 m/s
	// over 1.3 times the straight line
	if eta := standard.PickupEtaS; eta == nil || *eta != 124 {
		t.Errorf("pickup ETA %v, want 124", eta)
	}
	if got["xl"].PickupEtaS != nil || got["premium"].PickupEtaS != nil {
		t.Error("an ETA for a class with no fresh driver")
	}
	straight := geo.Distance(pickup, dropoff)
	if want := int(straight * 1.3); standard.DistanceM != want || standard.TripTimeS < want/8 || standard.TripTimeS > want/6 {
		t.Errorf("%d m in %d s, want %d m", standard.DistanceM, standard.TripTimeS, want)
	}
	if left := standard.ExpiresAt.Sub(c.now()); left > fare.QuoteFor || left < fare.QuoteFor-10*time.Second {
		t.Errorf("expires in %v", left)
	}
	t.Run("BusyDriversDoNotCount", func(t *testing.T) {
		c.offer(c.request("r2").ID, "near")
		if eta := c.quotes("r1")["standard"].PickupEtaS; eta != nil {
			t.Errorf("ETA %d by a driver who has an offer", *eta)
		}
		c.park("farther", "standard", geo.Destination(pickup, 0, 1400), 0)
		if eta := c.quotes("r1")["standard"].PickupEtaS; eta == nil || *eta != 269 {
			t.Errorf("ETA %v, want 269", eta)
		}
	})
	t.Run("ErrBad", func(t *testing.T) {
		c.refused(422, "invalid", "POST", "/v1/quotes", "rider:r1", `{"pickup":{"lat":0,"lon":0},"dropoff":{"lat":1,"lon":1}}`, "pickup")
		c.refused(422, "invalid", "POST", "/v1/quotes", "rider:r1", tripJSON(`,"tip":5`), "tip")
	})
}

func TestQuote_IsHonoured(t *testing.T) {
	c := newCity(t, nil)
	q := c.quotes("r1")["premium"]
	more := `,"quote_id":"` + q.QuoteID + `"`
	t.Run("OK", func(t *testing.T) {
		var got wire.Trip
		c.expect(http.StatusCreated, "POST", "/v1/trips", "rider:r1", tripJSON(more)).into(t, &got)
		if got.Class != "premium" || got.Fare != q.Fare {
			t.Errorf("got %s for %v, quoted %v", got.Class, got.Fare, q.Fare)
		}
	})
	t.Run("ErrOtherClass", func(t *testing.T) {
		c.refused(http.StatusConflict, "quote_expired", "POST", "/v1/trips", "rider:r1", tripJSON(more+`,"class":"xl"`), "premium", "xl")
	})
	t.Run("ErrOtherPlace", func(t *testing.T) {
		body, err := json.Marshal(map[string]any{"pickup": pickup, "dropoff": geo.Destination(dropoff, 0, 500), "quote_id": q.QuoteID})
		if err != nil {
			t.Fatal(err)
		}
		c.refused(http.StatusConflict, "quote_expired", "POST", "/v1/trips", "rider:r1", string(body), "drop-off")
	})
	t.Run("ErrExpired", func(t *testing.T) {
		c.ahead.Store(int64(fare.QuoteFor + time.Second))
		c.refused(http.StatusConflict, "quote_expired", "POST", "/v1/trips", "rider:r1", tripJSON(more), "expired")
	})
}
