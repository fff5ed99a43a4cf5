package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

const noLimit = 1_000_000

// way is n fixes, one each second, on a way that is no straight line and crosses
// the antimeridian.
func way(first time.Time, n int) []trip.Fix {
	fixes := make([]trip.Fix, n)
	at := geo.Point{Lat: -17.7, Lon: 179.9995}
	for i := range fixes {
		fixes[i] = wire.RoundFix(trip.Fix{Point: at, At: first.Add(time.Duration(i) * 1001 * time.Millisecond)})
		at = geo.Destination(at, 90+30*float64(i%3), 13.7)
	}
	return fixes
}

// mustRidden is a trip that is ridden, or was: its end as done tells.
func mustRidden(tb testing.TB, s Store, driverID string, done ...func(*trip.Trip) ([]trip.Event, error)) *trip.Trip {
	tb.Helper()
	t := mustAssign(tb, s, mustRequest(tb, s), driverID)
	for _, step := range append([]func(*trip.Trip) ([]trip.Event, error){
		func(t *trip.Trip) ([]trip.Event, error) { return t.Arrive(driverID, after(time.Minute)) },
		func(t *trip.Trip) ([]trip.Event, error) { return t.Start(driverID, after(2*time.Minute)) },
	}, done...) {
		t = mustUpdate(tb, s, t.ID, step)
	}
	return t
}

func mustFixes(tb testing.TB, s Store, tripID string) []trip.Fix {
	tb.Helper()
	fixes, err := s.Fixes(tb.Context(), tripID)
	if err != nil {
		tb.Fatal(err)
	}
	return fixes
}

func mustAdd(tb testing.TB, s Store, tripID string, fixes []trip.Fix, limit int) {
	tb.Helper()
	if err := s.AddPart(tb.Context(), trip.Part{TripID: tripID, Fixes: fixes}, limit); err != nil {
		tb.Fatal(err)
	}
}

// testTrackParts adds parts out of order, twice, shorter and longer.
func testTrackParts(t *testing.T, p Place) {
	s := mustOpen(t, p)
	first, second := mustRidden(t, s, "d1"), mustRidden(t, s, "d2")
	fixes, other := way(start, 30), way(start.Add(time.Hour), 5)
	mustAdd(t, s, first.ID, fixes[20:30], noLimit)
	mustAdd(t, s, first.ID, fixes[0:5], noLimit)
	mustAdd(t, s, second.ID, other, noLimit)
	mustAdd(t, s, first.ID, fixes[0:20], noLimit) // more of the first part
	mustAdd(t, s, first.ID, fixes[0:7], noLimit)  // and less
	mustAdd(t, s, first.ID, fixes[20:30], noLimit)
	mustAdd(t, s, "00000000-0000-0000-0000-000000000000", fixes, noLimit)
	if got := mustFixes(t, s, first.ID); !reflect.DeepEqual(got, fixes) {
		t.Errorf("%d fixes, want all 30 in order: %v", len(got), got)
	}
	mustAdd(t, s, first.ID, way(start.Add(2*time.Hour), 3), 30)
	if got := mustFixes(t, s, first.ID); len(got) != 30 {
		t.Errorf("%d fixes over a limit of 30", len(got))
	}
	mustAdd(t, s, first.ID, way(start.Add(2*time.Hour), 3), 31)
	if got := mustFixes(t, s, first.ID); len(got) != 33 {
		t.Errorf("%d fixes, of 33 under the limit", len(got))
	}
	if err := s.DropParts(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	if got := mustFixes(t, s, first.ID); len(got) != 0 {
		t.Errorf("%d fixes are left", len(got))
	}
	if got := mustFixes(t, s, second.ID); !reflect.DeepEqual(got, other) {
		t.Errorf("of the other trip %v are left", got)
	}
	if got := mustTrip(t, s, first.ID); !reflect.DeepEqual(got, first) {
		t.Errorf("the trip is %+v, was %+v", got, first)
	}
}

// testTracks saves tracks: what is read is what was saved, the trip has its
// length, and neither its version nor its events tell of it.
func testTracks(t *testing.T, p Place) {
	s := mustOpen(t, p)
	ridden := mustRidden(t, s, "d1", func(t *trip.Trip) ([]trip.Event, error) { return t.Complete("d1", after(time.Hour)) })
	events := mustEvents(t, s, ridden.ID)
	_, err := s.Track(t.Context(), ridden.ID)
	wantFault(t, err, fault.NotFound)
	fixes := way(start, 1000)
	save := func(metres float64, recorded, n int) trip.Track {
		t.Helper()
		track := trip.Track{TripID: ridden.ID, Fixes: fixes[:n], Metres: metres, Recorded: recorded}
		if err := s.SaveTrack(t.Context(), track); err != nil {
			t.Fatal(err)
		}
		return track
	}
	check := func(want trip.Track) {
		t.Helper()
		if got, err := s.Track(t.Context(), ridden.ID); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("track of %v m, %d of %d fixes, %v; want %v m, %d of %d", got.Metres, len(got.Fixes), got.Recorded, err,
				want.Metres, len(want.Fixes), want.Recorded)
		}
		after := ridden.Clone()
		after.Metres = want.Metres
		if got := mustTrip(t, s, ridden.ID); !reflect.DeepEqual(got, after) {
			t.Errorf("trip %+v, want %+v", got, after)
		}
	}
	check(save(100.5, 10, 2))
	best := save(12_345.6, 5000, 1000)
	check(best)
	save(7, 4999, 3) // late, and made of less
	check(best)
	check(save(8, 5000, 900))
	if got := mustEvents(t, s, ridden.ID); !reflect.DeepEqual(got, events) {
		t.Errorf("events %+v, were %+v", got, events)
	}
	if page, _, err := s.List(t.Context(), trip.Query{RiderID: ridden.RiderID}); err != nil || page[0].Metres != 8 {
		t.Errorf("listed %+v, %v", page, err)
	}
}

