// Package fare prices trips: tariffs from configuration, quotes, surge.
//
// The package is pure: no I/O, no clock, no log.
package fare

import "fmt"

// Money is an amount in minor units (cents) of an ISO 4217 currency.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

func (m Money) String() string { return fmt.Sprintf("%d %s", m.Amount, m.Currency) }
