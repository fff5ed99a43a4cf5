package trip

import (
	"time"

	"github.com/cabstand/cabstand/internal/fare"
)

// Earning is what a completed trip brought its driver.
type Earning struct {
	CompletedAt time.Time
	Fare        fare.Money
	Metres      float64 // driven with the rider on board; 0 if unknown
}

// Earnings are those of a day, or of more.
type Earnings struct {
	Trips  int
	Amount int64 // of the fares in the currency that was asked for, in its minor units
	Others int   // trips that were paid in another currency, which Amount leaves out
	Metres float64
}

func (e *Earnings) add(one Earning, currency string) {
	e.Trips++
	e.Metres += one.Metres
	if one.Fare.Currency == currency {
		e.Amount += one.Fare.Amount
	} else {
		e.Others++
	}
}

// Plus is both together.
func (e Earnings) Plus(f Earnings) Earnings {
	return Earnings{e.Trips + f.Trips, e.Amount + f.Amount, e.Others + f.Others, e.Metres + f.Metres}
}

// ByDay sums up by the days of the zone from the one on which from is: as many of
// them as days. What lies outside of them is left out.
func ByDay(all []Earning, currency string, from time.Time, days int, zone *time.Location) []Earnings {
	sums := make([]Earnings, days)
	first := midday(from, zone)
	for _, one := range all {
		// Between two middays there are whole days, give or take an hour where the
		// clocks are changed.
		day := int(midday(one.CompletedAt, zone).Sub(first).Round(24*time.Hour) / (24 * time.Hour))
		if day >= 0 && day < days {
			sums[day].add(one, currency)
		}
	}
	return sums
}

// midday is noon of the day on which at is in the zone.
func midday(at time.Time, zone *time.Location) time.Time {
	y, m, d := at.In(zone).Date()
	return time.Date(y, m, d, 12, 0, 0, 0, zone)
}