func testUnsettled(t *testing.T, p Place) {
	s := mustOpen(t, p)
	var want []string
	for i := range 5 {
		driverID := fmt.Sprint("d", i)
		ended := mustRidden(t, s, driverID, func(t *trip.Trip) ([]trip.Event, error) { return t.Complete(driverID, after(time.Hour)) })
		mustAdd(t, s, ended.ID, way(start, 3), noLimit)
		mustAdd(t, s, ended.ID, way(start.Add(time.Minute), 3), noLimit)
		want = append(want, ended.ID)
	}
	cancelled := mustRidden(t, s, "d5", func(t *trip.Trip) ([]trip.Event, error) {
		return t.Cancel(trip.Actor{Role: trip.Operator, ID: "o1"}, "", after(time.Hour))
	})
	mustAdd(t, s, cancelled.ID, way(start, 3), noLimit)
	want = append(want, cancelled.ID)
	late := mustRidden(t, s, "d6", func(t *trip.Trip) ([]trip.Event, error) { return t.Complete("d6", after(2*time.Hour)) })
	mustAdd(t, s, late.ID, way(start, 3), noLimit)
	mustAdd(t, s, mustRidden(t, s, "d7").ID, way(start, 3), noLimit)
	mustRidden(t, s, "d8", func(t *trip.Trip) ([]trip.Event, error) { return t.Complete("d8", after(time.Hour)) })
	slices.Sort(want)
	got, err := s.Unsettled(t.Context(), after(90*time.Minute), 100)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("unsettled %v, %v; want %v", got, err, want)
	}
	if got, err := s.Unsettled(t.Context(), after(90*time.Minute), 2); err != nil || !slices.Equal(got, want[:2]) {
		t.Errorf("unsettled %v, %v; want %v", got, err, want[:2])
	}
	if err := s.DropParts(t.Context(), want[1]); err != nil {
		t.Fatal(err)
	}
	want = slices.Delete(want, 1, 2)
	if got, err := s.Unsettled(t.Context(), after(90*time.Minute), 100); err != nil || !slices.Equal(got, want) {
		t.Errorf("unsettled %v, %v; want %v", got, err, want)
	}
}
