package fare

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
)

// QuoteFor is how long a quote is honoured.
const QuoteFor = 180 * time.Second

// Quote is a fare that was promised for a trip.
type Quote struct {
	Class     driver.Class
	Pickup    geo.Point
	Dropoff   geo.Point
	Fare      Money
	ExpiresAt time.Time
}

// Sealer turns quotes into quote ids and back. The id carries the quote itself
// under an HMAC, so that any process with the key honours it and none has to
// remember it.
type Sealer struct{ key []byte }

// NewSealer makes a sealer. The key is derived from the secret, so that a quote
// can never pass for a token that is signed with the same secret.
func NewSealer(secret []byte) *Sealer {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("cabstand quote v1"))
	return &Sealer{key: mac.Sum(nil)}
}

// sealed is the content of a quote id.
type sealed struct {
	Class    driver.Class `json:"c"`
	Pickup   [2]float64   `json:"p"` // lat, lon
	Dropoff  [2]float64   `json:"d"`
	Amount   int64        `json:"a"`
	Currency string       `json:"u"`
	Expires  int64        `json:"e"` // unix ms
}

// maxQuoteID bounds what Open looks at; ids are about 250 characters long.
const maxQuoteID = 1024

// Seal is the quote id of q. Its expiry is kept to the millisecond.
func (s *Sealer) Seal(q Quote) string {
	body, err := json.Marshal(sealed{
		Class: q.Class, Pickup: [2]float64{q.Pickup.Lat, q.Pickup.Lon}, Dropoff: [2]float64{q.Dropoff.Lat, q.Dropoff.Lon},
		Amount: q.Fare.Amount, Currency: q.Fare.Currency, Expires: q.ExpiresAt.UnixMilli(),
	})
	if err != nil {
		panic("fare: a quote for a point that is none: " + err.Error()) // NaN; validated before
	}
	enc := base64.RawURLEncoding
	return enc.EncodeToString(body) + "." + enc.EncodeToString(s.mac(body))
}

func (s *Sealer) mac(body []byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write(body)
	return mac.Sum(nil)
}

// Open is the quote of an id that this sealer's key made; otherwise a fault
// about the field quote_id.
func (s *Sealer) Open(id string) (Quote, error) {
	notOurs := fault.Field("quote_id", "not a quote of this service: the quote_id of POST /v1/quotes is accepted")
	if len(id) > maxQuoteID {
		return Quote{}, notOurs
	}
	left, right, _ := strings.Cut(id, ".")
	enc := base64.RawURLEncoding.Strict()
	body, err1 := enc.DecodeString(left)
	sum, err2 := enc.DecodeString(right)
	if err1 != nil || err2 != nil || !hmac.Equal(sum, s.mac(body)) {
		return Quote{}, notOurs
	}
	var q sealed
	if err := json.Unmarshal(body, &q); err != nil {
		return Quote{}, notOurs
	}
	return Quote{
		Class: q.Class, Pickup: geo.Point{Lat: q.Pickup[0], Lon: q.Pickup[1]}, Dropoff: geo.Point{Lat: q.Dropoff[0], Lon: q.Dropoff[1]},
		Fare: Money{Amount: q.Amount, Currency: q.Currency}, ExpiresAt: time.UnixMilli(q.Expires).UTC(),
	}, nil
}

// samePlace is how far two points may lie apart, in metres, to be the same
// place: clients round coordinates when they send them back.
const samePlace = 2.0

// Honour is nil when q is still good at now for a trip of the given class and
// places, fault.QuoteExpired otherwise.
func (q Quote) Honour(class driver.Class, pickup, dropoff geo.Point, now time.Time) error {
	switch {
	case !now.Before(q.ExpiresAt):
		return fault.New(fault.QuoteExpired, "the quote expired at %s: ask for a new one", q.ExpiresAt.Format(time.RFC3339))
	case q.Class != class:
		return fault.New(fault.QuoteExpired, "the quote is for class %q, the trip for %q: ask for a new one", q.Class, class)
	case geo.Distance(q.Pickup, pickup) > samePlace:
		return fault.New(fault.QuoteExpired, "the quote is for a pickup at %v, the trip for %v: ask for a new one", q.Pickup, pickup)
	case geo.Distance(q.Dropoff, dropoff) > samePlace:
		return fault.New(fault.QuoteExpired, "the quote is for a drop-off at %v, the trip for %v: ask for a new one", q.Dropoff, dropoff)
	}
	return nil
}
