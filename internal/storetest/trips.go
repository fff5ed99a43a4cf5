package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

func testMigrate(t *testing.T, p Place) {
	s := mustOpen(t, p)
	if err := s.Migrate(t.Context()); err != nil {
		t.Errorf("the second time: %v", err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
}

func testCreate(t *testing.T, p Place) {
	s := mustOpen(t, p)
	made := mustRequest(t, s)
	if got := mustTrip(t, s, made.ID); !reflect.DeepEqual(got, made) {
		t.Errorf("read\n%+v, created\n%+v", got, made)
	}
	events := mustEvents(t, s, made.ID)
	if len(events) != 1 || events[0].Version != 1 || events[0].Trip.State != trip.Searching {
		t.Errorf("events = %+v", events)
	}
	t.Run("ErrAlreadyExists", func(t *testing.T) {
		r := newRequest("r2")
		r.ID = made.ID
		again, events := trip.New(r, start)
		_, err := s.Create(t.Context(), again, events, nil)
		wantFault(t, err, fault.AlreadyExists)
		if got := mustTrip(t, s, made.ID); got.RiderID != "r1" || len(mustEvents(t, s, made.ID)) != 1 {
			t.Errorf("the trip changed: %+v", got)
		}
	})
	t.Run("ErrMissingEvent", func(t *testing.T) {
		silent, _ := trip.New(newRequest("r1"), start)
		if _, err := s.Create(t.Context(), silent, nil, nil); err == nil {
			t.Error("a trip without its event was stored")
		}
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		_, err := s.Trip(t.Context(), uuid.NewString())
		wantFault(t, err, fault.NotFound)
		_, err = s.TripOfOffer(t.Context(), uuid.NewString())
		wantFault(t, err, fault.NotFound)
	})
}

func testOnce(t *testing.T, p Place) {
	s := mustOpen(t, p)
	create := func(once trip.Once) (*trip.Once, string, error) {
		made, events := trip.New(newRequest("r1"), start)
		first, err := s.Create(t.Context(), made, events, &once)
		return first, made.ID, err
	}
	stored := func(id string) bool {
		_, err := s.Trip(t.Context(), id)
		return err == nil
	}
	original := trip.Once{Actor: "r1", Key: "k", Digest: "d", Status: 201, Answer: []byte("\x00first\xff")}
	if first, id, err := create(original); first != nil || err != nil || !stored(id) {
		t.Fatalf("the first: %v, %v", first, err)
	}
	t.Run("Again", func(t *testing.T) {
		repeated := original
		repeated.Answer = []byte("second")
		first, id, err := create(repeated)
		if err != nil || !reflect.DeepEqual(first, &original) || stored(id) {
			t.Errorf("the answer is %+v, %v; trip stored: %v", first, err, stored(id))
		}
	})
	t.Run("Answered", func(t *testing.T) {
		if first, err := s.Answered(t.Context(), "r1", "k"); err != nil || !reflect.DeepEqual(first, &original) {
			t.Errorf("the answer is %+v, %v", first, err)
		}
		for _, unknown := range [][2]string{{"r2", "k"}, {"r1", "K"}} {
			if first, err := s.Answered(t.Context(), unknown[0], unknown[1]); first != nil || err != nil {
				t.Errorf("%v: %+v, %v", unknown, first, err)
			}
		}
	})
	t.Run("ErrKeyReused", func(t *testing.T) {
		other := original
		other.Digest = "e"
		_, id, err := create(other)
		wantFault(t, err, fault.KeyReused)
		if stored(id) {
			t.Error("the trip was stored")
		}
	})
	t.Run("OtherActor", func(t *testing.T) {
		other := original
		other.Actor, other.Answer = "r2", nil
		if first, id, err := create(other); first != nil || err != nil || !stored(id) {
			t.Errorf("another's key: %v, %v", first, err)
		}
	})
	t.Run("FailedIsForgotten", func(t *testing.T) {
		once := trip.Once{Actor: "r1", Key: "failed", Digest: "d", Status: 201, Answer: []byte("x")}
		existing, events := trip.New(newRequest("r1"), start)
		existing.ID = mustRequest(t, s).ID
		events[0].TripID = existing.ID
		_, err := s.Create(t.Context(), existing, events, &once)
		wantFault(t, err, fault.AlreadyExists)
		if first, _, err := create(once); first != nil || err != nil {
			t.Errorf("the key of a creation that failed: %v, %v", first, err)
		}
	})
	t.Run("Race", func(t *testing.T) { raceOnce(t, s, create) })
}

// raceOnce repeats one creation many times at once: one trip comes of it.
func raceOnce(t *testing.T, s Store, create func(trip.Once) (*trip.Once, string, error)) {
	var group sync.WaitGroup
	var mu sync.Mutex
	var created []string
	for range 16 {
		group.Go(func() {
			first, id, err := create(trip.Once{Actor: "r1", Key: "race", Digest: "d", Status: 201, Answer: []byte("x")})
			if err != nil {
				t.Error(err)
			}
			if first == nil {
				mu.Lock()
				created = append(created, id)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if len(created) != 1 {
		t.Errorf("%d trips were created under one key", len(created))
	}
}

// testPurge forgets the older ones of so many keys that one batch is not enough.
func testPurge(t *testing.T, p Place) {
	s := mustOpen(t, p)
	const old, young = 550, 3
	var group sync.WaitGroup
	for side := range 32 {
		group.Go(func() {
			for i := side; i < old+young; i += 32 {
				at := start
				if i >= old {
					at = after(time.Hour)
				}
				made, events := trip.New(newRequest("r1"), at)
				if _, err := s.Create(t.Context(), made, events, &trip.Once{Actor: "r1", Key: fmt.Sprint(i), Digest: "d", Status: 201}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	for _, step := range []struct {
		before time.Time
		want   int
	}{{start, 0}, {after(time.Hour), old}, {after(time.Hour), 0}, {after(2 * time.Hour), young}} {
		if n, err := s.Purge(t.Context(), step.before); n != step.want || err != nil {
			t.Errorf("before %v: %d were purged, want %d; %v", step.before, n, step.want, err)
		}
		left, err := s.Answered(t.Context(), "r1", fmt.Sprint(old))
		if err != nil || (left == nil) != step.before.After(after(time.Hour)) {
			t.Errorf("before %v: a young key's answer is %+v, %v", step.before, left, err)
		}
	}
	page, _, err := s.List(t.Context(), trip.Query{RiderID: "r1", Limit: old + 2*young})
	if err != nil || len(page) != old+young {
		t.Errorf("%d trips are left, %v", len(page), err)
	}
}

func testUpdate(t *testing.T, p Place) {
	s := mustOpen(t, p)
	made := mustRequest(t, s)
	offered := mustOffer(t, s, proposal(made.ID, "d1"))
	if got := mustTrip(t, s, made.ID); !reflect.DeepEqual(got, offered) {
		t.Errorf("read\n%+v, offered\n%+v", got, offered)
	}
	if id, err := s.TripOfOffer(t.Context(), offered.Offer.ID); id != made.ID || err != nil {
		t.Errorf("TripOfOffer = %s, %v", id, err)
	}
	assigned := mustUpdate(t, s, made.ID, accept(offered.Offer.ID, "d1"))
	if got := mustTrip(t, s, made.ID); !reflect.DeepEqual(got, assigned) || got.State != trip.Assigned {
		t.Errorf("read\n%+v, updated\n%+v", got, assigned)
	}
	t.Run("NothingChanged", func(t *testing.T) {
		before := len(mustPending(t, s))
		again := mustUpdate(t, s, made.ID, accept(offered.Offer.ID, "d1"))
		if !reflect.DeepEqual(again, assigned) || len(mustPending(t, s)) != before || len(mustEvents(t, s, made.ID)) != 2 {
			t.Errorf("a repeated accept changed something: %+v", again)
		}
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		_, err := s.Update(t.Context(), uuid.NewString(), cancel)
		wantFault(t, err, fault.NotFound)
	})
}

// testUpdateErrors checks that a change that fails leaves no trace.
func testUpdateErrors(t *testing.T, p Place) {
	s := mustOpen(t, p)
	made := mustAssign(t, s, mustRequest(t, s), "d1")
	mine := errors.New("mine")
	for name, change := range map[string]func(*trip.Trip) ([]trip.Event, error){
		"Own": func(t *trip.Trip) ([]trip.Event, error) {
			events, _ := cancel(t)
			return events, mine
		},
		"EventForgotten": func(t *trip.Trip) ([]trip.Event, error) {
			_, err := cancel(t)
			return nil, err
		},
		"EventTwice": func(t *trip.Trip) ([]trip.Event, error) {
			events, err := cancel(t)
			return append(events, events...), err
		},
		"VersionSkipped": func(t *trip.Trip) ([]trip.Event, error) {
			events, err := t.Redispatch("d1", trip.Actor{Role: trip.System}, "lost", search, after(time.Minute))
			t.Version++
			return events, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := s.Update(t.Context(), made.ID, change)
			if err == nil || got != nil || name == "Own" && err != mine {
				t.Errorf("Update = %v, %v", got, err)
			}
			if got := mustTrip(t, s, made.ID); !reflect.DeepEqual(got, made) {
				t.Errorf("the trip changed: %+v", got)
			}
			if n := len(mustEvents(t, s, made.ID)); n != 2 {
				t.Errorf("%d events", n)
			}
			if got := claimants(t, s, "d1"); !slices.Equal(got, []string{made.ID}) {
				t.Errorf("d1 is claimed by %v", got)
			}
		})
	}
}

// testClaims follows a claim from the offer to each of its ends.
func testClaims(t *testing.T, p Place) {
	s := mustOpen(t, p)
	for name, end := range map[string]func(t *testing.T, trip *trip.Trip){
		"Decline": func(t *testing.T, tr *trip.Trip) { mustUpdate(t, s, tr.ID, decline(tr.Offer.ID, tr.Offer.DriverID)) },
		"Cancel":  func(t *testing.T, tr *trip.Trip) { mustUpdate(t, s, tr.ID, cancel) },
		"ExpireOffer": func(t *testing.T, tr *trip.Trip) {
			mustUpdate(t, s, tr.ID, func(tr *trip.Trip) ([]trip.Event, error) {
				tr.ExpireOffer(tr.Offer.ID, after(time.Minute))
				return nil, nil
			})
		},
		"ExpireTrip": func(t *testing.T, tr *trip.Trip) {
			mustUpdate(t, s, tr.ID, func(tr *trip.Trip) ([]trip.Event, error) { return tr.Expire(after(time.Hour)) })
		},
		"Redispatch": func(t *testing.T, tr *trip.Trip) {
			mustUpdate(t, s, tr.ID, accept(tr.Offer.ID, tr.Offer.DriverID))
			mustUpdate(t, s, tr.ID, func(tr *trip.Trip) ([]trip.Event, error) {
				return tr.Redispatch(tr.DriverID, trip.Actor{Role: trip.Driver, ID: tr.DriverID}, "", search, after(time.Minute))
			})
		},
		"Complete": func(t *testing.T, tr *trip.Trip) {
			mustUpdate(t, s, tr.ID, accept(tr.Offer.ID, tr.Offer.DriverID))
			for _, step := range []func(*trip.Trip, string, time.Time) ([]trip.Event, error){
				(*trip.Trip).Arrive, (*trip.Trip).Start, (*trip.Trip).Complete,
			} {
				mustUpdate(t, s, tr.ID, func(tr *trip.Trip) ([]trip.Event, error) { return step(tr, tr.DriverID, after(time.Minute)) })
			}
		},
	} {
		t.Run(name, func(t *testing.T) { followClaim(t, s, "d-"+name, end) })
	}
	t.Run("ErrDriverClaimed", func(t *testing.T) { refuseClaim(t, s) })
	t.Run("Slots", func(t *testing.T) {
		next, current := mustRequest(t, s), mustRequest(t, s)
		p := proposal(next.ID, "d-slots")
		p.Slot = 1
		mustOffer(t, s, p)
		mustAssign(t, s, current, "d-slots")
		if got := claimants(t, s, "d-slots"); !slices.Equal(got, []string{current.ID, next.ID}) {
			t.Errorf("claims by slot = %v, want %s, %s", got, current.ID, next.ID)
		}
	})
}

func followClaim(t *testing.T, s Store, driverID string, end func(*testing.T, *trip.Trip)) {
	held := mustOffer(t, s, proposal(mustRequest(t, s).ID, driverID))
	if got := claimants(t, s, driverID); !slices.Equal(got, []string{held.ID}) {
		t.Fatalf("with the offer the driver is claimed by %v", got)
	}
	end(t, held)
	if got := claimants(t, s, driverID); len(got) != 0 {
		t.Errorf("at the end the driver is claimed by %v", got)
	}
	other := mustRequest(t, s)
	mustOffer(t, s, proposal(other.ID, driverID))
	if got := claimants(t, s, driverID); !slices.Equal(got, []string{other.ID}) {
		t.Errorf("the next claim is %v", got)
	}
}

// refuseClaim wants a driver who is taken, by a change and by an offer.
func refuseClaim(t *testing.T, s Store) {
	held, loser := mustRequest(t, s), mustRequest(t, s)
	mustAssign(t, s, held, "d-taken")
	_, err := s.Update(t.Context(), loser.ID, func(tr *trip.Trip) ([]trip.Event, error) {
		return nil, tr.Propose(proposal(tr.ID, "d-taken"))
	})
	wantFault(t, err, fault.DriverClaimed)
	outcomes, err := s.Offer(t.Context(), []trip.Proposal{proposal(loser.ID, "d-taken")})
	if err != nil {
		t.Fatal(err)
	}
	wantFault(t, outcomes[0].Err, fault.DriverClaimed)
	if got := mustTrip(t, s, loser.ID); got.Offer != nil {
		t.Errorf("the refused offer is there: %+v", got.Offer)
	}
	if got := claimants(t, s, "d-taken"); !slices.Equal(got, []string{held.ID}) {
		t.Errorf("claims = %v", got)
	}
}

// testCancelled checks that a caller who went away is told so, and one whose
// time ran out that the store cannot serve at the moment.
func testCancelled(t *testing.T, p Place) {
	s := mustOpen(t, p)
	made := mustRequest(t, s)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := s.Trip(ctx, made.ID); !errors.Is(err, context.Canceled) {
		t.Errorf("Trip: %v", err)
	}
	if _, err := s.Update(ctx, made.ID, cancel); !errors.Is(err, context.Canceled) {
		t.Errorf("Update: %v", err)
	}
	// Whose time is up still waits for an answer.
	late, stop := context.WithDeadline(t.Context(), start)
	defer stop()
	_, err := s.Trip(late, made.ID)
	wantFault(t, err, fault.Unavailable)
	_, err = s.Update(late, made.ID, cancel)
	wantFault(t, err, fault.Unavailable)
	_, err = s.Offer(late, []trip.Proposal{proposal(made.ID, "d1")})
	wantFault(t, err, fault.Unavailable)
	_, err = s.Answered(late, "r1", "k")
	wantFault(t, err, fault.Unavailable)
	if got := mustTrip(t, s, made.ID); got.State != trip.Searching || got.Offer != nil {
		t.Errorf("the trip is %+v", got)
	}
}

// testReopen checks that the data outlives the store.
func testReopen(t *testing.T, p Place) {
	s := mustOpen(t, p)
	assigned := mustAssign(t, s, mustRequest(t, s), "d1")
	offered := mustOffer(t, s, proposal(mustRequest(t, s).ID, "d2"))
	queued := mustPending(t, s)
	s.Close()
	s.Close()

	s = mustOpen(t, p)
	for _, want := range []*trip.Trip{assigned, offered} {
		if got := mustTrip(t, s, want.ID); !reflect.DeepEqual(got, want) {
			t.Errorf("after reopening\n%+v, before\n%+v", got, want)
		}
	}
	if got := claimants(t, s, "d2"); !slices.Equal(got, []string{offered.ID}) {
		t.Errorf("d2 is claimed by %v", got)
	}
	if got := mustPending(t, s); !reflect.DeepEqual(got, queued) {
		t.Errorf("the outbox has\n%+v, had\n%+v", got, queued)
	}
}
