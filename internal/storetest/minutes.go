package storetest

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/figures"
)

// minutes is the part of a store that keeps what dispatchers counted. A replay's
// has none.
type minutes interface {
	SaveMinutes(ctx context.Context, rows []figures.Row) error
	Minutes(ctx context.Context, from, to time.Time) ([]figures.Row, error)
	PurgeMinutes(ctx context.Context, before time.Time) (purged int, err error)
}

func testMinutes(t *testing.T, p Place) {
	s, ok := mustOpen(t, p).(minutes)
	if !ok {
		t.Skip("this store keeps no minutes")
	}
	row := func(minute int, dispatcher, run string, requests uint64) figures.Row {
		r := figures.Row{At: after(time.Duration(minute) * time.Minute).UTC().Truncate(time.Minute), Dispatcher: dispatcher, Run: run}
		r.Minute.Requests = requests
		r.Minute.Stood("line", requests)
		r.Minute.Wait.Add(time.Duration(requests) * time.Second)
		r.Minute.Online.See(7)
		return r
	}
	save := func(rows ...figures.Row) {
		t.Helper()
		if err := s.SaveMinutes(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(what string, from, to int, want ...figures.Row) {
		t.Helper()
		got, err := s.Minutes(t.Context(), row(from, "", "", 0).At, row(to, "", "", 0).At)
		if err != nil {
			t.Fatal(err)
		}
		have, _ := json.Marshal(got)
		wanted, _ := json.Marshal(append([]figures.Row{}, want...))
		if len(got) != len(want) || len(want) > 0 && string(have) != string(wanted) {
			t.Errorf("%s: %s, want %s", what, have, wanted)
		}
	}
	expect("nothing counted", -100, 100)
	save()
	save(row(1, "b", "1", 3), row(1, "a", "2", 2), row(1, "a", "1", 1))
	save(row(2, "a", "1", 4), row(3, "a", "1", 5))
	expect("by time, dispatcher and run, the end left out", 1, 3, row(1, "a", "1", 1), row(1, "a", "2", 2), row(1, "b", "1", 3), row(2, "a", "1", 4))
	save(row(2, "a", "1", 40))
	expect("the same minute again", 2, 3, row(2, "a", "1", 40))
	if purged, err := s.PurgeMinutes(t.Context(), row(2, "", "", 0).At); err != nil || purged != 3 {
		t.Errorf("%d were purged, %v, want 3", purged, err)
	}
	expect("after the purge", -100, 100, row(2, "a", "1", 40), row(3, "a", "1", 5))
}
