package node_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/testenv"
	"github.com/cabstand/cabstand/internal/wire"
)

// atOnce is the statuses of calls that are made at the same moment, in their order.
func (s site) atOnce(calls ...func() int) []int {
	statuses, begin := make([]int, len(calls)), make(chan struct{})
	var running sync.WaitGroup
	for i, call := range calls {
		running.Go(func() {
			<-begin
			statuses[i] = call()
		})
	}
	close(begin)
	running.Wait()
	return statuses
}

// times is n of the same call.
func times(n int, call func() int) []func() int { return slices.Repeat([]func() int{call}, n) }

// What riders and drivers with good tokens, and strangers with bad ones, try at the
// services: at either dispatcher, at the tracker, and at all of them at once.
func TestServices_Attackers(t *testing.T) {
	dispatchers, tracker := mustPrograms(t, testenv.Redis(t))
	s := site{tb: t, riders: balance(t, dispatchers), drivers: tracker, tokenArg: []string{"--auth-key", sharedKey}}
	phone := s.drive("d1")
	phone.until("acknowledged", func() bool { _, ok := phone.poll(ofType("ack")); return ok })
	t.Run("ForgedTokens", func(t *testing.T) {
		s := s
		s.tb = t
		for name, token := range forgedTokens(t, []byte(sharedKey)) {
			for _, base := range []string{dispatchers[0].String(), dispatchers[1].String()} {
				s.riders = base
				for _, path := range []string{"/v1/driver/me", "/v1/trips", "/v1/drivers"} {
					if status := s.call("GET", path, token, nil, nil); status != http.StatusUnauthorized {
						t.Errorf("%s opens %s: %d", name, path, status)
					}
				}
			}
			s.notOpened("/v1/driver/stream", token, http.StatusUnauthorized)
		}
	})
	t.Run("SomebodyElsesTrip", func(t *testing.T) { s.meddled(t, phone) })
	for i := range 3 {
		t.Run(fmt.Sprint("Storm", i), func(t *testing.T) { s.stormed(t, phone, fmt.Sprint("rider-", i)) })
	}
	t.Run("Keys", func(t *testing.T) { s.repeated(t) })
}

// meddled has a driver try every step on another's trip.
func (s site) meddled(t *testing.T, phone *phone) {
	s.tb, phone.tb = t, t
	trip := s.order(phone, "r1")
	other := s.drive("d2")
	for _, step := range []string{"arrive", "start", "complete", "cancel"} {
		other.send(map[string]any{"type": step, "trip_id": trip.ID})
		answer := other.await("refusal of "+step, patience, func(f frame) bool { return f.Type == "error" || f.Type == "trip" })
		if told := string(answer.Raw); answer.Type != "error" || strings.Contains(told, "r1") || strings.Contains(told, "d1") {
			t.Errorf("%s of somebody else's trip is answered %s", step, told)
		}
	}
	var after wire.Trip
	if status := s.call("POST", "/v1/trips/"+trip.ID+"/cancel", s.token("rider", "r1"), map[string]any{}, &after); status != http.StatusOK || after.Version != 3 || after.DriverID != "d1" {
		t.Errorf("%d: the trip that its rider cancels is %+v", status, after)
	}
}

// stormed has everybody accept and cancel the same trip at the same moment.
func (s site) stormed(t *testing.T, phone *phone, rider string) {
	s.tb, phone.tb = t, t
	var trip wire.Trip
	order := map[string]any{"pickup": pickup, "dropoff": geo.Destination(pickup, 0, 3000)}
	if status := s.call("POST", "/v1/trips", s.token("rider", rider), order, &trip); status != http.StatusCreated {
		t.Fatal(status)
	}
	var offer frame
	phone.until("offered", func() (ok bool) { offer, ok = phone.poll(ofType("offer")); return ok })
	do := func(path, role, sub string) func() int {
		token := s.token(role, sub)
		return func() int { return s.call("POST", path, token, nil, nil) }
	}
	accept, cancel := "/v1/offers/"+offer.OfferID+"/accept", "/v1/trips/"+trip.ID+"/cancel"
	calls := slices.Concat(
		times(3, do(accept, "driver", "d2")), times(3, do(cancel, "rider", "stranger")), times(2, do(cancel, "driver", "d2")),
		times(6, do(accept, "driver", "d1")), times(3, do(cancel, "rider", rider)),
	)
	statuses := s.atOnce(calls...)
	strangers, accepts, cancels := statuses[:8], statuses[8:14], statuses[14:]
	if slices.ContainsFunc(strangers, func(status int) bool { return status != http.StatusNotFound }) {
		t.Errorf("strangers were answered %v", strangers)
	}
	if slices.ContainsFunc(cancels, func(status int) bool { return status != http.StatusOK }) {
		t.Errorf("the rider's cancelling was answered %v", cancels)
	}
	if slices.ContainsFunc(accepts, func(status int) bool { return status != http.StatusOK && status != http.StatusConflict }) {
		t.Errorf("accepting was answered %v", accepts)
	}
	s.consistent(trip.ID, slices.Contains(accepts, http.StatusOK))
}

// consistent checks that the trip's story is one that can have happened: it was
// assigned, once, if somebody was told so, and cancelled, once, after that.
func (s site) consistent(tripID string, accepted bool) {
	s.tb.Helper()
	var told struct {
		Entries []struct {
			Kind, Type string
			Version    int64
		}
	}
	if status := s.call("GET", "/v1/trips/"+tripID+"/timeline", s.token("operator", "op"), nil, &told); status != http.StatusOK {
		s.tb.Fatal(status)
	}
	var story []string
	for _, e := range told.Entries {
		if e.Kind == "event" {
			if story = append(story, e.Type); e.Version != int64(len(story)) {
				s.tb.Errorf("version %d comes as number %d", e.Version, len(story))
			}
		}
	}
	want := []string{"requested", "cancelled"}
	if accepted {
		want = []string{"requested", "assigned", "cancelled"}
	}
	if !slices.Equal(story, want) {
		s.tb.Errorf("the story is %v, want %v", story, want)
	}
}

// repeated uses one key for many requests, at both dispatchers at once.
func (s site) repeated(t *testing.T) {
	s.tb = t
	far := geo.Destination(pickup, 0, 200_000) // from every driver
	order := map[string]any{"pickup": far, "dropoff": geo.Destination(far, 0, 3000)}
	var mu sync.Mutex
	made := map[string]map[string]bool{}
	ask := func(rider string) func() int {
		token := s.token("rider", rider)
		return func() int {
			var trip wire.Trip
			status := s.call("POST", "/v1/trips", token, order, &trip, "Idempotency-Key", "the-same")
			mu.Lock()
			defer mu.Unlock()
			if made[rider] == nil {
				made[rider] = map[string]bool{}
			}
			made[rider][trip.ID] = true
			return status
		}
	}
	statuses := s.atOnce(slices.Concat(times(6, ask("ann")), times(6, ask("bob")))...)
	if slices.ContainsFunc(statuses, func(status int) bool { return status != http.StatusCreated }) || len(made["ann"]) != 1 || len(made["bob"]) != 1 {
		t.Errorf("%v: the same key of two riders made %v", statuses, made)
	}
	for id := range made["ann"] {
		if made["bob"][id] {
			t.Errorf("two riders have trip %s", id)
		}
	}
	order["seats"] = 2
	if status := ask("ann")(); status != http.StatusUnprocessableEntity {
		t.Errorf("the key with another request: %d", status)
	}
}
