package api

import (
	"slices"
	"testing"
	"time"
)

// A cancellation that was asked for before the driver accepted, and carried out
// after, comes after; offers stand where they were made.
func TestMerged(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	event := func(s int, kind string) timelineEntry { return timelineEntry{At: at(s), Type: kind} }
	offer := func(s int, id string) timelineEntry { return timelineEntry{At: at(s), OfferID: id} }
	var got []string
	for _, e := range merged(
		[]timelineEntry{offer(1, "first"), offer(4, "second"), offer(9, "last")},
		[]timelineEntry{event(1, "requested"), event(5, "assigned"), event(3, "cancelled")},
	) {
		got = append(got, e.Type+e.OfferID)
	}
	if want := []string{"first", "requested", "second", "assigned", "cancelled", "last"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
