// Package account is who signs in with a password: accounts, their sessions,
// and what a password and a refresh token must be.
//
// A session begins with a password and goes on by refresh tokens, each of which
// is good once: the next comes with the answer. One that comes a second time was
// stolen, or its answer was lost; nobody can tell which, so the session ends.
package account

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
	"unicode/utf8"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Account is somebody who may sign in.
type Account struct {
	ID        string    // the rider's, driver's or operator's id
	Role      trip.Role // rider, driver or operator
	Password  string    // its hash, with what it was made with; "" shown to nobody
	Disabled  bool      // does not sign in any more; the id stays taken
	CreatedAt time.Time
}

// Bounds of a password. Its length is the only rule: others make people choose
// what is easier to guess.
const (
	MinPassword = 12  // characters
	MaxPassword = 256 // bytes
)

// CheckPassword reports why a new password, of the field, is not accepted; it
// does not repeat it.
func CheckPassword(field, password string) error {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return fault.Field(field, "is not UTF-8")
	case n < MinPassword:
		return fault.Field(field, "%d characters are too few: at least %d", n, MinPassword)
	case len(password) > MaxPassword:
		return fault.Field(field, "%d bytes are too many: at most %d", len(password), MaxPassword)
	}
	return nil
}

// Change is a password that takes the place of another.
type Change struct {
	ID   string // of the account
	Old  string // the hash that it takes the place of; "" for whichever there is
	New  string // its hash
	Keep string // the session that goes on; "" for none
	Now  time.Time
}

// Validate checks a new account's id and role.
func (a Account) Validate() error {
	if !driver.ValidID(a.ID) {
		return fault.Field("id", "%q is not accepted: 1 to 64 letters, digits, '-' or '_'", a.ID)
	}
	switch a.Role {
	case trip.Rider, trip.Driver, trip.Operator:
		return nil
	}
	return fault.Field("role", "%q is not accepted: rider, driver or operator", string(a.Role))
}

// Session is one sign-in, on one device.
type Session struct {
	ID        string
	AccountID string
	CreatedAt time.Time
	ExpiresAt time.Time // whoever does not come back until then signs in again
}

// Rotation is a refresh token that is given in for the next one, by their hashes.
type Rotation struct {
	Old, Next string
	Now       time.Time
	ExpiresAt time.Time // of the session from now on
}

// LostAnswer is for how long a used refresh token is taken again while the one
// that was given for it was never used: its answer was lost on the way.
const LostAnswer = time.Minute

// HashToken is how a refresh token is kept: who reads the database cannot sign
// in with it. Tokens are random, so a fast hash is enough.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
