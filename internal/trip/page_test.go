package trip_test

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

func TestParseCursor(t *testing.T) {
	want := trip.Trip{ID: "0193-t", RequestedAt: time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)}
	at, id, err := trip.ParseCursor(want.Cursor())
	if err != nil || id != want.ID || !at.Equal(want.RequestedAt) {
		t.Errorf("got %v %q, %v", at, id, err)
	}
	for _, text := range []string{
		"", "1", "1 ", " t", "x t", "1 a\x00b", "1 \xff", "1 a b", "-1 t", "253402300800000000 t", "9223372036854775807 t", "99999999999999999999 t",
	} {
		if _, _, err := trip.ParseCursor(base64.RawURLEncoding.EncodeToString([]byte(text))); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, _, err := trip.ParseCursor("no cursor"); !fault.Is(err, fault.Invalid) {
		t.Errorf("no base64: %v", err)
	}
}
