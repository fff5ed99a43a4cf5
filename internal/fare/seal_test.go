package fare_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/fault"
)

var (
	secret = bytes.Repeat([]byte("k"), 32)
	noon   = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	quote  = fare.Quote{
		Class: "standard", Pickup: geo.Point{Lat: 40.73061, Lon: -73.935242}, Dropoff: geo.Point{Lat: 40.75, Lon: -73.98},
		Fare: fare.Money{Amount: 1234, Currency: "USD"}, ExpiresAt: noon.Add(fare.QuoteFor),
	}
)

func TestSealer_OpensWhatItSealed(t *testing.T) {
	sealer := fare.NewSealer(secret)
	rapid.Check(t, func(t *rapid.T) {
		point := func(name string) geo.Point {
			return geo.Point{Lat: rapid.Float64Range(-90, 90).Draw(t, name), Lon: rapid.Float64Range(-180, 180).Draw(t, name)}
		}
		q := fare.Quote{
			Class: driver.Class(rapid.StringMatching(`[a-z]{1,64}`).Draw(t, "class")), Pickup: point("pickup"), Dropoff: point("dropoff"),
			Fare:      fare.Money{Amount: rapid.Int64().Draw(t, "amount"), Currency: "USD"},
			ExpiresAt: time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(t, "expires")).UTC(),
		}
		got, err := sealer.Open(sealer.Seal(q))
		if err != nil || got != q {
			t.Fatalf("got %+v, %v; want %+v", got, err, q)
		}
	})
}

func TestSealer_RefusesWhatItDidNotSeal(t *testing.T) {
	sealer := fare.NewSealer(secret)
	id := sealer.Seal(quote)
	refused := func(t *testing.T, id string) {
		t.Helper()
		if q, err := sealer.Open(id); !fault.Is(err, fault.Invalid) {
			t.Errorf("opened %q: %+v, %v", id, q, err)
		}
	}
	t.Run("AnyCharacterChanged", func(t *testing.T) {
		for i := range id {
			for _, c := range []byte{'A', 'B', '.', '=', '\n'} {
				if forged := id[:i] + string(c) + id[i+1:]; forged != id {
					refused(t, forged)
				}
			}
		}
	})
	t.Run("AnotherKey", func(t *testing.T) { refused(t, fare.NewSealer([]byte("another secret")).Seal(quote)) })
	t.Run("NoSeal", func(t *testing.T) { refused(t, strings.Split(id, ".")[0]) })
	t.Run("Empty", func(t *testing.T) { refused(t, "") })
	t.Run("Huge", func(t *testing.T) { refused(t, strings.Repeat("A", 1<<20)) })
}

func TestQuote_Honour(t *testing.T) {
	near := geo.Destination(quote.Pickup, 90, 1)
	far := geo.Destination(quote.Pickup, 90, 5)
	for name, c := range map[string]struct {
		class           driver.Class
		pickup, dropoff geo.Point
		at              time.Time
		ok              bool
	}{
		"OK":                {quote.Class, quote.Pickup, quote.Dropoff, noon, true},
		"OKLastMoment":      {quote.Class, quote.Pickup, quote.Dropoff, noon.Add(fare.QuoteFor - 1), true},
		"OKRounded":         {quote.Class, near, quote.Dropoff, noon, true},
		"ErrExpired":        {quote.Class, quote.Pickup, quote.Dropoff, noon.Add(fare.QuoteFor), false},
		"ErrOtherClass":     {"xl", quote.Pickup, quote.Dropoff, noon, false},
		"ErrOtherPickup":    {quote.Class, far, quote.Dropoff, noon, false},
		"ErrOtherDropoff":   {quote.Class, quote.Pickup, far, noon, false},
		"ErrPlacesSwitched": {quote.Class, quote.Dropoff, quote.Pickup, noon, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := quote.Honour(c.class, c.pickup, c.dropoff, c.at)
			if c.ok != (err == nil) || !c.ok && !fault.Is(err, fault.QuoteExpired) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func FuzzSealer_Open(f *testing.F) {
	sealer := fare.NewSealer(secret)
	good := sealer.Seal(quote)
	for _, id := range []string{good, "", ".", "e30.e30", good + "A", strings.Repeat(".", 100)} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if q, err := sealer.Open(id); err == nil && sealer.Seal(q) != id {
			t.Errorf("%q opened, and is not what was sealed", id)
		}
	})
}
