package storetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/account"
	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Accounts is the part of a store that keeps accounts and their sessions. The
// store of replays, whose riders sign in nowhere, has none.
type Accounts interface {
	AddAccount(ctx context.Context, a account.Account, log ...audit.Entry) error
	Account(ctx context.Context, id string) (account.Account, error)
	Accounts(ctx context.Context, cursor string, limit int) (page []account.Account, next string, err error)
	DisableAccount(ctx context.Context, id string, now time.Time, log ...audit.Entry) error
	ChangePassword(ctx context.Context, c account.Change, log ...audit.Entry) error
	StartSession(ctx context.Context, n account.Session, password, refresh string) error
	Rotate(ctx context.Context, r account.Rotation) (n account.Session, of account.Account, reused bool, err error)
	EndSession(ctx context.Context, hash string, now time.Time) (ended string, err error)
	Revoked(ctx context.Context, since time.Time, limit int) ([]string, error)
	PurgeSessions(ctx context.Context, before time.Time) (purged int, err error)
}

func mustAccounts(t *testing.T, p Place) Accounts {
	t.Helper()
	s, ok := mustOpen(t, p).(Accounts)
	if !ok {
		t.Skip("this store keeps no accounts")
	}
	return s
}

func mustAddAccount(tb testing.TB, s Accounts, id string, role trip.Role) account.Account {
	tb.Helper()
	a := account.Account{ID: id, Role: role, Password: "hash of " + id, CreatedAt: start}
	if err := s.AddAccount(tb.Context(), a); err != nil {
		tb.Fatal(err)
	}
	a.CreatedAt = a.CreatedAt.UTC().Truncate(trip.Precision)
	return a
}

// mustStart begins a session whose first token is the session's id with "-0".
func mustStart(tb testing.TB, s Accounts, id, accountID string) account.Session {
	tb.Helper()
	n := account.Session{ID: id, AccountID: accountID, CreatedAt: start, ExpiresAt: after(time.Hour)}
	if err := s.StartSession(tb.Context(), n, "hash of "+accountID, id+"-0"); err != nil {
		tb.Fatal(err)
	}
	return n
}

func rotation(old, next string) account.Rotation {
	return account.Rotation{Old: old, Next: next, Now: after(time.Minute), ExpiresAt: after(2 * time.Hour)}
}

func testAccounts(t *testing.T, p Place) {
	s := mustAccounts(t, p)
	var all []account.Account
	for i, role := range []trip.Role{trip.Rider, trip.Driver, trip.Operator} {
		all = append(all, mustAddAccount(t, s, fmt.Sprint("a", i), role))
	}
	for _, want := range all {
		if got, err := s.Account(t.Context(), want.ID); err != nil || got != want {
			t.Errorf("Account = %+v, %v, want %+v", got, err, want)
		}
	}
	_, err := s.Account(t.Context(), "nobody")
	wantFault(t, err, fault.NotFound)
	wantFault(t, s.AddAccount(t.Context(), account.Account{ID: "a1", Role: trip.Operator, Password: "x", CreatedAt: start}), fault.AlreadyExists)
	if got, err := s.Account(t.Context(), "a1"); err != nil || got != all[1] {
		t.Errorf("after a second one of that id: %+v, %v", got, err)
	}
	first, next, err := s.Accounts(t.Context(), "", 2)
	if err != nil || len(first) != 2 || next != "a1" || first[0] != all[0] {
		t.Errorf("page %+v, %q, %v", first, next, err)
	}
	last, next, err := s.Accounts(t.Context(), next, 2)
	if err != nil || len(last) != 1 || next != "" || last[0] != all[2] {
		t.Errorf("last page %+v, %q, %v", last, next, err)
	}
}

