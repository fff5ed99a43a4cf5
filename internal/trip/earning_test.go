package trip_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/trip"
)

// Days are those of the calendar of the place, however many hours they have. The
// oracle compares their names.
func TestByDay(t *testing.T) {
	zones := []string{"UTC", "America/New_York", "Europe/Paris", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		from := time.Unix(rapid.Int64Range(1_700_000_000, 1_800_000_000).Draw(t, "from"), 0)
		days := rapid.IntRange(1, 40).Draw(t, "days")
		sums, want := make([]trip.Earnings, days), make([]trip.Earnings, days)
		var all []trip.Earning
		for range rapid.IntRange(0, 30).Draw(t, "trips") {
			e := trip.Earning{
				CompletedAt: from.Add(time.Duration(rapid.Int64Range(-50*24*3600, 50*24*3600).Draw(t, "after")) * time.Second),
				Fare:        fare.Money{Amount: rapid.Int64Range(0, 9999).Draw(t, "amount"), Currency: rapid.SampledFrom([]string{"EUR", "CHF"}).Draw(t, "currency")},
				Metres:      float64(rapid.IntRange(0, 9).Draw(t, "km") * 1000),
			}
			all = append(all, e)
			y, m, d := from.In(zone).Date()
			for i := range days {
				if e.CompletedAt.In(zone).Format(time.DateOnly) != time.Date(y, m, d+i, 12, 0, 0, 0, time.UTC).Format(time.DateOnly) {
					continue
				}
				want[i].Trips++
				want[i].Metres += e.Metres
				if e.Fare.Currency == "EUR" {
					want[i].Amount += e.Fare.Amount
				} else {
					want[i].Others++
				}
			}
		}
		copy(sums, trip.ByDay(all, "EUR", from, days, zone))
		for i := range want {
			if sums[i] != want[i] {
				t.Fatalf("day %d: %+v, want %+v", i, sums[i], want[i])
			}
		}
	})
}
