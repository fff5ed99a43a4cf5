package fare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
)

// Rate is the price list of one class, in minor units of the tariff's currency.
type Rate struct {
	Base      int64 `json:"base"`
	PerKm     int64 `json:"per_km"`
	PerMinute int64 `json:"per_minute"`
	Minimum   int64 `json:"minimum"` // a ride costs at least this
}

// Tariff is what rides cost: one currency, one rate a class.
type Tariff struct {
	Currency string                `json:"currency"` // ISO 4217
	Classes  map[driver.Class]Rate `json:"classes"`
}

// DefaultTariff is a plausible price list for trying Cabstand out.
func DefaultTariff() Tariff {
	return Tariff{Currency: "USD", Classes: map[driver.Class]Rate{
		driver.Standard: {Base: 250, PerKm: 110, PerMinute: 35, Minimum: 600},
		"xl":            {Base: 400, PerKm: 170, PerMinute: 50, Minimum: 900},
		"premium":       {Base: 600, PerKm: 230, PerMinute: 70, Minimum: 1400},
	}}
}

// MaxRate is the highest amount that a rate may name: it keeps every fare far
// from overflowing.
const MaxRate = 1_000_000_000

var currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)

// ParseTariff reads a tariff from JSON:
//
//	{"currency":"EUR","classes":{"standard":{"base":300,"per_km":120,"per_minute":40,"minimum":700}}}
//
// Unknown fields are refused, so that a misspelt price is not free.
func ParseTariff(data []byte) (Tariff, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var t Tariff
	if err := dec.Decode(&t); err != nil {
		return Tariff{}, fault.Field("tariff", "%v: a JSON object with currency and classes is accepted", err)
	}
	if dec.More() {
		return Tariff{}, fault.Field("tariff", "there is more after the JSON object: one is accepted")
	}
	return t, t.Validate()
}

// Validate checks a tariff that somebody configured.
func (t Tariff) Validate() error {
	if !currencyPattern.MatchString(t.Currency) {
		return fault.Field("tariff.currency", "%q is not accepted: three capital letters of ISO 4217", t.Currency)
	}
	if len(t.Classes) == 0 {
		return fault.Field("tariff.classes", "none is not accepted: at least one class")
	}
	for _, class := range t.ClassNames() {
		if err := t.Classes[class].validate(class); err != nil {
			return err
		}
	}
	return nil
}

func (r Rate) validate(class driver.Class) error {
	at := "tariff.classes." + string(class)
	if !driver.ValidID(string(class)) {
		return fault.Field("tariff.classes", "%q is not accepted: 1 to 64 letters, digits, '-' or '_'", class)
	}
	for _, f := range []struct {
		name  string
		value int64
	}{{"base", r.Base}, {"per_km", r.PerKm}, {"per_minute", r.PerMinute}, {"minimum", r.Minimum}} {
		if f.value < 0 || f.value > MaxRate {
			return fault.Field(at+"."+f.name, "%d is not accepted: 0 to %d minor units", f.value, MaxRate)
		}
	}
	return nil
}

// ClassNames are the classes of the tariff, sorted.
func (t Tariff) ClassNames() []driver.Class {
	return slices.Sorted(maps.Keys(t.Classes))
}

// Rate is the rate of a class; the fault names the classes that there are.
func (t Tariff) Rate(class driver.Class) (Rate, error) {
	r, ok := t.Classes[class]
	if !ok {
		return Rate{}, fault.Field("class", "%q is not accepted: one of %v", class, t.ClassNames())
	}
	return r, nil
}

// Surge is a multiplier of fares in thousandths: 1500 is half as much again.
type Surge int64

// NoSurge leaves fares as the tariff has them.
const NoSurge Surge = 1000

// Price is what a ride of the given length and time costs. Metres and seconds
// are rounded up to whole ones, the sum to the nearest minor unit, halves up;
// the minimum is applied before the surge.
func (t Tariff) Price(class driver.Class, metres float64, took time.Duration, surge Surge) (Money, error) {
	r, err := t.Rate(class)
	if err != nil {
		return Money{}, err
	}
	if !(metres >= 0 && metres <= maxMetres) || took < 0 || took > maxTime {
		return Money{}, fmt.Errorf("fare: %v m in %v is not a ride", metres, took)
	}
	m, s := ceil(metres), int64((took+time.Second-1)/time.Second)
	// In sixty-thousandths of a minor unit, so that nothing is lost on the way:
	// a kilometre has 1000 parts, a minute 60.
	sum := r.Base*60_000 + r.PerKm*m*60 + r.PerMinute*s*1000
	amount := max((sum+30_000)/60_000, r.Minimum)
	return Money{Amount: (amount*int64(surge) + 500) / 1000, Currency: t.Currency}, nil
}

// What Price accepts: beyond it 64 bits might not hold the sum.
const (
	maxMetres = 1_000_000
	maxTime   = 48 * time.Hour
)

func ceil(metres float64) int64 {
	m := int64(metres)
	if float64(m) < metres {
		m++
	}
	return m
}