func testDisabledAccounts(t *testing.T, p Place) {
	s := mustAccounts(t, p)
	for _, id := range []string{"a", "b"} {
		mustAddAccount(t, s, id, trip.Rider)
		mustStart(t, s, "of-"+id, id)
	}
	if err := s.DisableAccount(t.Context(), "a", after(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if a, err := s.Account(t.Context(), "a"); err != nil || !a.Disabled {
		t.Errorf("%+v, %v", a, err)
	}
	wantRevoked(t, s, after(time.Minute), "of-a")
	_, _, _, err := s.Rotate(t.Context(), rotation("of-a-0", "of-a-1"))
	wantFault(t, err, fault.NotFound)
	wantFault(t, s.StartSession(t.Context(), account.Session{ID: "x", AccountID: "a", CreatedAt: start, ExpiresAt: after(time.Hour)}, "hash of a", "x-0"), fault.NotFound)
	wantFault(t, s.StartSession(t.Context(), account.Session{ID: "y", AccountID: "nobody", CreatedAt: start, ExpiresAt: after(time.Hour)}, "", "y-0"), fault.NotFound)
	wantFault(t, s.DisableAccount(t.Context(), "nobody", start), fault.NotFound)
	wantFault(t, s.AddAccount(t.Context(), account.Account{ID: "a", Role: trip.Rider, CreatedAt: start}), fault.AlreadyExists)
	if _, _, reused, err := s.Rotate(t.Context(), rotation("of-b-0", "of-b-1")); err != nil || reused {
		t.Errorf("the other account: %v, %v", reused, err)
	}
}

// A password that is changed ends the sessions that began with the old one, and no
// session begins with it any more, by a sign-in that was on its way neither.
func testChangedPasswords(t *testing.T, p Place) {
	s := mustAccounts(t, p)
	for _, id := range []string{"a", "b", "gone"} {
		mustAddAccount(t, s, id, trip.Rider)
	}
	if err := s.DisableAccount(t.Context(), "gone", start); err != nil {
		t.Fatal(err)
	}
	mustStart(t, s, "mine", "a")
	mustStart(t, s, "thief", "a")
	mustStart(t, s, "other", "b")
	for name, c := range map[string]account.Change{
		"Nobody": {ID: "nobody", New: "x"}, "Disabled": {ID: "gone", New: "x"}, "NotTheOld": {ID: "a", Old: "hash of b", New: "x"},
	} {
		c.Now = after(time.Minute)
		if err := s.ChangePassword(t.Context(), c); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantRevoked(t, s, start)
	change := func(c account.Change) {
		t.Helper()
		c.ID, c.Now = "a", after(time.Minute)
		if err := s.ChangePassword(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if a, err := s.Account(t.Context(), "a"); err != nil || a.Password != c.New {
			t.Errorf("%+v, %v", a, err)
		}
	}
	change(account.Change{Old: "hash of a", New: "second", Keep: "mine"})
	wantRevoked(t, s, start, "thief")
	late := account.Session{ID: "late", AccountID: "a", CreatedAt: start, ExpiresAt: after(time.Hour)}
	wantFault(t, s.StartSession(t.Context(), late, "hash of a", "late-0"), fault.NotFound)
	if err := s.StartSession(t.Context(), late, "second", "late-0"); err != nil {
		t.Error(err)
	}
	change(account.Change{New: "third"})
	wantRevoked(t, s, start, "late", "mine", "thief")
	if _, _, _, err := s.Rotate(t.Context(), rotation("other-0", "other-1")); err != nil {
		t.Errorf("another account's session: %v", err)
	}
}

func wantRevoked(tb testing.TB, s Accounts, since time.Time, want ...string) {
	tb.Helper()
	got, err := s.Revoked(tb.Context(), since, 10)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		tb.Errorf("revoked since %v: %v, %v, want %v", since, got, err, want)
	}
}

func testSessions(t *testing.T, p Place) {
	s := mustAccounts(t, p)
	a := mustAddAccount(t, s, "a", trip.Driver)
	want := mustStart(t, s, "s1", "a")
	mustStart(t, s, "s2", "a")
	t.Run("Rotate", func(t *testing.T) {
		n, of, reused, err := s.Rotate(t.Context(), rotation("s1-0", "s1-1"))
		want.CreatedAt, want.ExpiresAt = want.CreatedAt.UTC().Truncate(trip.Precision), after(2*time.Hour).UTC().Truncate(trip.Precision)
		if err != nil || reused || n != want || of != a {
			t.Errorf("%+v, %+v, %v, %v", n, of, reused, err)
		}
		if _, _, reused, err := s.Rotate(t.Context(), rotation("s1-1", "s1-2")); err != nil || reused {
			t.Errorf("the next: %v, %v", reused, err)
		}
	})
	t.Run("UnknownToken", func(t *testing.T) {
		_, _, _, err := s.Rotate(t.Context(), rotation("none", "s1-9"))
		wantFault(t, err, fault.NotFound)
	})
	t.Run("ReuseEndsTheSession", func(t *testing.T) {
		wantRevoked(t, s, start)
		n, _, reused, err := s.Rotate(t.Context(), rotation("s1-0", "s1-3"))
		if err != nil || !reused || n.ID != "s1" {
			t.Fatalf("%+v, %v, %v", n, reused, err)
		}
		for _, token := range []string{"s1-2", "s1-3", "s1-0"} {
			_, _, _, err := s.Rotate(t.Context(), rotation(token, "s1-4"))
			wantFault(t, err, fault.NotFound)
		}
		wantRevoked(t, s, start, "s1")
	})
	t.Run("End", func(t *testing.T) {
		if ended, err := s.EndSession(t.Context(), "s2-0", after(5*time.Minute)); err != nil || ended != "s2" {
			t.Errorf("%q, %v", ended, err)
		}
		if ended, err := s.EndSession(t.Context(), "none", after(time.Minute)); err != nil || ended != "" {
			t.Errorf("an unknown token: %q, %v", ended, err)
		}
		wantRevoked(t, s, start, "s2", "s1")
		wantRevoked(t, s, after(5*time.Minute), "s2")
		wantRevoked(t, s, after(6*time.Minute))
	})
	t.Run("RunOut", func(t *testing.T) {
		mustStart(t, s, "s3", "a")
		late := rotation("s3-0", "s3-1")
		late.Now = after(time.Hour)
		_, _, _, err := s.Rotate(t.Context(), late)
		wantFault(t, err, fault.NotFound)
		mustStart(t, s, "s4", "a")
		if _, _, _, err := s.Rotate(t.Context(), rotation("s4-0", "s4-1")); err != nil {
			t.Fatal(err)
		}
		if purged, err := s.PurgeSessions(t.Context(), after(90*time.Minute)); err != nil || purged != 2 { // s2 and s3
			t.Errorf("%d purged, %v", purged, err)
		}
		if _, _, reused, err := s.Rotate(t.Context(), rotation("s4-1", "s4-2")); err != nil || reused {
			t.Errorf("one that goes on: %v, %v", reused, err)
		}
	})
}

// An answer that was lost costs nobody the session: the old token is taken again,
// as often as need be, and what was given for it before is good for nothing. That
// ends a minute later, or with the first use of what was given.
func testLostAnswers(t *testing.T, p Place) {
	s := mustAccounts(t, p)
	mustAddAccount(t, s, "a", trip.Driver)
	at := func(r account.Rotation, late time.Duration) account.Rotation {
		r.Now = r.Now.Add(late)
		return r
	}
	cases := map[string]struct {
		lost []account.Rotation // all but the last go on
		over bool               // the last one ends the session
	}{
		"Again":                {lost: []account.Rotation{rotation("0", "1"), rotation("0", "2"), rotation("0", "3"), rotation("3", "4"), rotation("4", "5")}},
		"WithinAMinute":        {lost: []account.Rotation{rotation("0", "1"), at(rotation("0", "2"), account.LostAnswer-time.Second)}},
		"AMinuteLater":         {lost: []account.Rotation{rotation("0", "1"), at(rotation("0", "2"), account.LostAnswer)}, over: true},
		"AMinuteAfterTheFirst": {lost: []account.Rotation{rotation("0", "1"), at(rotation("0", "2"), account.LostAnswer/2), at(rotation("0", "3"), account.LostAnswer)}, over: true},
		"TheNextWasUsed":       {lost: []account.Rotation{rotation("0", "1"), rotation("1", "2"), rotation("0", "3")}, over: true},
		"TheLaterNextWasUsed":  {lost: []account.Rotation{rotation("0", "1"), rotation("0", "2"), rotation("2", "3"), rotation("0", "4")}, over: true},
		"TheVoidOne":           {lost: []account.Rotation{rotation("0", "1"), rotation("0", "2"), rotation("1", "3")}, over: true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			mustStart(t, s, name, "a")
			for i, r := range c.lost {
				r.Old, r.Next = name+"-"+r.Old, name+"-"+r.Next
				n, _, reused, err := s.Rotate(t.Context(), r)
				if want := c.over && i == len(c.lost)-1; err != nil || reused != want || n.ID != name {
					t.Fatalf("%s for %s: session %q, reused %v, %v", r.Next, r.Old, n.ID, reused, err)
				}
			}
			_, _, reused, err := s.Rotate(t.Context(), rotation(name+"-"+c.lost[len(c.lost)-1].Next, name+"-end"))
			if over := fault.Is(err, fault.NotFound); reused || over != c.over || !over && err != nil {
				t.Errorf("afterwards: reused %v, %v", reused, err)
			}
		})
	}
}

// Of many who give in one token at the same time each gets a next one, and one of
// these is good; the session ends for all when they are used.
func testRotationRace(t *testing.T, p Place) {
	s := mustAccounts(t, p)
	mustAddAccount(t, s, "a", trip.Rider)
	mustStart(t, s, "s", "a")
	race := func(rotations func(i int) account.Rotation) (won int64) {
		var racers sync.WaitGroup
		var count atomic.Int64
		for i := range 8 {
			racers.Go(func() {
				_, _, reused, err := s.Rotate(t.Context(), rotations(i))
				if err == nil && !reused {
					count.Add(1)
				} else if err != nil && !fault.Is(err, fault.NotFound) {
					t.Error(err)
				}
			})
		}
		racers.Wait()
		return count.Load()
	}
	if won := race(func(i int) account.Rotation { return rotation("s-0", fmt.Sprint("s-1-", i)) }); won != 8 {
		t.Errorf("%d got a next token", won)
	}
	if won := race(func(i int) account.Rotation { return rotation(fmt.Sprint("s-1-", i), fmt.Sprint("s-2-", i)) }); won > 1 {
		t.Errorf("%d of the next tokens were good", won)
	}
	wantRevoked(t, s, start, "s")
}
