package bustest

import (
	"slices"
	"testing"
)

// testEnded has everybody hear which sessions ended, who tells it too.
func testEnded(t *testing.T, s Server) {
	one, other := join(t, s), join(t, s)
	told, fn := into[[]string]()
	stop := started(t, other)(other.Ended.Follow(fn))
	want := []string{unique("session"), unique("session")}
	must(t, one.Ended.Tell(t.Context(), want))
	for got := next(t, told); !slices.Equal(got, want); got = next(t, told) {
	}
	stop()
	stop()
	must(t, one.Ended.Tell(t.Context(), want))
	must(t, other.Flush(t.Context()))
	if len(told) != 0 {
		t.Errorf("told %v after the stop", <-told)
	}
}
