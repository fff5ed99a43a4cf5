package storetest

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/account"
	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Audit is the part of a store that keeps what operators did.
type Audit interface {
	Record(ctx context.Context, entries ...audit.Entry) error
	Audited(ctx context.Context, q audit.Query) (page []audit.Entry, next string, err error)
}

func mustAudited(tb testing.TB, s Audit, q audit.Query) (page []audit.Entry, next string) {
	tb.Helper()
	page, next, err := s.Audited(tb.Context(), q)
	if err != nil {
		tb.Fatal(err)
	}
	return page, next
}

func testAudit(t *testing.T, p Place) {
	s := mustOpen(t, p)
	var want []audit.Entry // the newest first
	for i := range 7 {
		e := audit.Entry{At: after(time.Duration(i%3) * time.Second), By: "Ñandú", Action: fmt.Sprint("policy.", i), Subject: fmt.Sprint("area:", i%2)}
		if i > 0 {
			e.Detail = map[string]any{"n": float64(i), "of": map[string]any{"a": "b"}}
		}
		if err := s.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		e.At = e.At.UTC().Truncate(trip.Precision)
		want = append([]audit.Entry{e}, want...)
	}
	for _, limit := range []int{0, 1, 3, 6, 7, 8} {
		for subject, want := range map[string][]audit.Entry{"": want, "area:0": {want[0], want[2], want[4], want[6]}, "area:1": {want[1], want[3], want[5]}, "none": nil} {
			var got []audit.Entry
			for q := (audit.Query{Subject: subject, Limit: limit}); ; {
				page, next := mustAudited(t, s, q)
				got = append(got, page...)
				if q.Cursor = next; next == "" || limit > 0 && len(page) > limit {
					break
				}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("pages of %d about %q: %+v, want %+v", limit, subject, got, want)
			}
		}
	}
	for _, cursor := range []string{"x", "0", "-3", "9223372036854775808"} {
		_, _, err := s.Audited(t.Context(), audit.Query{Cursor: cursor})
		wantFault(t, err, fault.Invalid)
	}
}

// wantLast checks the newest entry.
func wantLast(tb testing.TB, s Audit, want audit.Entry) {
	tb.Helper()
	page, _ := mustAudited(tb, s, audit.Query{Limit: 1})
	want.At = want.At.UTC().Truncate(trip.Precision)
	if len(page) != 1 || !reflect.DeepEqual(page[0], want) {
		tb.Errorf("the newest entry is %+v, want %+v", page, want)
	}
}

// An entry is there if and only if what it tells of is.
func testAuditOfChanges(t *testing.T, p Place) {
	s := mustOpen(t, p)
	by := trip.Actor{Role: trip.Operator, ID: "op"}
	t.Run("Trip", func(t *testing.T) {
		made := mustAssign(t, s, mustRequest(t, s), "d1")
		mustUpdate(t, s, mustRequest(t, s).ID, cancel) // the rider's doing
		if page, _ := mustAudited(t, s, audit.Query{}); len(page) != 0 {
			t.Fatalf("without an operator there are entries: %+v", page)
		}
		take := func(t *trip.Trip) ([]trip.Event, error) {
			return t.Redispatch("d1", by, "lost", search, after(time.Minute))
		}
		mustUpdate(t, s, made.ID, take)
		wantLast(t, s, audit.Entry{At: after(time.Minute), By: "op", Action: "trip.redispatch", Subject: audit.Trip(made.ID), Detail: map[string]any{"reason": "lost", "driver_id": "d1"}})
		end := func(t *trip.Trip) ([]trip.Event, error) { return t.Cancel(by, "", after(2*time.Minute)) }
		for range 2 { // a repetition is no second action
			mustUpdate(t, s, made.ID, end)
		}
		if page, _ := mustAudited(t, s, audit.Query{Subject: audit.Trip(made.ID)}); len(page) != 2 || page[0].Action != "trip.cancel" || page[0].Detail != nil {
			t.Errorf("the entries are %+v", page)
		}
	})
	t.Run("DriverAndDevices", func(t *testing.T) { auditDrivers(t, s) })
	t.Run("Account", func(t *testing.T) {
		accounts, ok := s.(Accounts)
		if !ok {
			t.Skip("this store keeps no accounts")
		}
		a := account.Account{ID: "a", Role: trip.Rider, Password: "x", CreatedAt: start}
		made, ended := entry("account.create"), entry("account.disable")
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		must(accounts.AddAccount(t.Context(), a, made))
		wantLast(t, s, made)
		wantFault(t, accounts.AddAccount(t.Context(), a, entry("again")), fault.AlreadyExists)
		reset := entry("account.reset_password")
		must(accounts.ChangePassword(t.Context(), account.Change{ID: "a", New: "y", Now: start}, reset))
		wantLast(t, s, reset)
		wantFault(t, accounts.ChangePassword(t.Context(), account.Change{ID: "a", Old: "x", New: "z", Now: start}, entry("none")), fault.NotFound)
		wantLast(t, s, reset)
		must(accounts.DisableAccount(t.Context(), "a", start, ended))
		wantLast(t, s, ended)
		wantFault(t, accounts.DisableAccount(t.Context(), "nobody", start, entry("none")), fault.NotFound)
		wantLast(t, s, ended)
	})
}

func entry(action string) audit.Entry {
	return audit.Entry{At: start, By: "op", Action: action, Subject: "x:" + action}
}

func auditDrivers(t *testing.T, s Store) {
	profile := driver.Profile{ID: "d1", Class: driver.Standard, Seats: 4, CreatedAt: start}
	made := entry("driver.register")
	for _, log := range []audit.Entry{made, entry("again")} { // the same again stores nothing
		if _, _, err := s.Register(t.Context(), profile, log); err != nil {
			t.Fatal(err)
		}
		wantLast(t, s, made)
	}
	profile.Seats = 5
	_, _, err := s.Register(t.Context(), profile, entry("other"))
	wantFault(t, err, fault.AlreadyExists)
	wantLast(t, s, made)

	issued, revoked := entry("device.issue"), entry("device.revoke")
	if err := s.AddDevice(t.Context(), driver.Device{ID: "x", DriverID: "d1", Hash: "x", CreatedAt: start}, issued); err != nil {
		t.Fatal(err)
	}
	wantLast(t, s, issued)
	wantFault(t, s.AddDevice(t.Context(), driver.Device{ID: "y", DriverID: "nobody", Hash: "y", CreatedAt: start}, entry("none")), fault.NotFound)
	wantFault(t, s.RemoveDevice(t.Context(), "d1", "z", entry("none")), fault.NotFound)
	wantLast(t, s, issued)
	if err := s.RemoveDevice(t.Context(), "d1", "x", revoked); err != nil {
		t.Fatal(err)
	}
	wantLast(t, s, revoked)
}
