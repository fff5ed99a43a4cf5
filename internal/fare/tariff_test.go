package fare_test

import (
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/fault"
)

func TestTariff_Price(t *testing.T) {
	tariff := fare.DefaultTariff()
	for _, c := range []struct {
		name   string
		class  driver.Class
		metres float64
		took   time.Duration
		surge  fare.Surge
		want   int64
	}{
		{"NoWayIsTheMinimum", "standard", 0, 0, fare.NoSurge, 600},
		{"JustUnderTheMinimum", "standard", 1000, 6 * time.Minute, fare.NoSurge, 600},
		{"TenKilometres", "standard", 10_000, 20 * time.Minute, fare.NoSurge, 250 + 1100 + 700},
		{"HalvesGoUp", "standard", 10_000, 20*time.Minute + 30*time.Second, fare.NoSurge, 250 + 1100 + 718},
		{"APartOfAMetreCounts", "premium", 10_000.000001, 0, fare.NoSurge, 600 + 2300},
		{"SurgeMultipliesTheMinimum", "standard", 0, 0, 1500, 900},
		{"SurgeRoundsToNearest", "standard", 10_000, 20 * time.Minute, 1001, 2052},
		{"AnotherClass", "xl", 10_000, 20 * time.Minute, fare.NoSurge, 400 + 1700 + 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := tariff.Price(c.class, c.metres, c.took, c.surge)
			if err != nil || got != (fare.Money{Amount: c.want, Currency: "USD"}) {
				t.Errorf("got %v, %v; want %d USD", got, err, c.want)
			}
		})
	}
	t.Run("ErrUnknownClass", func(t *testing.T) {
		_, err := tariff.Price("moped", 1, 1, fare.NoSurge)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "standard") {
			t.Errorf("got %v, want invalid naming the classes", err)
		}
	})
	t.Run("ErrNoRide", func(t *testing.T) {
		for _, metres := range []float64{-1, math.NaN(), math.Inf(1), 1e9} {
			if m, err := tariff.Price("standard", metres, 0, fare.NoSurge); err == nil {
				t.Errorf("%v metres cost %v", metres, m)
			}
		}
		if m, err := tariff.Price("standard", 1, -time.Second, fare.NoSurge); err == nil {
			t.Errorf("a negative time costs %v", m)
		}
	})
}

// The oracle is exact rational arithmetic.
func TestTariff_PriceIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64Range(0, fare.MaxRate)
		r := fare.Rate{Base: amount.Draw(t, "base"), PerKm: amount.Draw(t, "km"), PerMinute: amount.Draw(t, "minute"), Minimum: amount.Draw(t, "minimum")}
		tariff := fare.Tariff{Currency: "EUR", Classes: map[driver.Class]fare.Rate{"standard": r}}
		m, s := rapid.Int64Range(0, 1_000_000).Draw(t, "metres"), rapid.Int64Range(0, 48*3600).Draw(t, "seconds")
		surge := rapid.Int64Range(1, 10_000).Draw(t, "surge")
		got, err := tariff.Price("standard", float64(m), time.Duration(s)*time.Second, fare.Surge(surge))
		if err != nil {
			t.Fatal(err)
		}
		sum := new(big.Rat).SetInt64(r.Base)
		sum.Add(sum, new(big.Rat).Mul(big.NewRat(r.PerKm, 1000), big.NewRat(m, 1)))
		sum.Add(sum, new(big.Rat).Mul(big.NewRat(r.PerMinute, 60), big.NewRat(s, 1)))
		whole := max(round(sum), r.Minimum)
		want := round(new(big.Rat).Mul(big.NewRat(whole, 1), big.NewRat(surge, 1000)))
		if got.Amount != want {
			t.Fatalf("got %d, want %d", got.Amount, want)
		}
	})
}

func round(r *big.Rat) int64 {
	r = new(big.Rat).Add(r, big.NewRat(1, 2))
	return new(big.Int).Div(r.Num(), r.Denom()).Int64()
}

func TestParseTariff(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		got, err := fare.ParseTariff([]byte(`{"currency":"EUR","classes":{"bike":{"base":100,"per_km":50,"per_minute":0,"minimum":100}}}`))
		if err != nil || got.Currency != "EUR" || got.Classes["bike"].PerKm != 50 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("DefaultIsValid", func(t *testing.T) {
		if err := fare.DefaultTariff().Validate(); err != nil {
			t.Error(err)
		}
	})
	for name, c := range map[string]struct{ in, names string }{
		"ErrNotJSON":      {`nope`, "tariff"},
		"ErrTwoObjects":   {`{"currency":"EUR","classes":{"a":{}}} {}`, "more"},
		"ErrUnknownField": {`{"currency":"EUR","classes":{"a":{"per_mile":3}}}`, "per_mile"},
		"ErrCurrency":     {`{"currency":"eur","classes":{"a":{}}}`, `"eur"`},
		"ErrNoClass":      {`{"currency":"EUR"}`, "classes"},
		"ErrClassName":    {`{"currency":"EUR","classes":{"a b":{}}}`, `"a b"`},
		"ErrNegative":     {`{"currency":"EUR","classes":{"a":{"per_km":-1}}}`, "tariff.classes.a.per_km: -1"},
		"ErrTooDear":      {`{"currency":"EUR","classes":{"a":{"base":1000000001}}}`, "tariff.classes.a.base"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := fare.ParseTariff([]byte(c.in))
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.names) {
				t.Errorf("got %v, want invalid naming %s", err, c.names)
			}
		})
	}
}

// Whatever a tariff says that is accepted, no fare is negative or runs over.
func FuzzParseTariff(f *testing.F) {
	for _, text := range []string{"", "{}", `{"currency":"EUR","classes":{"a":{"base":1000000000,"per_km":1000000000,"per_minute":1000000000,"minimum":0}}}`} {
		f.Add([]byte(text), 1e5, int64(3600))
	}
	f.Fuzz(func(t *testing.T, data []byte, metres float64, seconds int64) {
		tariff, err := fare.ParseTariff(data)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%v", err)
			}
			return
		}
		if !(metres >= 0 && metres <= 1e6) || seconds < 0 || seconds > 2*86400 {
			return
		}
		for class, rate := range tariff.Classes {
			got, err := tariff.Price(class, metres, time.Duration(seconds)*time.Second, fare.NoSurge)
			if err != nil || got.Amount < rate.Minimum || got.Currency != tariff.Currency {
				t.Errorf("%s: %+v, %v", class, got, err)
			}
		}
	})
}
