package api

import (
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/trip"
)

// However many callers there are, only so many are remembered: those who were
// silent for longest are forgotten.
func TestPaces_ForgetsTheSilent(t *testing.T) {
	now := time.Now()
	p := newPaces(Pace{PerSecond: 0.001, Burst: 1}, DefaultOperatorPace, 3)
	take := func(id string) error {
		return p.take(auth.Identity{Role: trip.Rider, Subject: id, Expires: now}, http.Header{}, now)
	}
	for i := range 10 {
		if err := take(fmt.Sprint("r", i)); err != nil {
			t.Fatal(err)
		}
		if err := take("r0"); err == nil {
			t.Fatalf("r0, who was never silent, is forgotten after %d others", i)
		}
	}
	if len(p.callers.known) != 3 || p.callers.recent.Len() != 3 {
		t.Errorf("%d and %d are remembered", len(p.callers.known), p.callers.recent.Len())
	}
	if err := take("r9"); err == nil {
		t.Error("r9 was forgotten")
	}
	if err := take("r1"); err != nil {
		t.Errorf("r1 was not forgotten: %v", err)
	}
}

// A stranger who goes on trying at one address keeps the account's owner out
// there alone, however long it lasts.
func TestTries_OneAddressDoesNotUseUpTheAccount(t *testing.T) {
	all, now := tries{newBuckets[try](100)}, time.Now()
	stranger, owner := netip.MustParseAddr("203.0.113.66"), netip.MustParseAddr("198.51.100.1")
	tried := 0
	for range 1000 {
		if all.take("ana", stranger, now) == nil {
			tried++
		}
	}
	if tried != triesOfOneAtAddress.Burst {
		t.Errorf("the stranger could try %d passwords", tried)
	}
	for i := range triesOfOneAtAddress.Burst {
		if err := all.take("ana", owner, now); err != nil {
			t.Fatalf("the owner's try %d: %v", i, err)
		}
	}
}

// Many addresses together are held to the account's own pace.
func TestTries_OfAnAccountFromEverywhere(t *testing.T) {
	all, now, tried := tries{newBuckets[try](10_000)}, time.Now(), 0
	for i := range 1000 {
		if all.take("ana", netip.AddrFrom4([4]byte{198, 51, byte(i / 250), byte(i % 250)}), now) == nil {
			tried++
		}
	}
	if tried != triesOfOne.Burst {
		t.Errorf("%d tries", tried)
	}
}

func TestPace_String(t *testing.T) {
	for pace, want := range map[Pace]string{
		triesOfOneAtAddress:         "one in 30 s and 10 at once",
		{PerSecond: 20, Burst: 60}:  "20 a second and 60 at once",
		{PerSecond: 2.5, Burst: 10}: "2.5 a second and 10 at once",
	} {
		if got := pace.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
